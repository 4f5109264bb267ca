package main

// policy throws an AuthorizationPolicy, most of the time one that Istio takes.
func (d dice) policy(point, name string) object {
	action := pick(d, []string{"ALLOW", "ALLOW", "ALLOW", "ALLOW", "DENY", "DENY", "CUSTOM", "AUDIT"})
	spec := object{"action": action}
	if action == "CUSTOM" {
		spec["provider"] = object{"name": pick(d, []string{knownProvider, knownProvider, "unknown-provider"})}
	}
	rules := []any{}
	for range pick(d, []int{1, 1, 2, 3, 0}) {
		rules = append(rules, d.rule(point, action == "CUSTOM"))
	}
	if len(rules) == 0 && (action == "DENY" || action == "CUSTOM") && !d.chance(10) {
		rules = append(rules, object{}) // without one Istio refuses them
	}
	if len(rules) > 0 || d.chance(30) {
		spec["rules"] = rules
	}
	ns := d.attach(point, spec)
	meta := object{}
	if d.chance(5) {
		meta["annotations"] = object{"istio.io/dry-run": pick(d, []string{"true", "true", "false"})}
	}
	return thing("security.istio.io/v1", "AuthorizationPolicy", ns, name, meta, object{"spec": spec})
}

// attach says what the policy is for and returns its namespace.
func (d dice) attach(point string, spec object) string {
	ref := func(group, kind, name string) {
		spec["targetRefs"] = []any{object{"group": group, "kind": kind, "name": name}}
	}
	const gateways = "gateway.networking.k8s.io"
	n := d.IntN(20)
	switch {
	case point == "gateway" && n < 16:
		ref(gateways, "Gateway", "ingress")
		return rootNamespace
	case point == "gateway":
		spec["selector"] = object{"matchLabels": object{"app": pick(d, []string{"ingress", "ingress", "tet"})}}
		return rootNamespace
	case point == "waypoint" && n < 12:
		ref(gateways, "Gateway", pick(d, []string{"waypoint", "waypoint", "waypoint", "waypoint", "waypoint2"}))
	case point == "waypoint" && n < 16:
		ref("", "Service", pick(d, []string{"tet", "tet", "tet", "other"}))
	case point == "waypoint" && n < 18:
		ref(gateways, "GatewayClass", pick(d, []string{"istio-waypoint", "istio-waypoint", "istio"}))
		return pick(d, []string{rootNamespace, rootNamespace, "alice"})
	case point == "waypoint":
		return "alice" // no targetRefs: not for a waypoint
	case n < 4:
		spec["selector"] = object{"matchLabels": object{"app": pick(d, []string{"tet", "tet", "other"})}}
	case n < 7:
		return rootNamespace
	case n < 8:
		return "bob"
	}
	return "alice"
}

func (d dice) rule(point string, custom bool) object {
	r := object{}
	if d.chance(60) {
		r["from"] = d.list(func() object { return object{"source": d.source(point, custom)} })
	}
	if d.chance(45) {
		r["to"] = d.list(func() object { return object{"operation": d.operation(point)} })
	}
	if d.chance(40) {
		r["when"] = d.list(func() object { return d.when(point, custom) })
	}
	return r
}

func (d dice) list(f func() object) []any {
	out := []any{f()}
	if d.chance(25) {
		out = append(out, f())
	}
	return out
}

// A word is a field of a manifest, its negation and what it may hold.
type word struct {
	yes, no string
	values  []string
}

