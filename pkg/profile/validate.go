package profile

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// spec refuses what is well-formed but wrong, unsafe or not there yet.
func (r *refusals) spec(s Spec) {
	r.effects(s)
	r.profiles(s)
	r.identity(s.Identity)
	r.sessions(s)
	r.ingress(s.Ingress)
	r.waypoint(s)
	r.access(s)
	r.label("spec.cluster.rootNamespace", s.Cluster.RootNamespace)
	r.oneOf("spec.cluster.controllers", s.Cluster.Controllers, Keep, Restrict)
	r.tokens(s.Cluster.Tokens)
	r.verifyTokens(s)
	r.label("spec.cluster.kserve.namespace", s.Cluster.KServe.Namespace)
	r.ports("spec.cluster.kserve.ports", s.Cluster.KServe.Ports)
	if mode := s.Cluster.KServe.DeploymentMode; mode != "" {
		r.oneOf("spec.cluster.kserve.deploymentMode", mode, "RawDeployment", "Standard")
	}
	if s.ProfileSelector != nil {
		r.selector(*s.ProfileSelector)
	}
}

func (r *refusals) selector(s Selector) {
	seen := map[string]string{}
	for i, name := range s.Names {
		r.label(at("spec.profileSelector.names", i), name)
		r.unique(seen, at("spec.profileSelector.names", i), name)
	}
	if s.Names != nil && len(s.Names) == 0 {
		r.add("spec.profileSelector.names", "[]", "is empty and would select nothing", "list names, or leave it out")
	}
}

// effects refuses fields that would have no effect: an ignored field would be a promise broken.
func (r *refusals) effects(s Spec) {
	platform := s.Cluster.Platform.Enabled
	if secret := s.Ingress.TLSSecret; secret != "" {
		if !platform {
			r.add("spec.ingress.tlsSecret", secret, "has no effect without cluster.platform, which makes the Gateway", "set cluster.platform.enabled, or write the listener where the Gateway is")
		}
		r.subdomain("spec.ingress.tlsSecret", secret)
	}
	refuse := func(set bool, path string) {
		if set && !s.Cluster.Enabled {
			r.add(path, "true", "has no effect with cluster.enabled: false", "set it in the AmbientProfile that has the cluster")
		}
	}
	refuse(platform, "spec.cluster.platform.enabled")
	refuse(s.Cluster.Admission.Enabled, "spec.cluster.admission.enabled")
}

func (r *refusals) identity(id Identity) {
	const path = "spec.identity."
	if len(id.TrustDomain) > 255 || !trustDomain.MatchString(id.TrustDomain) {
		r.add(path+"trustDomain", id.TrustDomain, "is not a trust domain", "write the mesh's own, as in meshConfig: lower case letters, digits, dots, dashes")
	}
	r.header(path+"userIDHeader", id.UserIDHeader)
	r.header(path+"groupsHeader", id.GroupsHeader)
	if strings.EqualFold(id.UserIDHeader, id.GroupsHeader) {
		r.add(path+"groupsHeader", id.GroupsHeader, "is the userIDHeader as well, so that a group could pass for a user", "write two names")
	}
	r.value(path+"userIDPrefix", id.UserIDPrefix)
	r.namespaced(path+"serviceAccounts.pipelinesUI", id.ServiceAccounts.PipelinesUI)
	r.namespaced(path+"serviceAccounts.pipelinesAPI", id.ServiceAccounts.PipelinesAPI)
	r.namespaced(path+"serviceAccounts.notebookController", id.ServiceAccounts.NotebookController)
}

// header refuses names that Istio refuses and those that HTTP itself uses.
func (r *refusals) header(path, name string) {
	switch {
	case len(name) > 256 || !headerName.MatchString(name):
		r.add(path, name, "is not a header name", "write letters, digits, dashes and underscores")
	case slices.Contains([]string{"authorization", "host", "cookie"}, strings.ToLower(name)):
		r.add(path, name, "is a header that clients send themselves", "name one that only the gateway sets, kubeflow-userid for example")
	}
}

func (r *refusals) ingress(in Ingress) {
	if r.namespaced("spec.ingress.gateway", in.Gateway) {
		_, name, _ := strings.Cut(in.Gateway, "/")
		// Istio: the Gateway's Service is named <gateway>-istio, and a Service name is a label.
		if in.ServiceAccount == name+"-istio" && !validLabel(in.ServiceAccount) {
			r.add("spec.ingress.gateway", in.Gateway, "gives <name>-istio, which is no Service name", "use a Gateway with a name of at most 57 characters, without dots")
		}
	}
	if in.ServiceAccount != "" {
		r.subdomain("spec.ingress.serviceAccount", in.ServiceAccount)
	}
}

func (r *refusals) waypoint(s Spec) {
	const path = "spec.waypoint."
	w := s.Waypoint
	// Istio: the waypoint's Service, Deployment and ServiceAccount have the Gateway's name.
	if r.label(path+"name", w.Name) && !service.MatchString(w.Name) {
		r.add(path+"name", w.Name, "begins with a digit, which no Service name may", "begin with a letter")
	}
	// Istio: use-waypoint none means no waypoint at all.
	if w.Name == "none" {
		r.add(path+"name", w.Name, "switches the waypoint off as a label value", "write another name")
	}
	r.waypointIdentity(s)
	if w.PodDisruptionBudget && w.Replicas < 2 {
		r.add(path+"podDisruptionBudget", "true", "would block every drain of a node with fewer than two replicas", "set waypoint.replicas to 2 or more")
	}
	if w.Seccomp != "" {
		r.oneOf(path+"seccomp", w.Seccomp, RuntimeDefault)
	}
	r.resources(path+"resources.requests", w.Resources.Requests)
	r.resources(path+"resources.limits", w.Resources.Limits)
}

