package profile

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// spec refuses what is well-formed but wrong, unsafe or not there yet.
func (r *refusals) spec(s Spec) {
	r.cluster(s.Cluster)
	r.effects(s)
	r.profiles(s)
	r.identity(s.Identity)
	r.groups(s)
	r.sessions(s)
	r.loginPaths(s)
	r.ingress(s.Ingress)
	r.waypoint(s)
	r.access(s.Access)
	r.closedPods(s)
	r.verifyTokens(s)
	if s.ProfileSelector != nil {
		r.selector(*s.ProfileSelector)
	}
}

func (r *refusals) selector(s Selector) {
	seen := map[string]string{}
	for i, name := range s.Names {
		r.label(at("spec.profileSelector.names", i), "namespace name", name)
		r.unique(seen, at("spec.profileSelector.names", i), name)
	}
	if s.Names != nil && len(s.Names) == 0 {
		r.add(diagnostic.ConfigEmptyList, "spec.profileSelector.names", "is empty, so no Profile would match", "list names, or remove the line")
	}
}

func (r *refusals) cluster(c Cluster) {
	const path = "spec.cluster."
	r.label(path+"rootNamespace", "namespace name", c.RootNamespace)
	r.oneOf(path+"controllers", c.Controllers, Keep, Restrict)
	r.tokens(c.Tokens)
	r.label(path+"kserve.namespace", "namespace name", c.KServe.Namespace)
	r.ports(path+"kserve.ports", c.KServe.Ports)
	if mode := c.KServe.DeploymentMode; mode != "" {
		r.oneOf(path+"kserve.deploymentMode", mode, "RawDeployment", "Standard")
	}
}

// effects refuses fields that would have no effect: an ignored field would be a promise broken.
func (r *refusals) effects(s Spec) {
	platform := s.Cluster.Platform.Enabled
	if secret := s.Ingress.TLSSecret; secret != "" {
		if !platform {
			r.add(diagnostic.ConfigNoEffect, "spec.ingress.tlsSecret", "has no effect without cluster.platform, which makes the Gateway",
				"write cluster: {platform: {enabled: true}}, or remove this line and add the TLS listener to your own Gateway", "spec.cluster.platform")
		}
		r.subdomain("spec.ingress.tlsSecret", "Secret name", secret)
	}
	refuse := func(set bool, path string) {
		if set && !s.Cluster.Enabled {
			r.add(diagnostic.ConfigNoEffect, path, "true has no effect with cluster.enabled: false", "set it in the AmbientProfile whose cluster.enabled is true", "spec.cluster.enabled")
		}
	}
	refuse(platform, "spec.cluster.platform.enabled")
	refuse(s.Cluster.Admission.Enabled, "spec.cluster.admission.enabled")
}

func (r *refusals) identity(id Identity) {
	const path = "spec.identity."
	if len(id.TrustDomain) > 255 || !trustDomain.MatchString(id.TrustDomain) {
		r.malformed(diagnostic.ConfigBadTrustDomain, path+"trustDomain", id.TrustDomain, "is not a trust domain",
			"copy trustDomain of the meshConfig, which has lowercase letters, digits, dots and dashes only")
	}
	r.header(path+"userIDHeader", id.UserIDHeader)
	r.header(path+"groupsHeader", id.GroupsHeader)
	if strings.EqualFold(id.UserIDHeader, id.GroupsHeader) {
		r.add(diagnostic.ConfigUnsafeHeader, path+"groupsHeader", quote(id.GroupsHeader)+" is the userIDHeader as well, so a group could pass for a user", "choose two different names", path+"userIDHeader")
	}
	r.value(path+"userIDPrefix", id.UserIDPrefix)
	r.namespaced(path+"serviceAccounts.pipelinesUI", id.ServiceAccounts.PipelinesUI, KubeflowNamespace)
	r.namespaced(path+"serviceAccounts.pipelinesAPI", id.ServiceAccounts.PipelinesAPI, KubeflowNamespace)
	r.namespaced(path+"serviceAccounts.notebookController", id.ServiceAccounts.NotebookController, KubeflowNamespace)
}

// header refuses names that Istio refuses and those that HTTP itself uses.
func (r *refusals) header(path, name string) {
	switch {
	case len(name) > 256 || !headerName.MatchString(name):
		r.malformed(diagnostic.ConfigBadHeader, path, name, "is not a header name that Istio accepts", "use letters, digits, dashes and underscores")
	case slices.Contains([]string{"authorization", "host", "cookie"}, strings.ToLower(name)):
		r.add(diagnostic.ConfigUnsafeHeader, path, quote(name)+" is a header that clients send themselves", "choose one that only the Gateway sets, for example kubeflow-userid")
	}
}

func (r *refusals) ingress(in Ingress) {
	if r.namespaced("spec.ingress.gateway", in.Gateway, "istio-system") {
		_, name, _ := strings.Cut(in.Gateway, "/")
		// Istio: the Gateway's Service is named <gateway>-istio, and a Service name is a label.
		if in.ServiceAccount == name+"-istio" && !validLabel(in.ServiceAccount) {
			r.add(diagnostic.ConfigBadName, "spec.ingress.gateway", quote(in.Gateway)+" has a name that does not fit, because Istio names the Gateway's Service NAME-istio",
				"use a Gateway with a name of at most 57 characters, without dots", "spec.ingress.serviceAccount")
		}
	}
	if in.SectionName != "" {
		r.subdomain("spec.ingress.sectionName", "listener name", in.SectionName)
	}
	if in.ServiceAccount != "" {
		r.subdomain("spec.ingress.serviceAccount", "ServiceAccount name", in.ServiceAccount)
	}
}