var (
	principals = word{"principals", "notPrincipals", []string{
		"*", "cluster.local/ns/alice/sa/default-editor", "cluster.local/ns/alice/sa/waypoint", "cluster.local/ns/bob/*", "*/sa/default-editor",
		"*/ns/alice/sa/waypoint", "cluster.local/*", "other.local/ns/alice/sa/default-editor", "spiffe://cluster.local/ns/alice/sa/waypoint",
		"cluster.*/ns/alice/sa/waypoint", "*.local/ns/bob/sa/default-editor", "cluster.local/ns/a*e/sa/waypoint"}}
	namespaces = word{"namespaces", "notNamespaces", []string{"alice", "bob", "ali*", "*ce", "*", "al*ce", "a.ice", "alice/sa"}}
	accounts   = word{"serviceAccounts", "notServiceAccounts", []string{"default-editor", "alice/default-editor", "bob/default-viewer", "alice/waypoint"}}
	domains    = word{"trustDomains", "notTrustDomains", []string{"cluster.local", "*", "other.local", "*.local", "cluster.*", "*er.local"}}
	addresses  = word{"ipBlocks", "notIpBlocks", []string{"10.244.1.7", "10.244.0.0/16", "10.244.1.8/31", "192.168.0.0/16", "::/0"}}
	remotes    = word{"remoteIpBlocks", "notRemoteIpBlocks", addresses.values}
	requesters = word{"requestPrincipals", "notRequestPrincipals", []string{"*", "https://a.io/alice", "https://a.io/*", "*/alice", "*alice", "https://a*", "https://b.io/x/bob", "https://a.io*/alice"}}
	ports      = word{"ports", "notPorts", []string{"80", "8080", "443"}}
	methods    = word{"methods", "notMethods", []string{"GET", "POST", "*", "P*", "*T", "get"}}
	hosts      = word{"hosts", "notHosts", []string{"tet.alice.svc.cluster.local", "TET.alice.svc.cluster.local", "*.cluster.local", "kubeflow.*", "*", "kubeflow.example.com"}}
	paths      = word{"paths", "notPaths", []string{
		"/", "/healthz", "/metrics", "/api/*", "*/api/kernels", "/notebook/alice/*", "*", "/notebook/{*}/{*}/api/kernels", "/notebook/alice/{**}",
		"/notebook/{*}/{**}", "/{*}", "/api/{*}", "/{**}/kernels", "/*/kernels"}}
	// badPaths are refused by Istio, the last two by Envoy only.
	badPaths   = word{"paths", "notPaths", []string{"/api/{**}/v1/{*}", "/n{*}", "api/{*}", "/a//{*}"}}
	attributes = []word{
		{"request.headers[kubeflow-userid]", "", []string{"*", "alice@x.io", "alice*", "*@x.io", "system:serviceaccount:*", " *", "*b*"}},
		{"request.headers[X-Team]", "", []string{"red", "red*", "*", "*d"}},
		{"request.headers[host]", "", []string{"tet.alice.svc.cluster.local", "*"}},
		{"request.headers[authorization]", "", []string{"*", "Bearer *"}},
		{"source.namespace", "", namespaces.values},
		{"source.principal", "", principals.values},
		{"source.serviceAccount", "", accounts.values},
		{"source.trustDomain", "", domains.values},
		{"source.ip", "", addresses.values},
		{"remote.ip", "", addresses.values},
		{"destination.ip", "", []string{"10.96.0.10", "10.244.0.0/16"}},
		{"destination.port", "", ports.values},
		{"connection.sni", "", []string{"*", "www.example.com"}},
		{"request.auth.principal", "", requesters.values},
		{"request.auth.audiences", "", []string{"kubeflow", "kube*", "*"}},
		{"request.auth.presenter", "", []string{"cli", "*"}},
		{"request.auth.claims[iss]", "", []string{"https://a.io", "https://*", "*"}},
		{"request.auth.claims[groups]", "", []string{"red", "all", "*"}},
		{"request.auth.claims[realm][roles]", "", []string{"admin", "*"}},
		{"request.auth.claims[scope]", "", []string{"read", "read write", "w*"}},
		{"request.auth.claims[level]", "", []string{"3", "*"}},
	}
	layer4 = []int{4, 5, 8, 10, 11} // what ztunnel takes of attributes
)

func (d dice) source(point string, custom bool) object {
	kinds := []word{principals, principals, namespaces, namespaces, accounts, domains, addresses, remotes, requesters}
	switch {
	case custom:
		kinds = []word{addresses, remotes}
	case point == "gateway":
		kinds = []word{requesters, requesters, requesters, principals, namespaces, addresses}
	case point == "ztunnel" && d.chance(85):
		kinds = []word{principals, principals, namespaces, namespaces, accounts, addresses}
	}
	return d.fields(kinds)
}

func (d dice) operation(point string) object {
	kinds := []word{ports, methods, hosts, paths, paths, paths}
	if point == "ztunnel" && d.chance(80) {
		kinds = []word{ports}
	}
	if d.chance(2) {
		kinds = []word{badPaths}
	}
	return d.fields(kinds)
}

func (d dice) fields(kinds []word) object {
	o := object{}
	for range 1 + d.IntN(2) {
		w := pick(d, kinds)
		if w.yes == accounts.yes && !d.chance(10) { // Istio rejects them together with namespaces and principals
			return object{pick(d, []string{w.yes, w.yes, w.yes, w.no}): d.some(w.values)}
		}
		if d.chance(25) {
			o[w.no] = d.some(w.values)
		} else {
			o[w.yes] = d.some(w.values)
		}
	}
	return o
}

func (d dice) when(point string, custom bool) object {
	w := pick(d, attributes)
	switch {
	case custom:
		w = attributes[d.IntN(4)]
	case point == "gateway" && d.chance(50):
		w = attributes[len(attributes)-8+d.IntN(8)]
	case point == "ztunnel" && d.chance(80):
		w = attributes[pick(d, layer4)]
	}
	o := object{"key": w.yes}
	if d.chance(70) {
		o["values"] = d.some(w.values)
	}
	if o["values"] == nil || d.chance(15) {
		o["notValues"] = d.some(w.values)
	}
	return o
}

// authentication throws a RequestAuthentication.
func (d dice) authentication(point string) object {
	ns, name := rootNamespace, "ingress"
	if point == "waypoint" {
		ns, name = "alice", "waypoint"
	}
	var rules []any
	for _, issuer := range [][]string{{"https://a.io"}, {"https://a.io", "https://b.io/x"}, {"https://b.io/x"}}[d.IntN(3)] {
		r := object{"issuer": issuer, "jwks": `{"keys":[]}`, "forwardOriginalToken": d.chance(70)}
		if d.chance(30) {
			r["audiences"] = []any{pick(d, []string{"kubeflow", "other", "https://kubeflow"})}
		}
		if d.chance(60) {
			r["outputClaimToHeaders"] = []any{object{"claim": "sub", "header": "kubeflow-userid"}}
		}
		if d.chance(20) {
			r["outputClaimToHeaders"] = []any{object{"claim": pick(d, []string{"azp", "groups"}), "header": "x-team"}}
		}
		rules = append(rules, r)
	}
	return thing("security.istio.io/v1", "RequestAuthentication", ns, "tokens", nil, object{"spec": object{
		"targetRefs": []any{object{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": name}}, "jwtRules": rules,
	}})
}