// waypointIdentity keeps users' pods from running as the waypoint, which the L4 policy lets in.
func (r *refusals) waypointIdentity(s Spec) {
	taken := []string{"default", "default-editor", "default-viewer"} // Kubernetes', the profile-controller's
	for _, p := range s.Profiles {
		taken = append(taken, p.ServiceAccounts...)
	}
	for _, account := range taken {
		_, name, found := strings.Cut(account, "/")
		if account == s.Waypoint.Name || found && name == s.Waypoint.Name {
			r.add("spec.waypoint.name", s.Waypoint.Name, "is also a ServiceAccount of users, whose pods would pass for the waypoint", "write another name")
			return
		}
	}
}

func (r *refusals) resources(path string, resources map[string]Quantity) {
	for _, name := range sortedKeys(resources) {
		if value := string(resources[name]); !quantity.MatchString(value) {
			r.add(path+"."+name, value, "is not a quantity", "write a number, without a leading zero, with m, k, Ki, M, Mi, G, Gi or nothing behind it")
		}
		if !slices.Contains([]string{"cpu", "memory", "ephemeral-storage"}, name) {
			r.add(path+"."+name, name, "is no resource of a waypoint", "write cpu, memory or ephemeral-storage")
		}
	}
}

func (r *refusals) access(s Spec) {
	const path = "spec.access."
	// The rule that survives in the controller's own policy opens the namespace to itself at L4.
	if !s.Access.SameNamespacePods && s.Cluster.Controllers == Keep {
		r.add(path+"sameNamespacePods", "false", "has no effect while the profile-controller's policy stands", "set cluster.controllers to Restrict, or leave it true")
	}
	seen := map[string]string{}
	for i, open := range s.Access.OpenPaths {
		// Istio: * and {} make a path a pattern; a gateway normalises .. and // away.
		if !literalPath.MatchString(open) || strings.Contains(open, "//") || slices.Contains(strings.Split(open, "/"), "..") || len(open) > 1024 {
			r.add(at(path+"openPaths", i), open, "is not an exact path", "begin with /, without *, {}, ?, #, // or ..")
		}
		r.unique(seen, at(path+"openPaths", i), open)
	}
	if len(s.Access.Monitoring) > 500 { // Istio: 512 rules in an AuthorizationPolicy (CRD)
		r.add(path+"monitoring", strconv.Itoa(len(s.Access.Monitoring)), "is more than one policy can hold, and without that policy the namespace would be open", "list at most 500")
	}
	seen = map[string]string{}
	for i, m := range s.Access.Monitoring {
		item := at(path+"monitoring", i)
		if m.ServiceAccount == "" {
			r.missing(item+".serviceAccount", "write who scrapes, as namespace/name")
		} else {
			r.namespaced(item+".serviceAccount", m.ServiceAccount)
			r.unique(seen, item+".serviceAccount", m.ServiceAccount)
		}
		if len(m.Ports) == 0 {
			r.missing(item+".ports", "list the pod ports that are scraped; none would open every port")
		}
		r.ports(item+".ports", m.Ports)
	}
}

func (r *refusals) ports(path string, ports []int) {
	seen := map[string]string{}
	for i, port := range ports {
		if port > 65535 {
			r.add(at(path, i), strconv.Itoa(port), "is not a port", "write a number from 1 to 65535")
		}
		r.unique(seen, at(path, i), strconv.Itoa(port))
	}
}

func (r *refusals) tokens(t Tokens) {
	const path = "spec.cluster.tokens."
	r.exact(path+"issuers", t.Issuers, "list the issuer of the cluster's tokens")
	if !slices.Equal(t.Audiences, []string{"*"}) {
		r.exact(path+"audiences", t.Audiences, `list one, or write ["*"] for any`)
	}
	r.oneOf(path+"jwks.source", t.JWKS.Source, Proxy, Issuer, URI)
	if len(t.JWKS.Image) > 512 || !image.MatchString(t.JWKS.Image) {
		r.add(path+"jwks.image", t.JWKS.Image, "is not an image reference", "write registry/repository:tag")
	}
	r.jwks(path+"jwks.", t)
}

func (r *refusals) jwks(path string, t Tokens) {
	given := t.JWKS.URI != ""
	switch {
	case t.JWKS.Source == URI && !given:
		r.missing(path+"uri", "write where the keys are, or choose another source")
	case t.JWKS.Source != URI && given:
		r.add(path+"uri", t.JWKS.URI, "has no effect with source "+t.JWKS.Source, "set source to URI, or leave uri out")
	case given:
		u, err := url.Parse(t.JWKS.URI)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || len(t.JWKS.URI) > 2048 {
			r.add(path+"uri", t.JWKS.URI, "is not an address that Istio can fetch", "write http://... or https://...")
		}
	}
	for i, issuer := range t.Issuers {
		// istiod trusts only its system's CAs and sends no token.
		if t.JWKS.Source == Issuer && strings.HasPrefix(issuer, "https://kubernetes.default.svc") {
			r.add(at("spec.cluster.tokens.issuers", i), issuer, "cannot be discovered by istiod, which trusts only public CAs", "set jwks.source to Proxy, or name a public issuer")
		}
	}
}

// exact refuses a list that is empty, or an item of it that is not one exact value.
func (r *refusals) exact(path string, values []string, remedy string) {
	if len(values) == 0 {
		r.add(path, "[]", "is empty", remedy)
	}
	seen := map[string]string{}
	for i, value := range values {
		r.value(at(path, i), value)
		r.unique(seen, at(path, i), value)
	}
}
