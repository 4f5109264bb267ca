package access

import (
	"cmp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// userPasses tries users through the ingress: without a name, with another name, and with one that matches a pattern of the rule.
func (a *selfCheck) userPasses(p *policy, r *rule, t *Tenant) string {
	name := strings.ToLower(cmp.Or(t.Header, usualUserHeader))
	at := freeAttributes(a.users)
	at.headers = a.header[:]
	try := func(v value) bool {
		a.header[0] = namedValue{name, v}
		return a.w.match(l7, p, r, &at) != no
	}
	if try(value{}) {
		return "every request from the ingress, for any user,"
	}
	if try(knownValue("another-user@another.tenant")) {
		return "every user"
	}
	for i := range r.when {
		if c := &r.when[i]; c.attribute == header && c.key == name {
			for _, v := range c.values {
				if strings.Contains(v, "*") && try(knownValue(strings.Replace(v, "*", "another-user", 1))) {
					return "every user that matches " + v
				}
			}
		}
	}
	return ""
}

// meant reports whether a rule allows only pods that the tenant's configuration allows, no matter who wrote it. What it allows gateways is
// judged in any case.
func (t *Tenant) meant(on layer, r *rule) bool {
	switch {
	case t == nil:
		return false
	case on == l7:
		return r.allowsOnly(t.OpenPaths)
	}
	return r.allowsScrapers(t.Scrapers)
}

// allowsOnly reports whether a rule is for GET and HEAD of some of these paths, as they are written.
func (r *rule) allowsOnly(paths []string) bool {
	if len(r.to) == 0 {
		return false
	}
	for _, e := range r.to {
		if !hasOnly(e, method, []string{"GET", "HEAD"}) || !hasOnly(e, path, paths) {
			return false
		}
	}
	return true
}

// hasOnly reports whether the conditions name values of an attribute, and no others than these.
func hasOnly(conditions []condition, of attribute, values []string) bool {
	for i := range conditions {
		if c := &conditions[i]; c.attribute == of && len(c.values) > 0 {
			return !slices.ContainsFunc(c.values, func(v string) bool { return !contains(values, v) })
		}
	}
	return false
}

// allowsScrapers reports whether a rule is for some of these clients, each on some of its ports.
func (r *rule) allowsScrapers(scrapers []Scraper) bool {
	if len(r.to) == 0 || len(r.from) == 0 {
		return false
	}
	for _, e := range r.from {
		if len(e) != 1 || len(e[0].values) == 0 {
			return false
		}
		for _, v := range e[0].values {
			i := slices.IndexFunc(scrapers, func(s Scraper) bool { return s.is(e[0].attribute, v) })
			if i < 0 || slices.ContainsFunc(r.to, func(to []condition) bool { return !hasOnly(to, port, scrapers[i].Ports) }) {
				return false
			}
		}
	}
	return true
}

// is reports whether a source's value names exactly this client.
func (s *Scraper) is(attr attribute, v string) bool {
	if attr == serviceAccount {
		id, ok := parsePrincipal(s.Principal)
		return ok && v == join(id.namespace, id.account)
	}
	return attr == principal && v == s.Principal
}

// superseded reports whether a rule that a policy loses is one of those whose loss harms nobody.
func (t *Tenant) superseded(p *policy, r *rule) bool {
	return p.action == allow && slices.ContainsFunc(t.Superseded, func(spec *yaml.Node) bool {
		var stated policy
		return stated.parseSpec(spec) == nil && stated.action == allow &&
			slices.ContainsFunc(stated.rules, func(s rule) bool { return s.equals(r) })
	})
}

// equals reports whether two rules are written alike, wherever they are.
func (r *rule) equals(o *rule) bool {
	return slices.EqualFunc(r.from, o.from, sameConditions) && slices.EqualFunc(r.to, o.to, sameConditions) && sameConditions(r.when, o.when)
}

// sameConditions takes conditions and their values in any order.
func sameConditions(a, b []condition) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(c condition) bool {
		return !slices.ContainsFunc(b, func(o condition) bool {
			return c.attribute == o.attribute && c.key == o.key && sameTexts(c.values, o.values) && sameTexts(c.notValues, o.notValues)
		})
	})
}

func sameTexts(a, b []string) bool {
	return len(a) == len(b) && slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
