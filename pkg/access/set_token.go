package access

import (
	"maps"
	"strings"
)

// tokenOptions give a client's token what a rule asks of it. A pod shows one that the point accepts.
func (x *asker) tokenOptions(s *sameAxis, word string, listed bool, c *client, to *aim) (out []option) {
	add := func(set func(*Request)) { out = append(out, option{word: word, set: set}) }
	for _, v := range fills(word, listed) {
		if !listed { // as the client comes
			add(func(*Request) {})
			break
		}
		switch from := c.from; {
		case from.OffMesh || from.Anonymous:
		case from.ServiceAccount != "":
			for _, t := range to.tokens(x) {
				add(func(r *Request) {
					jwt := t
					if r.From.JWT != nil { // another condition of the rule
						jwt = *r.From.JWT
					}
					if jwt.give(s, v) {
						r.From.JWT = &jwt
					}
				})
			}
		case from.JWT != nil:
			add(func(r *Request) {
				jwt := *r.From.JWT
				jwt.give(s, v)
				r.From.JWT = &jwt
			})
		default:
			add(func(r *Request) { r.From.give(s, v) })
		}
	}
	return out
}

// give makes a session or a Kubernetes token satisfy a condition as far as it can.
func (f *From) give(s *sameAxis, v string) {
	claims := maps.Clone(f.Claims)
	if claims == nil {
		claims = map[string]any{}
	}
	switch s.attribute {
	case claim:
		nest(claims, s.key, v)
	case presenter:
		claims["azp"] = v
	case audience:
		if f.Token != "" && !strings.Contains(v, "*") {
			f.Audience = v
		}
		return
	case requestPrincipal:
		if i := strings.LastIndex(v, "/"); f.User != "" && i >= 0 {
			claims["sub"] = v[i+1:]
		}
	}
	before := f.Claims
	if f.Claims = claims; f.ownClaim() != "" || len(claims) == 0 {
		f.Claims = before
	}
}

// give is that of a token as its issuer signs it; it reports whether the token can be so.
func (j *JWT) give(s *sameAxis, v string) bool {
	claims := maps.Clone(j.Claims)
	if claims == nil {
		claims = map[string]any{}
	}
	switch s.attribute {
	case claim:
		switch s.key {
		case "iss":
			return v == j.Issuer
		case "sub":
			j.Subject = v
		case "aud":
			j.Audiences = []string{v}
		default:
			nest(claims, s.key, v)
		}
	case presenter:
		claims["azp"] = v
	case audience:
		j.Audiences = []string{v}
	case requestPrincipal:
		if i := strings.LastIndex(v, "/"); i >= 0 {
			j.Subject = v[i+1:]
		}
	}
	if len(claims) > 0 {
		j.Claims = claims
	}
	return true
}

// nest sets a claim whose path is joined by \x00.
func nest(claims map[string]any, path, v string) {
	name, rest, nested := strings.Cut(path, "\x00")
	if !nested {
		claims[name] = v
		return
	}
	inner, _ := claims[name].(map[string]any)
	if inner = maps.Clone(inner); inner == nil {
		inner = map[string]any{}
	}
	nest(inner, rest, v)
	claims[name] = inner
}
