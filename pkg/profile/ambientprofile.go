// Package profile holds what people write: an AmbientProfile, read strictly. What it accepts is
// safe to turn into policy; what it refuses, it refuses with a path, a value, a reason and a remedy.
package profile

// The one API version and kind that Parse accepts.
const (
	APIVersion = "ambient.kubeflow.org/v1alpha1"
	Kind       = "AmbientProfile"
)

// The tags of a field say what a message about it needs to know:
//
//	yaml      its name; "-" if no configuration has it
//	required  that it cannot be left out
//	empty     what an empty value means, where that is something else than leaving it out
//	string    the map to write instead of a string, $; for a list, the map of an item
//	bool      the map to write instead of a boolean, $
//	hint      what to add to that map

// AmbientProfile configures which Kubeflow user namespaces run on Istio ambient mode, and how.
type AmbientProfile struct {
	APIVersion string   `yaml:"apiVersion" required:"true"`
	Kind       string   `yaml:"kind" required:"true"`
	Metadata   Metadata `yaml:"metadata" required:"true" string:"{name: $}"`
	Spec       Spec     `yaml:"spec" required:"true"`
}

// Metadata is the part of a Kubernetes ObjectMeta that a configuration file has.
type Metadata struct {
	// Name marks every object that this AmbientProfile owns; a DNS-1123 subdomain.
	Name string `yaml:"name" required:"true"`
	// Namespace has no meaning, because an AmbientProfile is never applied to a cluster.
	Namespace string `yaml:"namespace" empty:"no namespace"`
	// Labels have no meaning.
	Labels map[string]string `yaml:"labels" empty:"a label without a value"`
	// Annotations tell kustomize how to run the function (config.kubernetes.io/function).
	Annotations map[string]string `yaml:"annotations" empty:"an annotation without a value"`
}

// Spec holds everything that can be configured. Every field except profiles has a default.
type Spec struct {
	// Profiles lists the user namespaces. Absent: none, and then profileSelector is required.
	Profiles []Profile `yaml:"profiles" string:"{name: $, owner: {name: OWNER}}" hint:", where OWNER is spec.owner.name of Profile $"`
	// ProfileSelector also selects Profile objects from the input; {} selects all of them.
	ProfileSelector *Selector `yaml:"profileSelector" empty:"every Profile of the input" bool:"{}" string:"{names: [$]}"`
	// Identity names users and components.
	Identity Identity `yaml:"identity"`
	// Ingress names the Gateway that users come through.
	Ingress Ingress `yaml:"ingress" string:"{gateway: $}"`
	// Waypoint configures the proxy of each user namespace.
	Waypoint Waypoint `yaml:"waypoint" string:"{name: $}"`
	// Access configures who reaches a namespace in addition to its owner.
	Access Access `yaml:"access"`
	// Cluster configures what exists once per cluster.
	Cluster Cluster `yaml:"cluster" bool:"{enabled: $}"`
	// FailOnWarning makes every warning an error.
	FailOnWarning bool `yaml:"failOnWarning"`
}

// Profile is one user namespace. It has the name of its Kubeflow Profile.
type Profile struct {
	// Name of the namespace; a DNS-1123 label.
	Name string `yaml:"name" required:"true"`
	// Owner as in the Profile. Required, unless a selected Profile in the input has it; if both
	// have it, they must agree.
	Owner Owner `yaml:"owner" string:"{name: $}"`
	// ServiceAccounts whose Kubernetes tokens give access from outside: name, or namespace/name.
	// Absent: default-editor.
	ServiceAccounts []string `yaml:"serviceAccounts" empty:"none"`
	// Contributors have access to the namespace in addition to its owner.
	Contributors []Contributor `yaml:"contributors" string:"{name: $, role: edit}" hint:" (role: admin, edit or view)"`
	// Notebooks get one HTTPRoute each. Notebook objects in the input are found without this list.
	Notebooks []Notebook `yaml:"notebooks" string:"{name: $}"`
	// Apps are the other servers that Kubeflow's controllers make in the namespace; only the input has them.
	Apps []App `yaml:"-"`
	// Workspaces are those of Kubeflow Notebooks v2; only the input has them.
	Workspaces []Workspace `yaml:"-"`
	// Restricted is set where the input's Namespace enforces Pod Security restricted.
	Restricted bool `yaml:"-"`
}

