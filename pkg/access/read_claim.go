package access

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// Claim is a sentence about all requests of a shape: there is none that gets in, or none but of these clients.
type Claim struct {
	Name    string
	Each    string // profile: it holds for every user namespace, as $profile
	From    Source
	To      Place
	Request Operation

	stated
	only bool
	who  []Who
}

// Never is a claim that no request of a shape gets in, from any client.
type Never struct {
	// Name of the claim, a sentence.
	Name    string
	Each    string // profile: for every user namespace in the manifests, as $profile
	From    Source
	To      Place
	Request Operation
}

// Only is a claim that the clients of a list reach a target, and no others.
type Only struct {
	// Name of the claim, a sentence.
	Name    string
	Each    string // profile: for every user namespace in the manifests, as $profile
	To      Place
	Request Operation
	Who     []Who
}

// Source is the client of a request, by the fields of an AuthorizationPolicy, as the target's proxies see it: a user comes from the ingress Gateway.
type Source struct {
	Principals, NotPrincipals           []string
	Namespaces, NotNamespaces           []string
	ServiceAccounts, NotServiceAccounts []string
}

// Operation is what a request is like, by the fields of an AuthorizationPolicy. The path is the client's, normalized.
type Operation struct {
	Hosts, NotHosts     []string
	Ports, NotPorts     []string
	Methods, NotMethods []string
	Paths, NotPaths     []string
}

// Place is what a claim is about: a Service, or all Services and pods of a namespace.
type Place struct {
	Namespace string
	Service   string // absent: all Services, and the pods by their addresses
}

// Who is one client, or all pods of a namespace: exactly one of the fields is set.
type Who struct {
	User           string // with a session
	Token          string // a Kubernetes token of this account (namespace/name)
	ServiceAccount string // the pods of this account (namespace/name)
	Namespace      string // the pods of this namespace
	Anonymous      bool
	OffMesh        bool
}

// everyProfile is the value of each, and ownProfile is the placeholder for a user namespace.
const (
	everyProfile = "profile"
	ownProfile   = "$profile"
)

func (r *strictReader) never(n *yaml.Node, path string) Claim { return r.claim(n, path, false) }

func (r *strictReader) only(n *yaml.Node, path string) Claim { return r.claim(n, path, true) }

func (r *strictReader) claim(n *yaml.Node, path string, only bool) (c Claim) {
	before := len(r.errs)
	c.only, c.stated = only, stated{path, placeOf(n)}
	fields := map[string]func(*yaml.Node, string){
		"name": r.text(&c.Name),
		"each": func(n *yaml.Node, path string) {
			if r.text(&c.Each)(n, path); c.Each != everyProfile && c.Each != "" {
				r.refuse(n, diagnostic.CheckWrongValue, path, "expected profile, got "+describe(n), "write each: profile, or remove the field")
			}
		},
		"to": func(n *yaml.Node, path string) {
			r.fields(n, path, map[string]func(*yaml.Node, string){"namespace": r.text(&c.To.Namespace), "service": r.text(&c.To.Service)})
		},
		"request": func(n *yaml.Node, path string) { r.fields(n, path, r.lists(c.Request.lists())) },
	}
	if only {
		fields["who"] = func(n *yaml.Node, path string) {
			r.each(n, path, func(n *yaml.Node, path string) { c.who = append(c.who, r.oneWho(n, path)) })
		}
	} else {
		fields["from"] = func(n *yaml.Node, path string) { r.fields(n, path, r.lists(c.From.lists())) }
	}
	r.fields(n, path, fields)
	if len(r.errs) > before {
		return c
	}
	missing := func(field, remedy string) {
		r.refuse(n, diagnostic.CheckFieldMissing, path+"."+field, "is missing", remedy)
	}
	switch {
	case c.Name == "":
		missing("name", "write a sentence that says what must hold")
	case c.To.Namespace == "":
		missing("to.namespace", "write the namespace of the Service or pods")
	case only && len(c.who) == 0:
		missing("who", "write at least one client")
	case c.unknownWord() != "":
		r.refuse(n, diagnostic.CheckWrongValue, path, "holds "+strconv.Quote(c.unknownWord())+", but $profile is the only placeholder", "write $profile, or the name itself")
	case c.Each == "" && slices.ContainsFunc(c.texts(), func(s string) bool { return strings.Contains(s, ownProfile) }):
		r.refuse(n, diagnostic.CheckFieldMissing, path+".each", "is missing, but $profile is used", "write each: profile")
	default:
		if _, bad := c.rule("x"); bad != nil {
			r.refuse(n, diagnostic.CheckWrongValue, path, strings.TrimPrefix(bad.Error(), "."), "write it as an AuthorizationPolicy has it")
		}
	}
	return c
}

