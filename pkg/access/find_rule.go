package access

import (
	"cmp"
	"strings"
)

// userPasses tries somebody through the ingress: with another name, with none, and with one that fits a pattern of the rule.
func (a *selfCheck) userPasses(p *policy, r *rule, t *Tenant) string {
	name := strings.ToLower(cmp.Or(t.Header, usualUserHeader))
	at := freeAttributes(a.users)
	var user [1]namedValue
	at.headers = user[:]
	try := func(v value) bool {
		user[0] = namedValue{name, v}
		return a.w.match(l7, p, r, &at) != no
	}
	if try(value{}) {
		return "every request from the ingress, whoever the user is,"
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

// openPath: GET or HEAD on exact paths, which the profile's config opens on purpose.
func (r *rule) openPath() bool {
	if len(r.to) == 0 {
		return false
	}
	for _, e := range r.to {
		methods, paths := false, false
		for i := range e {
			switch c := &e[i]; c.attribute {
			case method:
				methods = len(c.values) > 0
				for _, v := range c.values {
					methods = methods && (v == "GET" || v == "HEAD")
				}
			case path:
				paths = len(c.values) > 0
				for _, v := range c.values {
					paths = paths && !strings.Contains(v, "*")
				}
			}
		}
		if !methods || !paths {
			return false
		}
	}
	return true
}

// monitoring: named clients on named ports.
func (r *rule) monitoring() bool {
	if len(r.to) == 0 || len(r.from) == 0 {
		return false
	}
	for _, e := range r.to {
		if len(e) != 1 || e[0].attribute != port || len(e[0].values) == 0 {
			return false
		}
	}
	for _, e := range r.from {
		if len(e) != 1 || e[0].attribute != principal && e[0].attribute != serviceAccount || len(e[0].values) == 0 {
			return false
		}
	}
	return true
}