// Owner is the subject that a Kubeflow Profile names as its owner.
type Owner struct {
	// Kind is User (default), ServiceAccount or Group.
	Kind string `yaml:"kind"`
	// Name as the kubeflow-userid header carries it. A ServiceAccount: name, or namespace/name. A Group:
	// as identity.groupsClaim has it.
	Name string `yaml:"name" required:"true"`
}

// mistaken are fields that people look for in a type that does not have them, and what to write.
var mistaken = map[string]string{
	"Owner.namespace": "write the owner's name as namespace/name", // an rbac Subject has it
}

// Contributor is a user or a group whom the owner lets in, as Kubeflow's access management (KFAM) does.
type Contributor struct {
	// Name as the user header carries it.
	Name string `yaml:"name" required:"true"`
	// Role in the Kubernetes API. Every role has full access by HTTP.
	Role string `yaml:"role" required:"true"`
	// Kind is User (default) or Group.
	Kind string `yaml:"kind"`
	// Bound is set where the input has the contributor's RoleBinding already.
	Bound bool `yaml:"-"`
}

// Notebook is a notebook server that gets its own route.
type Notebook struct {
	// Name of the Notebook and of its Service.
	Name string `yaml:"name" required:"true"`
	// Rewrite replaces the prefix /notebook/<namespace>/<name>/ on the way to the server.
	// Absent: the server sees the whole path.
	Rewrite string `yaml:"rewrite"`
	// Headers are set on the way to the server; only a Notebook object of the input has them.
	Headers map[string]string `yaml:"-"`
}

// App is a server of Kubeflow in a profile's namespace: of a Tensorboard or a PVCViewer of the input, whose
// controllers make it, or the model registry's UI. It gets its own route, as a notebook does.
type App struct {
	// Route is the name of its HTTPRoute, and Service what it leads to, at port 80.
	Route, Service string
	// Path is the prefix of its requests, which Rewrite replaces if it is not "".
	Path, Rewrite string
	// Prefix is what the header x-forwarded-prefix says; "" is none.
	Prefix string
	// Timeout of a request; "" is none.
	Timeout string
}

// Workspace is a server of Kubeflow Notebooks v2, and the ports that its image serves.
type Workspace struct {
	Name  string
	Ports []WorkspacePort
}

// WorkspacePort is a port by its number and by the ID that is in its path.
type WorkspacePort struct {
	ID   string
	Port int
	// Rewrite is "/" where the server does not know its path, and Headers are set on the way to it.
	Rewrite string
	Headers map[string]string
}

// Selector narrows the Profile objects that are selected: labels and names must both match.
type Selector struct {
	// MatchLabels are labels that a Profile must have, each with this value.
	MatchLabels map[string]string `yaml:"matchLabels"`
	// Names are the names of Profiles.
	Names []string `yaml:"names"`
}

// Identity is how the mesh and Kubeflow name users and components.
type Identity struct {
	// TrustDomain must equal that of meshConfig, because ztunnel compares it literally.
	TrustDomain string `yaml:"trustDomain"`
	// UserIDHeader carries the user's name after login.
	UserIDHeader string `yaml:"userIDHeader"`
	// UserIDPrefix precedes user names in the header, never those of service accounts.
	UserIDPrefix string `yaml:"userIDPrefix" empty:"no prefix"`
	// GroupsHeader carries the user's groups.
	GroupsHeader string `yaml:"groupsHeader"`
	// GroupsClaim is the claim of a session's token that names the user's groups (with
	// waypoint.verifyTokens only): groups, https://example.com/groups, or '[realm_access][roles]' for a
	// nested one. Absent: owners and contributors of kind Group get no rule.
	GroupsClaim string `yaml:"groupsClaim"`
	// SessionIssuers sign the tokens of people who log in. Absent: those of the input whose rules
	// on the ingress Gateway write both headers, or dex where cluster.platform brings it.
	SessionIssuers []string `yaml:"sessionIssuers"`
	// LoginPaths are the paths of the login at the ingress Gateway, which need no session: exact
	// paths, or all paths that start with one that ends in /* (with cluster.platform only). Absent:
	// those of Kubeflow's login, /dex/* and /oauth2/*.
	LoginPaths []string `yaml:"loginPaths" empty:"none"`
	// ServiceAccounts are those that Kubeflow's components run as.
	ServiceAccounts Components `yaml:"serviceAccounts"`
}

