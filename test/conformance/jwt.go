package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	jwtpb "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/jwt_authn/v3"
)

// authenticate follows Envoy's jwt_authn filter for the configurations that
// Istio writes: providers, allow_missing, requires_any and requires_all. It
// returns the headers and the payload that later filters see.
func authenticate(config *jwtpb.JwtAuthentication, headers map[string]string, token map[string]any) (jwtResult, error) {
	if config.BypassCorsPreflight && preflight(headers) {
		return jwtResult{ok: true, headers: headers}, nil // nothing is verified and nothing stripped
	}
	if len(config.Rules) != 1 {
		return jwtResult{}, fmt.Errorf("jwt_authn with %d rules is not evaluated here", len(config.Rules))
	}
	v := verifier{config.Providers, jwtResult{headers: maps.Clone(headers)}, token}
	ok, err := v.verify(config.Rules[0].GetRequires(), nil)
	v.result.ok = ok
	return v.result, err
}

type jwtResult struct {
	ok      bool
	headers map[string]string
	payload map[string]any
}

type verifier struct {
	providers map[string]*jwtpb.JwtProvider
	result    jwtResult
	token     map[string]any
}

// preflight as in Envoy's HeaderUtility::isCorsPreflightRequest.
func preflight(h map[string]string) bool {
	return h[":method"] == "OPTIONS" && h["origin"] != "" && h["access-control-request-method"] != ""
}

// verify follows verifier.cc: a provider strips its headers before it looks, and
// requires_any stops at the first that is content, so the headers of the
// providers behind it are not stripped.
func (v *verifier) verify(r *jwtpb.JwtRequirement, others []string) (bool, error) {
	switch q := r.GetRequiresType().(type) {
	case *jwtpb.JwtRequirement_ProviderName:
		return v.provider(v.providers[q.ProviderName])
	case *jwtpb.JwtRequirement_AllowMissing:
		return v.missing(others)
	case *jwtpb.JwtRequirement_RequiresAny:
		var names []string
		for _, c := range q.RequiresAny.Requirements {
			if n := c.GetProviderName(); n != "" {
				names = append(names, n)
			}
		}
		return anyOf(q.RequiresAny.Requirements, func(c *jwtpb.JwtRequirement) (bool, error) { return v.verify(c, names) })
	case *jwtpb.JwtRequirement_RequiresAll:
		return allOf(q.RequiresAll.Requirements, func(c *jwtpb.JwtRequirement) (bool, error) { return v.verify(c, nil) })
	}
	return false, fmt.Errorf("jwt requirement %T is not evaluated here", r.GetRequiresType())
}

func (v *verifier) strip(p *jwtpb.JwtProvider) {
	for _, c := range p.ClaimToHeaders {
		delete(v.result.headers, strings.ToLower(c.HeaderName))
	}
	if p.ForwardPayloadHeader != "" {
		delete(v.result.headers, strings.ToLower(p.ForwardPayloadHeader))
	}
}

// present reports whether the bearer token lies where the provider looks.
func (v *verifier) present(p *jwtpb.JwtProvider) bool {
	if v.result.headers["authorization"] == "" {
		return false
	}
	if len(p.FromHeaders)+len(p.FromParams)+len(p.FromCookies) == 0 { // the default location (Envoy: jwt_authn extractor.cc)
		return strings.Contains(v.result.headers["authorization"], "Bearer ")
	}
	return slices.ContainsFunc(p.FromHeaders, func(h *jwtpb.JwtHeader) bool {
		return strings.EqualFold(h.Name, "authorization") && strings.Contains(v.result.headers["authorization"], h.ValuePrefix)
	})
}

func (v *verifier) provider(p *jwtpb.JwtProvider) (bool, error) {
	v.strip(p)
	if v.token == nil || !v.present(p) || !accepts(p, v.token) {
		return false, nil
	}
	for _, c := range p.ClaimToHeaders {
		if s := claimText(v.token[c.ClaimName]); s != "" {
			v.result.headers[strings.ToLower(c.HeaderName)] = s
		}
	}
	if !p.Forward {
		delete(v.result.headers, "authorization")
	}
	v.result.payload = normalized(v.token, p.GetNormalizePayloadInMetadata().GetSpaceDelimitedClaims())
	return true, nil
}

// missing accepts a request without a token, and a good token of the
// other providers; it rejects a bad one.
func (v *verifier) missing(others []string) (bool, error) {
	for _, name := range others {
		v.strip(v.providers[name])
	}
	return !slices.ContainsFunc(others, func(name string) bool { return v.present(v.providers[name]) }), nil
}

func accepts(p *jwtpb.JwtProvider, token map[string]any) bool {
	if iss, _ := token["iss"].(string); p.Issuer != "" && iss != p.Issuer {
		return false
	}
	if len(p.Audiences) == 0 {
		return true
	}
	return slices.ContainsFunc(texts(token["aud"]), func(aud string) bool {
		return slices.ContainsFunc(p.Audiences, func(want string) bool { return audience(want) == audience(aud) })
	})
}

// audience follows jwt_verify_lib's check_audience.cc: scheme and trailing slash do not count.
func audience(s string) string {
	if rest, ok := strings.CutPrefix(s, "https://"); ok {
		s = rest
	} else {
		s = strings.TrimPrefix(s, "http://")
	}
	return strings.TrimSuffix(s, "/")
}

func texts(v any) []string {
	switch t := v.(type) {
	case string:
		return []string{t}
	case []any:
		var out []string
		for _, e := range t {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// claimText follows addJWTClaimToHeader, without the primitives that no case has.
func claimText(v any) string {
	switch t := v.(type) {
	case string:
		return t
	case bool:
		return strconv.FormatBool(t)
	case float64:
		return strconv.FormatFloat(t, 'f', -1, 64)
	}
	return ""
}

// normalized splits claims such as scope into lists, as the metadata has them.
func normalized(token map[string]any, spaceDelimited []string) map[string]any {
	out := maps.Clone(token)
	for _, claim := range spaceDelimited {
		if s, ok := out[claim].(string); ok {
			var list []any
			for _, word := range strings.Split(s, " ") {
				list = append(list, word)
			}
			out[claim] = list
		}
	}
	return out
}
