package access

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// party are clients that belong together: what pods and tokens of accounts, which users, and who else.
type party struct {
	principals, tokens, users []string
	anonymous, offMesh        bool
	strangers                 bool // pods of any namespace that does not belong to a user
}

// has reports whether a line's clients, of a kind and in sets by axis, are some of the party's. ofTenant is that they are pods of a user namespace.
func (p *party) has(kind clientKind, says map[string]symbolic.Phrase, ofTenant bool) bool {
	holds := func(axis string, texts []string) bool {
		return slices.ContainsFunc(texts, func(s string) bool { return says[axis].Holds(symbolic.Point{Text: s, There: true}) })
	}
	switch kind {
	case aUser:
		return holds(userAxis, p.users)
	case aToken:
		return holds(tokenAxis, p.tokens)
	case aPod, aPodToken, aPodJWT:
		return holds(peerAxis, p.principals) || p.strangers && !ofTenant
	case anonymous, aJWT:
		return p.anonymous
	}
	return p.offMesh
}

// isOf reports whether a line has some of a party's clients.
func (a *Access) isOf(p *party) bool {
	return a.Kind == "anyone" || p.has(a.client.kind, a.says, a.ofTenant)
}

// column is one of the matrix: who they are, by the namespace that they reach.
type column struct {
	name    string
	of      string // the namespace of the only clients that it has, "" for others
	clients func(to string) []*party
}

// maxColumns is how many tenants that differ have a column of their own. Beyond it they share one.
const maxColumns = 24

// columns are those of the tenants, like ones in one column, and of everybody else. There are none without a tenant.
func (r *Report) columns() []column {
	var classes [][]string
	for i := range r.Namespaces {
		if n := &r.Namespaces[i]; n.tenant {
			classes = append(classes, append([]string{n.Namespace}, n.Like...))
		}
	}
	if len(classes) == 0 {
		return nil
	}
	return columnsOf(classes, false, r.world.partyOf, r.world.platformParty())
}

// columnsOf are the columns of classes of tenants, and of everybody else. itself has the clients of a tenant in its own column, too.
func columnsOf(classes [][]string, itself bool, partyOf func(name string) *party, platform party) (out []column) {
	var tenants []*party // one of each, and a second one of those that are alike
	of := map[*party]string{}
	for _, class := range classes {
		var own []*party
		for _, name := range class[:min(len(class), 2)] {
			p := partyOf(name)
			of[p], own = class[0], append(own, p)
		}
		tenants = append(tenants, own...)
		one := column{name: namesOfClass(class), clients: func(to string) []*party {
			switch {
			case to != class[0]:
				return own[:1]
			case itself:
				return own
			}
			return own[1:] // another one that is alike
		}}
		if len(class) == 1 && !itself {
			one.of = class[0]
		}
		out = append(out, one)
	}
	if len(out) > maxColumns {
		out = []column{{name: "other user namespaces", clients: func(to string) []*party {
			return slices.DeleteFunc(slices.Clone(tenants), func(p *party) bool { return of[p] == to })
		}}}
		if itself {
			out = []column{{name: "user namespaces", clients: func(string) []*party { return tenants }}}
		}
	}
	for _, rest := range []struct {
		name string
		party
	}{
		{"users without a namespace", party{users: []string{"somebody-else@example.com"}}},
		{"pods of other namespaces", platform},
		{"anonymous, or with a token of another issuer", party{anonymous: true}},
		{"off the mesh", party{offMesh: true}},
	} {
		out = append(out, column{name: rest.name, clients: func(string) []*party { return []*party{&rest.party} }})
	}
	return out
}

// partyOf are the clients of a user namespace: its pods, the tokens of their accounts, and its owner.
func (w *World) partyOf(name string) *party {
	s := w.look(name)
	var p party
	for _, account := range append([]string{"default", "default-editor", "default-viewer"}, s.accounts...) {
		p.principals, p.tokens = append(p.principals, w.identity(name, account).principal()), append(p.tokens, accountPrefix+name+":"+account)
	}
	if s.owner != "" {
		p.users = []string{s.owner}
	}
	return &p
}

// platformParty are pods of namespaces of no user: of their accounts, and of whatever account a policy names.
func (w *World) platformParty() (p party) {
	p.strangers, p.principals = true, []string{w.identity("another-namespace", "another-account").principal()}
	add := func(namespace, account string) {
		if !w.look(namespace).profile {
			p.principals = append(p.principals, w.identity(namespace, account).principal())
		}
	}
	for _, name := range w.names {
		s := w.namespaces[name]
		for _, account := range append([]string{"default"}, s.accounts...) {
			add(name, account)
		}
		for _, rule := range s.policies {
			for i := range rule.rules {
				for _, id := range rule.rules[i].named() {
					add(cmp.Or(id.namespace, name), id.account)
				}
			}
		}
	}
	slices.Sort(p.principals)
	p.principals = slices.Compact(p.principals)
	return p
}

// named are the accounts that a rule names in full, and one of each such namespace.
func (r *rule) named() (out []identity) {
	for _, source := range append(slices.Clone(r.from), r.when) {
		for _, c := range source {
			for _, v := range c.values {
				switch namespace, account, whole := strings.Cut(v, "/"); {
				case strings.Contains(v, "*"):
				case c.attribute == principal:
					if id, ok := parsePrincipal(v); ok {
						out = append(out, id)
					}
				case c.attribute == namespaceOf:
					out = append(out, identity{namespace: v, account: "default"})
				case c.attribute == serviceAccount && whole:
					out = append(out, identity{namespace: namespace, account: account})
				case c.attribute == serviceAccount:
					out = append(out, identity{account: v})
				}
			}
		}
	}
	return out
}