// texts are all in which $profile may stand.
func (c *Claim) texts() []string {
	out := []string{c.To.Namespace, c.To.Service}
	for _, w := range c.who {
		out = append(out, w.User, w.Token, w.ServiceAccount, w.Namespace)
	}
	for _, lists := range []map[string]*[]string{c.From.lists(), c.Request.lists()} {
		for _, name := range slices.Sorted(maps.Keys(lists)) {
			out = append(out, *lists[name]...)
		}
	}
	return out
}

// unknownWord is a text with a variable that there is not, "" for none. A path may have a dollar.
func (c *Claim) unknownWord() string {
	for _, s := range c.texts() {
		if strings.Contains(strings.ReplaceAll(s, ownProfile, ""), "$") && !strings.HasPrefix(s, "/") {
			return s
		}
	}
	return ""
}

func (s *Source) lists() map[string]*[]string {
	return map[string]*[]string{
		"principals": &s.Principals, "notPrincipals": &s.NotPrincipals, "namespaces": &s.Namespaces, "notNamespaces": &s.NotNamespaces,
		"serviceAccounts": &s.ServiceAccounts, "notServiceAccounts": &s.NotServiceAccounts,
	}
}

func (o *Operation) lists() map[string]*[]string {
	return map[string]*[]string{
		"hosts": &o.Hosts, "notHosts": &o.NotHosts, "ports": &o.Ports, "notPorts": &o.NotPorts, "methods": &o.Methods, "notMethods": &o.NotMethods,
		"paths": &o.Paths, "notPaths": &o.NotPaths,
	}
}

func (r *strictReader) oneWho(n *yaml.Node, path string) (w Who) {
	before := len(r.errs)
	r.fields(n, path, map[string]func(*yaml.Node, string){
		"user": r.text(&w.User), "token": r.text(&w.Token), "serviceAccount": r.text(&w.ServiceAccount), "namespace": r.text(&w.Namespace),
		"anonymous": r.yes(&w.Anonymous), "offMesh": r.yes(&w.OffMesh),
	})
	set := 0
	for _, is := range [6]bool{w.User != "", w.Token != "", w.ServiceAccount != "", w.Namespace != "", w.Anonymous, w.OffMesh} {
		if is {
			set++
		}
	}
	if len(r.errs) == before && set != 1 {
		r.refuse(n, diagnostic.CheckFieldsConflict, path, "names not exactly one client", "write exactly one of user, token, serviceAccount, namespace, anonymous, offMesh")
	}
	for _, account := range [2][2]string{{"token", w.Token}, {"serviceAccount", w.ServiceAccount}} {
		if _, _, ok := splitAccount(account[1]); account[1] != "" && !ok {
			r.refuse(field(n, account[0]), diagnostic.CheckWrongValue, path+"."+account[0], strconv.Quote(account[1])+" is not namespace/name", "write both, with one slash between them")
		}
	}
	return w
}

// rule is the shape of the requests as a rule of an AuthorizationPolicy, with a user namespace for $profile.
func (c *Claim) rule(profile string) (r rule, bad error) {
	part := func(lists map[string]*[]string) map[string][]string {
		out := map[string][]string{}
		for name, l := range lists {
			for _, v := range *l {
				out[name] = append(out[name], inProfile(v, profile))
			}
		}
		return out
	}
	shape := map[string]any{}
	if from := part(c.From.lists()); len(from) > 0 {
		shape["from"] = []any{map[string]any{"source": from}}
	}
	if to := part(c.Request.lists()); len(to) > 0 {
		shape["to"] = []any{map[string]any{"operation": to}}
	}
	b, err := yaml.Marshal(shape)
	if err != nil {
		return r, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return r, err
	}
	if f := r.parse(doc.Content[0]); f != nil {
		return r, f
	}
	return r, nil
}

// inProfile puts a user namespace in a value.
func inProfile(v, profile string) string { return strings.ReplaceAll(v, ownProfile, profile) }