func (r *refusals) waypoint(s Spec) {
	const path = "spec.waypoint."
	w := s.Waypoint
	// Istio: the waypoint's Service, Deployment and ServiceAccount have the Gateway's name.
	if r.label(path+"name", "Service name", w.Name) && !service.MatchString(w.Name) {
		r.add(diagnostic.ConfigBadName, path+"name", quote(w.Name)+" starts with a digit, which a Service name cannot", "start it with a letter")
	}
	// Istio: use-waypoint none means no waypoint at all.
	if w.Name == "none" {
		r.add(diagnostic.ConfigBadName, path+"name", quote(w.Name)+" switches the waypoint off, because it is a reserved value of the label istio.io/use-waypoint", "choose another name")
	}
	r.waypointIdentity(s)
	if w.PodDisruptionBudget && w.Replicas < 2 {
		r.add(diagnostic.ConfigContradiction, path+"podDisruptionBudget", "true would block every drain of a node that runs the waypoint, because it has fewer than two replicas",
			"write waypoint: {podDisruptionBudget: true, replicas: 2}, or remove this line", path+"replicas")
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
			r.add(diagnostic.ConfigWaypointAccount, "spec.waypoint.name",
				quote(s.Waypoint.Name)+" is also the name of a ServiceAccount that users' pods run as, and those pods would have the waypoint's identity", "choose another name")
			return
		}
	}
}

func (r *refusals) resources(path string, resources map[string]Quantity) {
	for _, name := range sortedKeys(resources) {
		if value := string(resources[name]); !quantity.MatchString(value) {
			r.malformed(diagnostic.ConfigBadQuantity, path+"."+name, value, "is not a quantity", "write a number without a leading zero, with an optional suffix such as m, k, Ki, M, Mi, G or Gi")
		}
		if !slices.Contains([]string{"cpu", "memory", "ephemeral-storage"}, name) {
			r.add(diagnostic.ConfigUnknownResource, path+"."+name, "is not a resource of a waypoint", "use cpu, memory or ephemeral-storage")
		}
	}
}

func (r *refusals) ports(path string, ports []int) {
	seen := map[string]string{}
	for i, port := range ports {
		if port > 65535 {
			r.add(diagnostic.ConfigBadNumber, at(path, i), fmt.Sprint(port, " is not a port"), "write a number from 1 to 65535")
		}
		r.unique(seen, at(path, i), fmt.Sprint(port))
	}
}

func (r *refusals) tokens(t Tokens) {
	const path = "spec.cluster.tokens."
	r.exact(path+"issuers", t.Issuers, "list the issuer of the cluster's tokens, or remove the line for the default")
	if !slices.Equal(t.Audiences, []string{"*"}) {
		r.exact(path+"audiences", t.Audiences, `write audiences: ["*"] for any, or list one`)
	}
	r.oneOf(path+"jwks.source", t.JWKS.Source, Proxy, Issuer, URI)
	if len(t.JWKS.Image) > 512 || !image.MatchString(t.JWKS.Image) {
		r.malformed(diagnostic.ConfigBadImage, path+"jwks.image", t.JWKS.Image, "is not an image reference", "write registry/repository:tag, repository@sha256:digest or both")
	}
	r.jwks(path+"jwks.", t)
}

func (r *refusals) jwks(path string, t Tokens) {
	given := t.JWKS.URI != ""
	switch {
	case t.JWKS.Source == URI && !given:
		r.missing(path+"uri", "write where the keys are, for example uri: https://issuer.example.com/keys, or choose another source")
	case t.JWKS.Source != URI && given:
		r.add(diagnostic.ConfigNoEffect, path+"uri", "has no effect with source: "+t.JWKS.Source, "write source: URI, or remove this line", path+"source")
	case given:
		u, err := url.Parse(t.JWKS.URI)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || len(t.JWKS.URI) > 2048 {
			r.malformed(diagnostic.ConfigBadAddress, path+"uri", t.JWKS.URI, "is not an address that Istio can fetch",
				"write an http or https address with a host, for example uri: https://issuer.example.com/keys")
		}
	}
	for i, issuer := range t.Issuers {
		// istiod trusts only its system's CAs and sends no token.
		if t.JWKS.Source == Issuer && strings.HasPrefix(issuer, "https://kubernetes.default.svc") {
			r.add(diagnostic.ConfigUnusableIssuer, at("spec.cluster.tokens.issuers", i), quote(issuer)+" cannot be discovered by istiod, which trusts public CAs only",
				"write jwks: {source: Proxy}, or list a public issuer", path+"source")
		}
	}
}

// exact refuses a list that is empty, or an item of it that is not one exact value.
func (r *refusals) exact(path string, values []string, remedy string) {
	if len(values) == 0 {
		r.add(diagnostic.ConfigEmptyList, path, "is an empty list", remedy)
	}
	seen := map[string]string{}
	for i, value := range values {
		r.value(at(path, i), value)
		r.unique(seen, at(path, i), value)
	}
}
