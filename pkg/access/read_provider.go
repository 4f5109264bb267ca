package access

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// authorizer is a kind of external authorizer that meshConfig defines.
type authorizer uint8

const (
	noAuthorizer authorizer = iota
	httpAuthorizer
	grpcAuthorizer
)

// provider is an external authorizer: which headers it is shown and which it may set (authz/builder generateHTTPConfig). Its timeout, failOpen
// and pathPrefix change no verdict, since nobody knows what it answers.
type provider struct {
	kind         authorizer
	shown, sends []string // patterns in lower case
	bad          string   // why Istio refuses it
}

func (m *mesh) readProviders(list []*yaml.Node) {
	m.providers = map[string]provider{}
	for _, p := range list {
		if p = deref(p); field(p, "envoyExtAuthzHttp") != nil {
			m.providers[textOf(field(p, "name"))] = httpProvider(field(p, "envoyExtAuthzHttp"))
		} else if field(p, "envoyExtAuthzGrpc") != nil { // it may answer with any header
			m.providers[textOf(field(p, "name"))] = provider{kind: grpcAuthorizer, shown: []string{"*"}, sends: []string{"*"}}
		}
	}
}

func httpProvider(n *yaml.Node) provider {
	p := provider{kind: httpAuthorizer}
	lower := func(key string) (out []string) {
		for _, e := range list(field(n, key)) {
			s := strings.ToLower(textOf(deref(e)))
			if out = append(out, s); s == "*" { // authz/builder buildExtAuthzHTTP checkWildcard
				p.bad = key + " holds *"
			}
		}
		return out
	}
	p.sends, p.shown = lower("headersToUpstreamOnAllow"), lower("includeRequestHeadersInCheck")
	if len(p.shown) == 0 {
		p.shown = lower("includeHeadersInCheck") // its deprecated name
	}
	return p
}

// namesHeader reports whether one of the patterns of a provider takes a header: a prefix, a suffix, or the name (authz/builder generateHeaders).
func namesHeader(patterns []string, name string) bool {
	for _, p := range patterns {
		if suffix, ok := strings.CutPrefix(p, "*"); ok && strings.HasSuffix(name, suffix) {
			return true
		}
		if prefix, ok := strings.CutSuffix(p, "*"); ok && strings.HasPrefix(name, prefix) || p == name {
			return true
		}
	}
	return false
}

// authorizes reports whether meshConfig is given and defines an authorizer.
func (m *mesh) authorizes() bool { return m.stated && len(m.providers) > 0 }
