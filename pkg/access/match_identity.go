package access

import (
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// identity is a workload's SPIFFE identity. The zero value is nobody: plain text, or a pod outside the mesh.
type identity struct {
	domain, namespace, account string
	varies                     value // the principal, where that is an axis
}

func (id identity) known() bool { return id.account != "" }

// principal is the identity as policies write it, without spiffe://.
func (id identity) principal() string {
	return id.domain + "/ns/" + id.namespace + "/sa/" + id.account
}

func splitAccount(s string) (namespace, account string, ok bool) {
	namespace, account, ok = strings.Cut(s, "/")
	return namespace, account, ok && namespace != "" && account != "" && !strings.Contains(account, "/")
}

// parsePrincipal splits <domain>/ns/<namespace>/sa/<account>; ok is false for any other form.
func parsePrincipal(s string) (id identity, ok bool) {
	p := strings.Split(s, "/")
	if len(p) != 5 || p[1] != "ns" || p[3] != "sa" {
		return identity{}, false
	}
	return identity{domain: p[0], namespace: p[2], account: p[4]}, p[2] != "" && p[4] != ""
}

// matchPrincipal tries a principal pattern literally, as ztunnel does (rbac.rs matches_principal: no trust domain aliases).
func (id identity) matchPrincipal(pattern string) bool {
	if !id.known() {
		return false
	}
	switch {
	case id.varies.Varies() && strings.Contains(pattern, "*"):
		return id.varies.Matches(pattern) == yes
	case id.varies.Varies():
		return id.varies.Is(pattern)
	case strings.Contains(pattern, "*"):
		return matchPattern(pattern, id.principal())
	}
	// Without a star the compare needs no string of its own: this is the hot path of the self-check.
	d, rest, ok := strings.Cut(pattern, "/ns/")
	if !ok || d != id.domain {
		return false
	}
	ns, sa, ok := strings.Cut(rest, "/sa/")
	return ok && ns == id.namespace && sa == id.account
}

// matchPrincipalEnvoy tries a principal at a waypoint or gateway: the trust domain of the pattern is first replaced by the mesh's domain
// and its aliases, and cluster.local always means the mesh's own (trustdomain.Bundle.ReplaceTrustDomainAliases).
func (m *mesh) matchPrincipalEnvoy(id identity, pattern string) bool {
	if !id.known() {
		return false
	}
	domain, rest, ok := strings.Cut(pattern, "/")
	if !ok || domain == "*" || strings.Count(rest, "/") != 3 || !m.knowsDomain(domain) {
		return id.matchPrincipal(pattern)
	}
	for _, d := range m.domains {
		if strings.HasPrefix(domain, "*") && strings.HasSuffix(d, domain[1:]) {
			if id.matchPrincipal(pattern) {
				return true
			}
			continue
		}
		if matchTail(id, d, rest) {
			return true
		}
	}
	return false
}

// matchTail tries domain/rest without building the text where rest is exact.
func matchTail(id identity, domain, rest string) bool {
	switch {
	case id.varies.Varies():
		return id.matchPrincipal(domain + "/" + rest)
	case strings.Contains(rest, "*"):
		return matchPattern(domain+"/"+rest, id.principal())
	}
	if domain != id.domain {
		return false
	}
	ns, sa, ok := strings.Cut(strings.TrimPrefix(rest, "ns/"), "/sa/")
	return ok && strings.HasPrefix(rest, "ns/") && ns == id.namespace && sa == id.account
}

// knowsDomain: the domain of a pattern is one of the mesh's, either may be a pattern (trustdomain.stringMatch), or is cluster.local.
func (m *mesh) knowsDomain(domain string) bool {
	if domain == "cluster.local" {
		return true
	}
	for _, d := range m.domains {
		if d == domain || d == "*" || affix(domain, d) || affix(d, domain) {
			return true
		}
	}
	return false
}

// affix tries a prefix or suffix pattern, an empty rest included.
func affix(s, pattern string) bool {
	return strings.HasSuffix(pattern, "*") && strings.HasPrefix(s, pattern[:len(pattern)-1]) ||
		strings.HasPrefix(pattern, "*") && strings.HasSuffix(s, pattern[1:])
}

// matchNamespaceEnvoy: a waypoint compares namespaces by the expression .*/ns/<value, * as .*>/.* (authz/model srcNamespaceGenerator), so
// alice/sa means every account of alice.
func (id identity) matchNamespaceEnvoy(pattern string) bool {
	if !id.known() {
		return false
	}
	plain := !strings.ContainsAny(pattern, "*/")
	switch {
	case plain && id.varies.Varies():
		return id.varies.Between(id.domain+"/ns/", "/").Is(pattern)
	case plain:
		return pattern == id.namespace
	}
	stars := "*/ns/" + pattern + "/*"
	if id.varies.Varies() {
		return id.varies.Swap("", "spiffe://", false).MatchesStars(stars)
	}
	return symbolic.MatchStars(stars, "spiffe://"+id.principal())
}

// matchAccount tries `name` or `namespace/name`; a bare name is one of the policy's own namespace. The trust domain does not matter
// (authz/model serviceAccountRegex, ztunnel rbac.rs ServiceAccountMatch).
func (id identity) matchAccount(pattern, policyNamespace string) bool {
	ns, sa, ok := strings.Cut(pattern, "/")
	if !ok {
		ns, sa = policyNamespace, pattern
	}
	if id.varies.Varies() {
		return id.varies.Is(id.domain + "/ns/" + ns + "/sa/" + sa)
	}
	return id.known() && ns == id.namespace && sa == id.account
}

// matchNamespace tries a namespace as ztunnel does (rbac.rs).
func (id identity) matchNamespace(pattern string) verdict3 {
	if id.varies.Varies() {
		return id.varies.Between(id.domain+"/ns/", "/").Matches(pattern)
	}
	return is(matchPattern(pattern, id.namespace))
}

// matchTrustDomain: a value that is one of the mesh's domains matches all of them (trustdomain.ExpandTrustDomainAliases).
func (m *mesh) matchTrustDomain(id identity, pattern string) bool {
	if !id.known() {
		return false
	}
	for _, d := range m.domains {
		if d == pattern {
			for _, e := range m.domains {
				if e == id.domain {
					return true
				}
			}
		}
	}
	return pattern == "*" || matchPattern(pattern, id.domain) || strings.Contains(pattern, "*") && affix(id.domain, pattern)
}