// Components are Kubeflow's own service accounts, as namespace/name.
type Components struct {
	// PipelinesUI shows artifacts, so it calls Services of the namespace in the user's name.
	PipelinesUI string `yaml:"pipelinesUI"`
	// PipelinesAPI calls the visualization server.
	PipelinesAPI string `yaml:"pipelinesAPI"`
	// NotebookController asks notebooks for their kernels, to stop the idle ones.
	NotebookController string `yaml:"notebookController"`
}

// Ingress is the Gateway that requests from outside come through.
type Ingress struct {
	// Gateway is its namespace/name.
	Gateway string `yaml:"gateway"`
	// ServiceAccount that the Gateway's pods run as. Absent: <gateway name>-istio, as Istio names it.
	ServiceAccount string `yaml:"serviceAccount"`
	// TLSSecret names the Secret of a TLS listener (with cluster.platform only).
	TLSSecret string `yaml:"tlsSecret"`
	// SectionName is the listener of the Gateway that our HTTPRoutes attach to. Absent: all listeners. If
	// the HTTP listener redirects to HTTPS, name the HTTPS listener, so that nothing else is served in plain HTTP.
	SectionName string `yaml:"sectionName"`
}

// Waypoint is the proxy that each user namespace gets.
type Waypoint struct {
	// Name of the Gateway object, its Service and its ServiceAccount.
	Name string `yaml:"name"`
	// PodDisruptionBudget keeps one replica during a drain; needs two replicas or more.
	PodDisruptionBudget bool `yaml:"podDisruptionBudget"`
	// Replicas of each waypoint, 1 or more. Absent: Istio's default.
	Replicas int `yaml:"replicas"`
	// Resources of the proxy container. Absent: Istio's default.
	Resources Resources `yaml:"resources"`
	// Seccomp is the seccomp profile of the waypoint's pods. Absent: set only where the Namespace in
	// the input enforces Pod Security restricted.
	Seccomp string `yaml:"seccomp"`
	// VerifyTokens makes the waypoint verify each token again and write the user header itself, so
	// that nothing at the ingress Gateway can name another user.
	VerifyTokens bool `yaml:"verifyTokens"`
	// VerifyTokensFor limits verifyTokens to Services of these names; the ingress Gateway then
	// cannot reach any other one. Absent: every Service.
	VerifyTokensFor []string `yaml:"verifyTokensFor"`
}

// RuntimeDefault is the one value of Waypoint.Seccomp: the profile of the container runtime. A
// Localhost profile would have to be on every node, where a waypoint may run at any time.
const RuntimeDefault = "RuntimeDefault"

// Resources are requests and limits by resource name, as in a Pod.
type Resources struct {
	// Requests are what the scheduler reserves, for example {cpu: 100m, memory: 128Mi}.
	Requests map[string]Quantity `yaml:"requests"`
	// Limits are what a pod may use at most, for example {memory: 1Gi}.
	Limits map[string]Quantity `yaml:"limits"`
}

// Quantity is a Kubernetes quantity; unlike other strings, it may be written as a bare number.
type Quantity string

