package access

import (
	"cmp"
	"slices"
	"sort"
	"strings"
)

// otherIssuers are those that the ingress takes tokens of without writing the user header: what the client sends there stays, unless a
// policy stops it.
func (w *World) otherIssuers(s *space, header string) (out []client) {
	seen := map[string]bool{}
	for _, r := range w.ingressRules() {
		if slices.ContainsFunc(r.copies, func(c claimHeader) bool { return c.header == header }) || r.issuer == "" || seen[r.issuer] {
			continue
		}
		seen[r.issuer] = true
		jwt := &JWT{Issuer: r.issuer, Subject: "somebody", Audiences: r.audiences[:min(len(r.audiences), 1)]}
		out = append(out, client{who: "any token of " + r.issuer, kind: "other issuer", from: From{JWT: jwt}, header: map[string]string{header: w.ownerOf(s)}})
	}
	return out
}

func kindOrder(kind string) int {
	return slices.Index([]string{"owner", "user", "token", "platform", "proxy"}, kind)
}

// ownerOf is the first user that the namespace's policies let in: what a stranger would forge.
func (w *World) ownerOf(s *space) string {
	for _, p := range s.policies {
		for i := range p.rules {
			for _, c := range p.rules[i].when {
				if c.attribute == header && len(c.values) > 0 && !strings.Contains(c.values[0], "*") {
					return c.values[0]
				}
			}
		}
	}
	return "somebody"
}

// otherTenant is another namespace that has a waypoint of its own.
func (w *World) otherTenant(s *space) string {
	names := append([]string(nil), w.names...)
	sort.Strings(names)
	for _, n := range names {
		other := w.namespaces[n]
		if _, ok := other.labels.get("istio.io/use-waypoint"); ok && other != s && other.labels.value("istio.io/ingress-use-waypoint") != "" {
			return n
		}
	}
	return ""
}

func (w *World) ingressRules() []*jwtRule {
	rules, _ := w.gatewayJWT(w.allIngresses()[0])
	return rules
}

// clientLike is a pod that a source's value means; ok is false where it means any.
func (w *World) clientLike(attr attribute, v, own string) (ns, account string, ok bool) {
	filled := strings.ReplaceAll(v, "*", "x")
	switch attr {
	case serviceAccount:
		if ns, account, ok = strings.Cut(v, "/"); !ok {
			return own, v, true
		}
		return ns, account, true
	case namespaceOf:
		ns, account, _ = strings.Cut(filled, "/") // Envoy takes a slash in it too
		return ns, cmp.Or(account, strangerAccount), v != "*" && ns != ""
	}
	if id, ok := parsePrincipal(filled); ok {
		return id.namespace, id.account, true
	}
	domain := w.mesh.domains[0]
	switch {
	case v == "*":
	case strings.HasSuffix(v, "*"):
		for _, tail := range [8]string{"/ns/x/sa/x", "ns/x/sa/x", "/x/sa/x", "x/sa/x", "/sa/x", "sa/x", "/x", "x"} {
			if id, ok := parsePrincipal(v[:len(v)-1] + tail); ok {
				return id.namespace, id.account, id.domain == domain
			}
		}
	case strings.HasPrefix(v, "*"):
		for _, head := range [8]string{domain + "/ns/x/sa/x", domain + "/ns/x/sa", domain + "/ns/x", domain + "/ns", domain, domain + "/ns/x/sa/", domain + "/ns/", domain + "/"} {
			if id, ok := parsePrincipal(head + v[1:]); ok {
				return id.namespace, id.account, true
			}
		}
	}
	return "", "", false
}
