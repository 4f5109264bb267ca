package access

import (
	"encoding/json"
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
func parseJWTRule(n *yaml.Node) (r jwtRule, err error) {
	if n == nil || n.Kind != yaml.MappingNode {
		return r, fmt.Errorf(": must be a mapping")
	}
	if r.issuer, err = text(field(n, "issuer")); err != nil {
		return r, fmt.Errorf(".issuer: %w", err)
	}
	if r.audiences, err = filled(n, "audiences"); err != nil {
		return r, err
	}
	r.payload = strings.ToLower(textOf(field(n, "outputPayloadToHeader")))
	r.forward = boolean(field(n, "forwardOriginalToken"))
	if err = r.parseCopies(n); err != nil {
		return r, err
	}
	if err = r.parseLocations(n); err != nil {
		return r, err
	}
	return r, r.checkKeys(n)
}

// filled is a list of strings of which none is empty.
func filled(n *yaml.Node, key string) ([]string, error) {
	values, err := texts(field(n, key))
	if err == nil && contains(values, "") {
		err = fmt.Errorf("must hold no empty value")
	}
	if err != nil {
		return nil, fmt.Errorf(".%s: %w", key, err)
	}
	return values, nil
}

func (r *jwtRule) parseCopies(n *yaml.Node) error {
	for i, c := range list(field(n, "outputClaimToHeaders")) {
		claim, header := textOf(field(c, "claim")), textOf(field(c, "header"))
		if claim == "" || !isHeaderName(header) {
			return fmt.Errorf(".outputClaimToHeaders[%d]: a claim and the name of a header are needed", i)
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

func (r *jwtRule) parseLocations(n *yaml.Node) error {
	for i, h := range list(field(n, "fromHeaders")) {
		name := textOf(field(h, "name"))
		if name == "" {
			return fmt.Errorf(".fromHeaders[%d].name: must not be empty", i)
		}
		r.locations = append(r.locations, location{strings.ToLower(name), textOf(field(h, "prefix"))})
	}
	params, err := filled(n, "fromParams")
	if err != nil {
		return err
	}
	cookies, err := filled(n, "fromCookies")
	if err != nil {
		return err
	}
	r.elsewhere = len(params)+len(cookies) > 0
	if len(r.locations) == 0 && !r.elsewhere {
		r.locations = []location{{"authorization", "Bearer "}} // Envoy's default
	}
	return nil
}

// checkKeys: somewhere the keys must come from.
func (r *jwtRule) checkKeys(n *yaml.Node) error {
	uri, jwks := textOf(field(n, "jwksUri")), textOf(field(n, "jwks"))
	if uri != "" {
		if u, err := url.Parse(uri); err != nil || u.Scheme != "http" && u.Scheme != "https" {
			return fmt.Errorf(".jwksUri: %q is no http or https URL", uri)
		}
	}
	switch {
	case r.issuer == "" && uri == "":
		return fmt.Errorf(".issuer: is needed, or jwksUri")
	case jwks != "" && !json.Valid([]byte(jwks)):
		return fmt.Errorf(".jwks: is no JSON")
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
