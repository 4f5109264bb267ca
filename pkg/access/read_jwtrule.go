package access

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// jwtRule is one issuer: who may be in the audience, where the token is, and which claims become headers.
type jwtRule struct {
	issuer    string
	audiences []string
	copies    []claimHeader
	payload   string     // the header that gets the claims as a whole
	locations []location // headers
	elsewhere bool       // parameters or cookies are looked at, too
	forward   bool       // the token stays on the request
}

type claimHeader struct{ claim, header string }
type location struct{ header, prefix string }

// parseJWTRule reads a rule; an error is what Istio's validation refuses (validation validateJwtRule).
func parseJWTRule(n *yaml.Node) (r jwtRule, bad *fault) {
	if n == nil || n.Kind != yaml.MappingNode {
		return r, wrong(n, "", "must be a mapping")
	}
	var err error
	if r.issuer, err = text(field(n, "issuer")); err != nil {
		return r, wrong(field(n, "issuer"), ".issuer", "%v", err)
	}
	if r.audiences, bad = filled(n, "audiences"); bad != nil {
		return r, bad
	}
	r.payload = strings.ToLower(textOf(field(n, "outputPayloadToHeader")))
	r.forward = boolean(field(n, "forwardOriginalToken"))
	if bad = r.parseCopies(n); bad != nil {
		return r, bad
	}
	if bad = r.parseLocations(n); bad != nil {
		return r, bad
	}
	return r, r.checkKeys(n)
}

// filled is a list of strings of which none is empty.
func filled(n *yaml.Node, key string) ([]string, *fault) {
	values, err := texts(field(n, key))
	if err == nil && contains(values, "") {
		err = errors.New("must not hold an empty value")
	}
	if err != nil {
		return nil, wrong(field(n, key), "."+key, "%v", err)
	}
	return values, nil
}

func (r *jwtRule) parseCopies(n *yaml.Node) *fault {
	for i, c := range list(field(n, "outputClaimToHeaders")) {
		claim, header := textOf(field(c, "claim")), textOf(field(c, "header"))
		if claim == "" || !isHeaderName(header) {
			return wrong(c, fmt.Sprintf(".outputClaimToHeaders[%d]", i), "must have a claim and a valid header name")
		}
		r.copies = append(r.copies, claimHeader{claim, strings.ToLower(header)})
	}
	return nil
}

// isHeaderName is validation.ValidateStrictHTTPHeaderName.
func isHeaderName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !unreserved(c) || c == '.' || c == '~' { // letters, digits, - and _
			return false
		}
	}
	return s != ""
}

func (r *jwtRule) parseLocations(n *yaml.Node) *fault {
	for i, h := range list(field(n, "fromHeaders")) {
		name := textOf(field(h, "name"))
		if name == "" {
			return wrong(h, fmt.Sprintf(".fromHeaders[%d].name", i), "must not be empty")
		}
		r.locations = append(r.locations, location{strings.ToLower(name), textOf(field(h, "prefix"))})
	}
	params, bad := filled(n, "fromParams")
	if bad != nil {
		return bad
	}
	cookies, bad := filled(n, "fromCookies")
	if bad != nil {
		return bad
	}
	r.elsewhere = len(params)+len(cookies) > 0
	if len(r.locations) == 0 && !r.elsewhere {
		r.locations = []location{{"authorization", "Bearer "}} // Envoy's default
	}
	return nil
}

// checkKeys: somewhere the keys must come from.
func (r *jwtRule) checkKeys(n *yaml.Node) *fault {
	uri, jwks := textOf(field(n, "jwksUri")), textOf(field(n, "jwks"))
	if uri != "" {
		if u, err := url.Parse(uri); err != nil || u.Scheme != "http" && u.Scheme != "https" {
			return wrong(field(n, "jwksUri"), ".jwksUri", "%q is not an http or https URL", uri)
		}
	}
	switch {
	case r.issuer == "" && uri == "":
		return wrong(n, ".issuer", "must be set, or jwksUri")
	case jwks != "" && !json.Valid([]byte(jwks)):
		return wrong(field(n, "jwks"), ".jwks", "is not JSON")
	}
	return nil
}

// copy gives the header that a claim is copied to, "" for none.
func (r *jwtRule) copy(claim string) string {
	for _, c := range r.copies {
		if c.claim == claim {
			return c.header
		}
	}
	return ""
}
