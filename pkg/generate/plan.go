// Package generate writes what the cluster gets. Plan decides, manifests.go lists, and each other
// file is one manifest, or one component of Kubeflow (kubeflow_*.go): a policy's comment there says
// who passes and why.
package generate

import (
	"fmt"
	"strings"

	"istio.io/api/label"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Plan holds every decision that the manifests need; no manifest decides anything itself.
type Plan struct {
	// Name of the AmbientProfile, which owns every new object.
	Name       string
	Mesh       *Mesh
	Namespaces []Namespace
	// Cluster is nil where nothing outside the profiles' namespaces may be emitted or edited.
	Cluster *Cluster
	// Restrict: Kubeflow's controllers lose the right to write policies.
	Restrict bool
	// Logins are the JWT rules in force at the ingress Gateway after this run, and SessionsListed
	// reports that the configuration says which of their issuers people log in with.
	Logins         []survey.JWTRule
	SessionsListed bool
	// Platform is nil where Kubeflow's control plane is left as it is.
	Platform *Platform
	// Admission is nil where no admission policies guard users' namespaces.
	Admission *Admission
}

// Mesh is what all namespaces share.
type Mesh struct {
	// TrustDomain begins every principal, and TrustDomainAliases those from before it was changed.
	TrustDomain                   string
	TrustDomainAliases            []string
	GatewayNamespace, GatewayName string
	// SectionName is the listener that our HTTPRoutes attach to; "" is all of them.
	SectionName                                            string
	RootNamespace                                          string
	Ingress, PipelinesUI, PipelinesAPI, NotebookController string
	// OldIngress is the principal of Kubeflow's sidecar-era gateway.
	OldIngress   string
	UserIDHeader string
	// GroupsClaim is where the waypoints find a user's groups; "" where they match none.
	GroupsClaim string
	Tokens      *Tokens
	Waypoint    profile.Waypoint
	Access      profile.Access
	Scrapers    []Scraper
	// KatibController is the principal that asks the suggestions of experiments; "" where it is not in the
	// mesh by us, or not in the input.
	KatibController string
	// Layered: istiod enforces L4 policies in front of the waypoints as well.
	Layered bool
}

// Namespace is one profile's.
type Namespace struct {
	*Mesh
	Name string
	// Owner is the Profile's spec.owner.name, as the profile-controller expects it on the Namespace.
	Owner string
	// OwnerHeader is the userid header of the owner's requests; "" where no one header can say it.
	OwnerHeader string
	// OwnerGroup is the owner that is a group which the waypoint can match; "" for others.
	OwnerGroup string
	// ControllersOwnerHeader is what the profile-controller takes for OwnerHeader, of whatever kind.
	ControllersOwnerHeader string
	// TokenHeaders are the userid headers of the service accounts that get in from outside.
	TokenHeaders []string
	// WaypointPrincipal is the only peer that the pods take traffic of Services from.
	WaypointPrincipal string
	// Seccomp is the seccomp profile of the waypoint's pods; "" is Istio's default, which is none.
	Seccomp string
	// Verified are the Services whose tokens the waypoint verifies, where not all are meant.
	Verified     []string
	Contributors []Contributor
	Notebooks    []profile.Notebook
	Apps         []profile.App
	Workspaces   []profile.Workspace
}

// Contributor is a user with KFAM's names for what lets them in.
type Contributor struct {
	// Kind is User or Group, and Name the subject's.
	Kind, Name, Role, Binding string
	// Header is the userid header of a user's requests.
	Header string
	// Bound: the input has the RoleBinding already.
	Bound bool
}

// Scraper is a principal that may reach pod IPs on some ports.
type Scraper struct {
	Principal string
	Ports     []string
}

// Cluster is what exists once.
type Cluster struct {
	GatewayNamespace, GatewayName string
	*Tokens
	// Proxy is nil where the keys do not come from the proxy in the cluster.
	Proxy  *JWKSProxy
	KServe profile.KServe
}

// JWKSProxy is how the proxy that publishes the cluster's keys runs.
type JWKSProxy struct {
	Image    string
	Replicas int
	// MeshLabels keep its pods out of the mesh.
	MeshLabels map[string]string
}

// NewPlan decides, by what is configured and what was found. p must come from profile.Parse, and found
// from survey.Look.
func NewPlan(p profile.AmbientProfile, found survey.Found) Plan {
	s := p.Spec
	s.Profiles = found.Profiles
	mesh := newMesh(s)
	mesh.TrustDomainAliases = found.TrustDomainAliases()
	if account := found.OldGatewayAccount(); account != "" {
		mesh.OldIngress = mesh.Principal(survey.OldGatewayNamespace, account)
	}
	plan := Plan{Name: p.Metadata.Name, Mesh: mesh, Restrict: s.Cluster.Controllers == profile.Restrict}
	mesh.Layered = found.LayeredPolicies() != nil
	for _, profile := range s.Profiles {
		plan.Namespaces = append(plan.Namespaces, newNamespace(mesh, s.Identity.UserIDPrefix, profile))
	}
	if s.Cluster.Enabled {
		plan.Cluster = newCluster(mesh, s)
		if proxy := plan.Cluster.Proxy; proxy != nil {
			proxy.leaveMesh(found.Namespace(mesh.GatewayNamespace))
		}
		plan.Platform = newPlatform(mesh, s, found.Kubeflow)
		if katib := found.Kubeflow.Component(survey.KatibController); plan.Platform != nil && katib.Found {
			mesh.KatibController = mesh.Principal(profile.KubeflowNamespace, katib.Account)
		}
		plan.Admission = newAdmission(mesh, s, found.Kubeflow)
	}
	plan.findSessions(found)
	return plan
}

func newMesh(s profile.Spec) *Mesh {
	m := &Mesh{
		TrustDomain:   s.Identity.TrustDomain,
		RootNamespace: s.Cluster.RootNamespace,
		UserIDHeader:  s.Identity.UserIDHeader,
		Waypoint:      s.Waypoint,
		Access:        s.Access,
	}
	if s.MatchesGroups() {
		m.GroupsClaim = s.Identity.GroupsClaim
	}
	m.GatewayNamespace, m.GatewayName, _ = strings.Cut(s.Ingress.Gateway, "/")
	m.SectionName = s.Ingress.SectionName
	m.Ingress = m.Principal(m.GatewayNamespace, s.Ingress.ServiceAccount)
	m.PipelinesUI = m.principalOf(s.Identity.ServiceAccounts.PipelinesUI)
	m.PipelinesAPI = m.principalOf(s.Identity.ServiceAccounts.PipelinesAPI)
	m.NotebookController = m.principalOf(s.Identity.ServiceAccounts.NotebookController)
	m.OldIngress = m.Principal("istio-system", "istio-ingressgateway-service-account")
	m.Tokens = newTokens(m.GatewayNamespace, s)
	for _, scraper := range s.Access.Monitoring {
		m.Scrapers = append(m.Scrapers, Scraper{m.principalOf(scraper.ServiceAccount), texts(scraper.Ports)})
	}
	return m
}

// Principal is a service account as the mesh spells it, which ztunnel compares to the letter.
func (m *Mesh) Principal(namespace, account string) string {
	return m.TrustDomain + "/ns/" + namespace + "/sa/" + account
}

// principalOf is the same for namespace/name.
func (m *Mesh) principalOf(account string) string {
	namespace, name, _ := strings.Cut(account, "/")
	return m.Principal(namespace, name)
}

func newNamespace(mesh *Mesh, prefix string, p profile.Profile) Namespace {
	ns := Namespace{
		Mesh: mesh, Name: p.Name, Owner: p.Owner.Name, Notebooks: p.Notebooks, Apps: p.Apps, Workspaces: p.Workspaces, Seccomp: mesh.Waypoint.Seccomp,
		WaypointPrincipal: mesh.Principal(p.Name, mesh.Waypoint.Name),
	}
	if p.Restricted {
		// Istio 1.31: the waypoint's template sets everything else that Pod Security restricted asks
		// for, and a seccomp profile only with the chart's value gateways.seccompProfile.
		ns.Seccomp = profile.RuntimeDefault
	}
	if _, name, found := strings.Cut(p.Owner.Name, "/"); found && p.Owner.Kind == "ServiceAccount" {
		ns.Owner = name
	}
	ns.ControllersOwnerHeader = prefix + ns.Owner
	switch p.Owner.Kind {
	case "User":
		ns.OwnerHeader = prefix + p.Owner.Name
	case "ServiceAccount":
		ns.OwnerHeader = tokenHeader(p.Name, p.Owner.Name)
	case "Group":
		if mesh.GroupsClaim != "" {
			ns.OwnerGroup = p.Owner.Name
		}
	}
	for _, account := range p.ServiceAccounts {
		ns.TokenHeaders = append(ns.TokenHeaders, tokenHeader(p.Name, account))
	}
	for _, c := range p.Contributors {
		ns.Contributors = append(ns.Contributors, Contributor{c.Kind, c.Name, c.Role, c.BindingName(), prefix + c.Name, c.Bound})
	}
	return ns
}

// tokenHeader is the userid header of a service account's token: its claim sub, never prefixed.
// account is a name in namespace, or namespace/name.
func tokenHeader(namespace, account string) string {
	if other, name, found := strings.Cut(account, "/"); found {
		namespace, account = other, name
	}
	return accountUser(namespace, account)
}

// accountUser is a service account as the API server names it, which is also the claim sub of its tokens.
func accountUser(namespace, account string) string {
	return "system:serviceaccount:" + namespace + ":" + account
}

func newCluster(mesh *Mesh, s profile.Spec) *Cluster {
	c := &Cluster{
		GatewayNamespace: mesh.GatewayNamespace,
		GatewayName:      mesh.GatewayName,
		Tokens:           mesh.Tokens,
		KServe:           s.Cluster.KServe,
	}
	if jwks := s.Cluster.Tokens.JWKS; jwks.Source == profile.Proxy {
		c.Proxy = &JWKSProxy{jwks.Image, jwks.Replicas, nil}
	}
	return c
}

// leaveMesh keeps the proxy out of a mesh that its namespace is in: istiod, which fetches the keys, is in no
// mesh, so that a default deny or strict mTLS would stop it.
func (p *JWKSProxy) leaveMesh(namespace *manifest.Item) {
	if namespace == nil {
		return
	}
	p.MeshLabels = map[string]string{}
	if namespace.Label(label.IoIstioDataplaneMode.Name) == "ambient" {
		p.MeshLabels[label.IoIstioDataplaneMode.Name] = "none"
	}
	if namespace.Label("istio-injection") == "enabled" || namespace.Revision() != "" {
		p.MeshLabels[label.SidecarInject.Name] = "false"
	}
}

// texts are ports as policies spell them.
func texts(ports []int) []string {
	var out []string
	for _, port := range ports {
		out = append(out, fmt.Sprint(port))
	}
	return out
}