// Access configures what is open in a namespace in addition to the owner's access.
type Access struct {
	// SameNamespacePods allows pods of the namespace to reach each other without the waypoint.
	// false needs cluster.controllers Restrict.
	SameNamespacePods bool `yaml:"sameNamespacePods"`
	// OpenPaths are exact paths that every workload in the mesh except gateways may read (GET, HEAD).
	OpenPaths []string `yaml:"openPaths" empty:"none"`
	// VisualizationServer allows the pipelines API to reach the namespace's visualization server.
	VisualizationServer bool `yaml:"visualizationServer"`
	// Monitoring lists the service accounts that may scrape pod IPs.
	Monitoring []Scraper `yaml:"monitoring" string:"{serviceAccount: $, ports: [9090]}"`
}

// Scraper is a service account (namespace/name) and the pod ports, 1-65535, that it may scrape.
type Scraper struct {
	// ServiceAccount is its namespace/name.
	ServiceAccount string `yaml:"serviceAccount" required:"true"`
	// Ports of the pods, not of a Service.
	Ports []int `yaml:"ports" required:"true"`
}

// Cluster configures what exists once per cluster.
type Cluster struct {
	// Enabled allows objects outside the profiles' namespaces to be emitted and edited. Set it to
	// false in every AmbientProfile of a cluster except one.
	Enabled bool `yaml:"enabled"`
	// RootNamespace is that of the mesh, as in meshConfig.
	RootNamespace string `yaml:"rootNamespace"`
	// Controllers is Keep, or Restrict to revoke the profile-controller's right to write policies,
	// at a cost: see the limits in the README.
	Controllers string `yaml:"controllers"`
	// Tokens configures which Kubernetes tokens the ingress Gateway accepts.
	Tokens Tokens `yaml:"tokens"`
	// KServe configures what KServe needs.
	KServe KServe `yaml:"kserve" bool:"{enabled: $}"`
	// Platform moves Kubeflow's own namespace to ambient mode.
	Platform Platform `yaml:"platform" bool:"{enabled: $}"`
	// Admission adds guardrails that the API server enforces.
	Admission Admission `yaml:"admission" bool:"{enabled: $}"`
}

// Values of Cluster.Controllers.
const (
	Keep     = "Keep"
	Restrict = "Restrict"
)

// Tokens is how Kubernetes service account tokens are verified at the ingress Gateway.
type Tokens struct {
	// Issuers are the values of iss in the cluster's tokens.
	Issuers []string `yaml:"issuers"`
	// Audiences of which a token must name at least one; ["*"] accepts any.
	Audiences []string `yaml:"audiences"`
	// JWKS configures where the public keys come from.
	JWKS JWKS `yaml:"jwks" string:"{source: $}"`
}

// JWKS is where the issuers' public keys come from.
type JWKS struct {
	// Source is Proxy (a small proxy in the cluster), Issuer (Istio discovers it) or URI.
	Source string `yaml:"source"`
	// Image of the proxy; it must contain kubectl.
	Image string `yaml:"image"`
	// Replicas of the proxy, 1 or more.
	Replicas int `yaml:"replicas"`
	// URI of the keys, with source URI.
	URI string `yaml:"uri"`
}

// Values of JWKS.Source.
const (
	Proxy  = "Proxy"
	Issuer = "Issuer"
	URI    = "URI"
)

// KServe configures the policy for the KServe controller's webhook.
type KServe struct {
	// Enabled emits an AuthorizationPolicy that allows requests to the controller's webhook.
	Enabled bool `yaml:"enabled"`
	// Namespace of the controller.
	Namespace string `yaml:"namespace"`
	// Ports of the controller that are open, 1-65535; [9443] is enough for its webhook. Empty: every port.
	Ports []int `yaml:"ports"`
	// DeploymentMode is RawDeployment or Standard (KServe 0.16 and later). It switches every model of
	// the cluster. Absent: inferenceservice-config is left alone.
	DeploymentMode string `yaml:"deploymentMode"`
}

// Platform is the move of Kubeflow's control plane to ambient mode.
type Platform struct {
	// Enabled emits and converts the control plane's objects.
	Enabled bool `yaml:"enabled"`
}

// Admission is the set of guardrails that run as admission policies.
type Admission struct {
	// Enabled emits admission policies for user namespaces.
	Enabled bool `yaml:"enabled"`
}
