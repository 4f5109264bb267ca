package access

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// The page is one file, which loads nothing.
var (
	//go:embed html/report.html
	htmlPage string
	//go:embed html/report.css
	htmlStyle string
	//go:embed html/report.js
	htmlScript string
)

// htmlData is what the page shows. Each text is in Strings once; other fields hold its index.
type htmlData struct {
	Summary  string      `json:"summary"`
	Strings  []string    `json:"strings"`
	Columns  []string    `json:"columns"`
	Spaces   []htmlSpace `json:"spaces"`
	Dead     []string    `json:"dead"`
	Findings []string    `json:"findings"`

	index map[string]int
}

// htmlSpace is a namespace and those that are alike. Lines are [who, reaches, by, witness, outcome, level], and cells, of a tenant only,
// [level, numbers of lines] by column, or null for none.
type htmlSpace struct {
	Name  string   `json:"name"`
	Like  []string `json:"like,omitempty"`
	Mesh  string   `json:"mesh"`
	Lines [][6]any `json:"lines"`
	Cells []any    `json:"cells,omitempty"`
}

// How much a line or a cell allows.
const (
	levelNothing = iota
	levelSome
	levelAll
	levelUnknown
)

// WriteHTML writes the report as one page for a browser, without anything that it would load: the namespaces of tenants by who reaches them,
// and every line with its witness. Texts are data to the page, never markup.
func (r *Report) WriteHTML(out io.Writer) error {
	var summary strings.Builder
	if err := r.WriteSummary(&summary); err != nil {
		return err
	}
	d := htmlData{Summary: strings.TrimSpace(summary.String()), Strings: []string{}, Columns: []string{}, Spaces: []htmlSpace{}, Dead: []string{}, Findings: []string{}, index: map[string]int{}}
	columns := r.columns()
	for _, c := range columns {
		d.Columns = append(d.Columns, c.name)
	}
	for i := range r.Namespaces {
		d.Spaces = append(d.Spaces, d.space(&r.Namespaces[i], columns))
	}
	for _, rule := range r.Dead {
		d.Dead = append(d.Dead, fmt.Sprintf("%s rule %d: %s", rule.Policy, rule.Rule, rule.Why))
	}
	for _, rule := range r.NotJudged {
		d.Dead = append(d.Dead, fmt.Sprintf("%s rule %d: NOT JUDGED: %s", rule.Policy, rule.Rule, rule.Why))
	}
	for _, f := range r.Findings {
		d.Findings = append(d.Findings, f.String())
	}
	data, err := json.Marshal(d) // <, > and & are escaped, so nothing ends the script
	if err != nil {
		return err
	}
	page := strings.Replace(htmlPage, "/*STYLE*/", htmlStyle, 1)
	page = strings.Replace(page, "/*SCRIPT*/", htmlScript, 1)
	_, err = io.WriteString(out, strings.Replace(page, "/*DATA*/", string(data), 1))
	return err
}

func (d *htmlData) text(s string) int {
	s = plain(s)
	i, ok := d.index[s]
	if !ok {
		i = len(d.Strings)
		d.index[s], d.Strings = i, append(d.Strings, s)
	}
	return i
}

func (d *htmlData) space(n *NamespaceReport, columns []column) htmlSpace {
	out := htmlSpace{Name: n.Namespace, Like: n.Like, Mesh: n.Mesh, Lines: [][6]any{}}
	for i := range n.Access {
		a := &n.Access[i]
		out.Lines = append(out.Lines, [6]any{d.text(a.Who), d.text(a.Reaches), d.text(a.By), d.text(a.Witness), a.Outcome, a.level()})
	}
	if !n.tenant {
		return out
	}
	for _, c := range columns {
		if c.of == n.Namespace {
			out.Cells = append(out.Cells, nil)
			continue
		}
		level, lines, clients := levelNothing, []int{}, c.clients(n)
		for i := range n.Access {
			if a := &n.Access[i]; a.Outcome != Deny.String() && slices.ContainsFunc(clients, a.isOf) {
				level, lines = worseLevel(level, a.level()), append(lines, i)
			}
		}
		out.Cells = append(out.Cells, [2]any{level, lines})
	}
	return out
}

// worseLevel puts every request before what is not known, and that before some requests.
func worseLevel(a, b int) int {
	order := []int{levelNothing, levelSome, levelUnknown, levelAll}
	return order[max(slices.Index(order, a), slices.Index(order, b))]
}

func (a *Access) level() int {
	switch {
	case a.Outcome == NotJudged.String():
		return levelUnknown
	case a.Outcome == Deny.String():
		return levelNothing
	case a.full:
		return levelAll
	}
	return levelSome
}

// party are clients that belong together: what pods and tokens of accounts, which users, and who else.
type party struct {
	principals, tokens, users []string
	anonymous, offMesh        bool
	strangers                 bool // pods of any namespace that does not belong to a user
}

// isOf reports whether a line has some of a party's clients.
func (a *Access) isOf(p *party) bool {
	if a.Kind == "anyone" {
		return true
	}
	holds := func(axis string, texts []string) bool {
		return slices.ContainsFunc(texts, func(s string) bool { return a.says[axis].Holds(symbolic.Point{Text: s, There: true}) })
	}
	switch a.client.kind {
	case aUser:
		return holds(userAxis, p.users)
	case aToken:
		return holds(tokenAxis, p.tokens)
	case aPod, aPodToken, aPodJWT:
		return holds(peerAxis, p.principals) || p.strangers && !a.ofTenant
	case anonymous, aJWT:
		return p.anonymous
	}
	return p.offMesh
}

// column is one of the matrix: who they are, by the namespace that they reach.
type column struct {
	name    string
	of      string // the namespace of the only clients that it has, "" for others
	clients func(n *NamespaceReport) []*party
}

// maxColumns is how many tenants that differ have a column of their own. Beyond it they share one.
const maxColumns = 24

// columns are those of the tenants, like ones in one column, and of everybody else. There are none without a tenant.
func (r *Report) columns() (out []column) {
	var tenants []*party // one of each, and a second one of those that are alike
	of := map[*party]string{}
	for i := range r.Namespaces {
		n := &r.Namespaces[i]
		if !n.tenant {
			continue
		}
		var own []*party
		for _, name := range append([]string{n.Namespace}, n.Like[:min(len(n.Like), 1)]...) {
			p := r.world.partyOf(name)
			of[p], own = name, append(own, p)
		}
		tenants = append(tenants, own...)
		one := column{name: n.names(), clients: func(to *NamespaceReport) []*party {
			if to.Namespace == n.Namespace {
				return own[1:] // another one that is alike
			}
			return own[:1]
		}}
		if len(n.Like) == 0 {
			one.of = n.Namespace
		}
		out = append(out, one)
	}
	switch {
	case len(out) == 0:
		return nil
	case len(out) > maxColumns:
		out = []column{{name: "other user namespaces", clients: func(to *NamespaceReport) []*party {
			return slices.DeleteFunc(slices.Clone(tenants), func(p *party) bool { return of[p] == to.Namespace })
		}}}
	}
	for _, rest := range []struct {
		name string
		party
	}{
		{"users without a namespace", party{users: []string{"somebody-else@example.com"}}},
		{"pods of other namespaces", r.world.platformParty()},
		{"anonymous, or with a token of another issuer", party{anonymous: true}},
		{"off the mesh", party{offMesh: true}},
	} {
		out = append(out, column{name: rest.name, clients: func(*NamespaceReport) []*party { return []*party{&rest.party} }})
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
