package access

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// jwtRule is one issuer: who may be in the audience, where the token is, and which claims become headers.
type jwtRule struct {
	issuer    string
	audiences []string
	copies    []claimHeader
	payload   string     // the header that gets the claims as a whole
	locations []location // headers
	params    []string
	cookies   []string
	spaces    []string // claims whose words are a list, in addition to scope and permission
	keys      string   // jwksUri
	forward   bool     // the token stays on the request
	required  bool     // presence: REQUIRED, which Istio has since 1.32
	of        *authentication
}

type claimHeader struct{ claim, header string }
type location struct{ header, prefix string }

// bearer is where clients show a token, and where Envoy looks by default (jwt_authn extractor.cc addProvider).
var bearer = location{"authorization", "Bearer "}

var jwtRuleFields = map[string]bool{
	"issuer": true, "audiences": true, "jwksUri": true, "jwks_uri": true, "jwks": true, "fromHeaders": true, "fromParams": true, "fromCookies": true,
	"outputPayloadToHeader": true, "forwardOriginalToken": true, "outputClaimToHeaders": true, "timeout": true, "spaceDelimitedClaims": true, "presence": true,
}

// parseJWTRule reads a rule; an error is what Istio's validation refuses (validation validateJwtRule).
func parseJWTRule(n *yaml.Node) (r jwtRule, bad *fault) {
	if n == nil || n.Kind != yaml.MappingNode {
		return r, wrong(n, "", "must be a mapping")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := n.Content[i]; !jwtRuleFields[key.Value] {
			return r, wrong(key, "."+key.Value, "unknown field")
		}
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
	if r.spaces, bad = filled(n, "spaceDelimitedClaims"); bad != nil {
		return r, bad
	}
	switch presence := textOf(field(n, "presence")); presence {
	case "", "OPTIONAL":
	case "REQUIRED":
		r.required = true
	default:
		return r, wrong(field(n, "presence"), ".presence", "%q is not one of OPTIONAL, REQUIRED", presence)
	}
	if bad = r.parseCopies(n); bad != nil {
		return r, bad
	}
	if contains(r.writes(), "host") {
		return r, wrong(n, "", "must not write the header host, which is the request's own")
	}
	if bad = r.parseLocations(n); bad != nil {
		return r, bad
	}
	return r, firstOf(r.checkKeys(n), checkTimeout(field(n, "timeout")))
}

// checkTimeout: the CRD takes no less than a millisecond, and istiod reads seconds only (protobuf's JSON of a Duration).
func checkTimeout(n *yaml.Node) *fault {
	if n == nil {
		return nil
	}
	seconds, ok := strings.CutSuffix(textOf(n), "s")
	if d, err := strconv.ParseFloat(seconds, 64); !ok || err != nil || d < 0.001 || strings.ContainsAny(seconds, "eExXnN_+-") {
		return wrong(n, ".timeout", "%q is not a duration in seconds, of a millisecond or more", n.Value)
	}
	return nil
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
		if c := s[i]; !symbolic.Unreserved(c) || c == '.' || c == '~' { // letters, digits, - and _
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
	var bad *fault
	if r.params, bad = filled(n, "fromParams"); bad != nil {
		return bad
	}
	if r.cookies, bad = filled(n, "fromCookies"); bad != nil {
		return bad
	}
	if len(r.locations)+len(r.params)+len(r.cookies) == 0 {
		r.locations, r.params = []location{bearer}, []string{"access_token"} // Envoy's defaults
	}
	return nil
}

// firstPlace is where a client shows a token of the rule: a header, or else a parameter or cookie.
func (r *jwtRule) firstPlace() (at location, in string) {
	switch {
	case len(r.locations) > 0:
		return r.locations[0], ""
	case len(r.params) > 0:
		return location{}, inParam + r.params[0]
	case len(r.cookies) > 0:
		return location{}, inCookie + r.cookies[0]
	}
	return bearer, ""
}

// What stands before the name of a parameter or cookie.
const (
	inParam  = "parameter "
	inCookie = "cookie "
)

// onlyCookies reports whether the rule reads only cookies.
func (r *jwtRule) onlyCookies() bool {
	return len(r.locations)+len(r.params) == 0 && len(r.cookies) > 0
}

// checkKeys: somewhere the keys must come from.
func (r *jwtRule) checkKeys(n *yaml.Node) *fault {
	uri, jwks := cmp.Or(textOf(field(n, "jwksUri")), textOf(field(n, "jwks_uri"))), textOf(field(n, "jwks"))
	r.keys = uri
	given := 0
	for _, key := range [3]string{"jwksUri", "jwks_uri", "jwks"} {
		if field(n, key) != nil {
			given++
		}
	}
	if uri != "" {
		if u, err := url.Parse(uri); err != nil || u.Scheme != "http" && u.Scheme != "https" {
			return wrong(field(n, "jwksUri"), ".jwksUri", "%q is not an http or https URL", uri)
		}
	}
	switch {
	case r.issuer == "" && uri == "":
		return wrong(n, ".issuer", "must be set, or jwksUri")
	case given > 1: // the CRD's rule counts an empty one too
		return wrong(field(n, "jwks"), ".jwks", "must not be set together with jwksUri")
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
