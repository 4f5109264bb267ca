package access

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// check holds what the fields must satisfy together (pkg/config/validation ValidateAuthorizationPolicy).
func (p *policy) check(spec *yaml.Node) *fault {
	switch {
	case p.action == custom && p.provider == "":
		return wrong(spec, ".provider.name", "must be set for the action CUSTOM")
	case (p.action == deny || p.action == custom) && len(p.rules) == 0:
		return wrong(spec, ".rules", "must not be empty, because the policy would never match")
	case p.action == custom:
		return p.checkCustom()
	}
	return nil
}

// checkCustom: an external authorizer is asked before anybody looks at identities and tokens.
func (p *policy) checkCustom() *fault {
	for i := range p.rules {
		r := &p.rules[i]
		bad := anyIdentity(r.when)
		for _, e := range r.from {
			bad = bad || anyIdentity(e)
		}
		if bad {
			return &fault{fmt.Sprintf(".rules[%d]", i), "must not name identities, accounts or tokens, because the action is CUSTOM", r.place}
		}
	}
	return nil
}

func anyIdentity(conditions []condition) bool {
	for i := range conditions {
		switch conditions[i].attribute {
		case principal, namespaceOf, serviceAccount, trustDomain, requestPrincipal, audience, presenter, claim:
			return true
		}
	}
	return false
}

// checkEntry: serviceAccounts say the namespace already.
func checkEntry(n *yaml.Node, conditions []condition) *fault {
	has := func(keys ...string) bool { // the CRD's rule counts an empty list too
		return slices.ContainsFunc(keys, func(k string) bool { return field(n, k) != nil })
	}
	accounts := has("serviceAccounts", "notServiceAccounts")
	others := has("principals", "notPrincipals", "namespaces", "notNamespaces")
	switch {
	case len(conditions) == 0:
		return wrong(n, "", "must not be empty")
	case accounts && others:
		return wrong(n, "", "must not combine serviceAccounts with principals or namespaces")
	}
	return nil
}

// checkValues refuses what Istio's validation refuses: empty values, bad addresses, ports, accounts, trust domains and path templates.
func checkValues(attr attribute, values []string) error {
	if attr == serviceAccount && len(values) > 16 {
		return fmt.Errorf("holds more than 16 accounts")
	}
	for i, v := range values {
		if bad := badValue(attr, v); bad != "" {
			return fmt.Errorf("[%d] %q %s", i, v, bad)
		}
	}
	return nil
}

func badValue(attr attribute, v string) string {
	if v == "" {
		return "must not be empty"
	}
	switch attr {
	case port:
		if n, err := strconv.ParseUint(v, 10, 32); err != nil || n > 65535 {
			return "is not a port"
		}
	case sourceIP, remoteIP, destinationIP:
		if !isAddress(v) {
			return "is not an IP address or CIDR"
		}
	case serviceAccount:
		if strings.Contains(v, "*") || strings.Count(v, "/") > 1 || strings.HasPrefix(v, "/") || strings.HasSuffix(v, "/") || len(v) > 320 {
			return "must be a name or namespace/name"
		}
	case trustDomain:
		return badTrustDomain(v)
	case path:
		return badTemplate(v)
	}
	return ""
}

// badTrustDomain: one star at an end (security.CheckTrustDomainValues). Istio takes a slash in a `when` and compares it with more than the
// trust domain, which nobody means.
func badTrustDomain(v string) string {
	switch {
	case strings.Contains(v, "/"):
		return "must not contain a slash"
	case strings.Count(v, "*") > 1, strings.Contains(v[1:len(v)-min(1, len(v)-1)], "*"):
		return "may have only one star, at its start or end"
	}
	return ""
}

func isAddress(s string) bool {
	if strings.Contains(s, "/") {
		_, err := netip.ParsePrefix(s)
		return err == nil
	}
	_, err := netip.ParseAddr(s)
	return err == nil
}
