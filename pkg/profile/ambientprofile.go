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

// AmbientProfile says which Kubeflow user namespaces run on Istio ambient mode, and how.
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
	// Namespace has no meaning: an AmbientProfile never reaches a cluster.
	Namespace   string            `yaml:"namespace" empty:"no namespace"`
	Labels      map[string]string `yaml:"labels" empty:"a label without a value"`
	Annotations map[string]string `yaml:"annotations" empty:"an annotation without a value"`
}

// Spec is everything that can be configured. Every field but the profiles has a default.
type Spec struct {
	// Profiles lists the user namespaces. Absent: none, and then a profileSelector is needed.
	Profiles []Profile `yaml:"profiles" string:"{name: $, owner: {name: OWNER}}" hint:", where OWNER is spec.owner.name of Profile $"`
	// ProfileSelector takes the Profile objects of the input as well; {} takes all of them.
	ProfileSelector *Selector `yaml:"profileSelector" empty:"every Profile of the input" bool:"{}" string:"{names: [$]}"`
	Identity        Identity  `yaml:"identity"`
	Ingress         Ingress   `yaml:"ingress" string:"{gateway: $}"`
	Waypoint        Waypoint  `yaml:"waypoint" string:"{name: $}"`
	Access          Access    `yaml:"access"`
	Cluster         Cluster   `yaml:"cluster" bool:"{enabled: $}"`
	// FailOnWarning makes every warning an error.
	FailOnWarning bool `yaml:"failOnWarning"`
}

// Profile is one user namespace, named as its Kubeflow Profile.
type Profile struct {
	// Name of the namespace; a DNS-1123 label.
	Name  string `yaml:"name" required:"true"`
	Owner Owner  `yaml:"owner" string:"{name: $}"`
	// ServiceAccounts whose Kubernetes tokens get in from outside: name, or namespace/name.
	// Absent: default-editor. Empty: none.
	ServiceAccounts []string      `yaml:"serviceAccounts" empty:"none"`
	Contributors    []Contributor `yaml:"contributors" string:"{name: $, role: edit}" hint:" (role: admin, edit or view)"`
	Notebooks       []Notebook    `yaml:"notebooks" string:"{name: $}"`
	// Apps are what else Kubeflow's controllers serve in the namespace; only the input has them.
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
	Name string `yaml:"name" required:"true"`
	// Role is admin, edit or view.
	Role string `yaml:"role" required:"true"`
	// Kind is User (default) or Group.
	Kind string `yaml:"kind"`
	// Bound is set where the input has the contributor's RoleBinding already.
	Bound bool `yaml:"-"`
}

// Notebook is a notebook server that gets a route of its own.
type Notebook struct {
	Name string `yaml:"name" required:"true"`
	// Rewrite replaces the prefix /notebook/<namespace>/<name>/ on the way to the server.
	// Absent: the server sees the whole path.
	Rewrite string `yaml:"rewrite"`
	// Headers are set on the way to the server; only a Notebook object of the input has them.
	Headers map[string]string `yaml:"-"`
}

// App is a server of Kubeflow in a profile's namespace: of a Tensorboard or a PVCViewer of the input, whose
// controllers make it, or the model registry's UI. It gets a route of its own, as a notebook does.
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

// Selector narrows the Profile objects that are taken: labels and names must both match.
type Selector struct {
	MatchLabels map[string]string `yaml:"matchLabels"`
	Names       []string          `yaml:"names"`
}

// Identity is how the mesh and Kubeflow name users and components.
type Identity struct {
	// TrustDomain must equal the mesh's: ztunnel compares it literally.
	TrustDomain  string `yaml:"trustDomain"`
	UserIDHeader string `yaml:"userIDHeader"`
	// UserIDPrefix precedes user names in the header, never those of service accounts.
	UserIDPrefix string `yaml:"userIDPrefix" empty:"no prefix"`
	GroupsHeader string `yaml:"groupsHeader"`
	// GroupsClaim is the claim of a session's token that names the user's groups (with
	// waypoint.verifyTokens only): groups, https://example.com/groups, or '[realm_access][roles]' for a
	// nested one. Absent: owners and contributors of kind Group get no rule.
	GroupsClaim string `yaml:"groupsClaim"`
	// SessionIssuers sign the tokens of people who log in. Absent: those of the input whose rules
	// on the ingress Gateway write both headers, or dex where cluster.platform brings it.
	SessionIssuers []string `yaml:"sessionIssuers"`
	// LoginPaths are where people log in at the ingress Gateway, so that they need no session there:
	// exact paths, or all below a path that ends in /* (with cluster.platform only). Absent: those of
	// Kubeflow's login, /dex/* and /oauth2/*.
	LoginPaths      []string   `yaml:"loginPaths" empty:"none"`
	ServiceAccounts Components `yaml:"serviceAccounts"`
}

// Components are Kubeflow's own service accounts, as namespace/name.
type Components struct {
	PipelinesUI        string `yaml:"pipelinesUI"`
	PipelinesAPI       string `yaml:"pipelinesAPI"`
	NotebookController string `yaml:"notebookController"`
}

// Ingress is the Gateway through which users and tokens come in.
type Ingress struct {
	// Gateway is its namespace/name.
	Gateway string `yaml:"gateway"`
	// ServiceAccount that the Gateway's pods run as. Absent: <gateway name>-istio, as Istio names it.
	ServiceAccount string `yaml:"serviceAccount"`
	// TLSSecret names the Secret of a TLS listener (with cluster.platform only).
	TLSSecret string `yaml:"tlsSecret"`
}

// Waypoint is the proxy that each user namespace gets.
type Waypoint struct {
	Name string `yaml:"name"`
	// PodDisruptionBudget keeps one replica during a drain; needs two replicas or more.
	PodDisruptionBudget bool `yaml:"podDisruptionBudget"`
	// Replicas of each waypoint, 1 or more. Absent: Istio's default.
	Replicas int `yaml:"replicas"`
	// Resources of the proxy container. Absent: Istio's default.
	Resources Resources `yaml:"resources"`
	// Seccomp is RuntimeDefault, the seccomp profile of the waypoint's pods. Absent: set only where
	// the input's Namespace enforces Pod Security restricted.
	Seccomp string `yaml:"seccomp"`
	// VerifyTokens has the waypoint verify each token again and write the user header itself, so
	// that nothing at the ingress Gateway can name another user.
	VerifyTokens bool `yaml:"verifyTokens"`
	// VerifyTokensFor limits that to Services of these names; the ingress Gateway then reaches no
	// other one. Absent: every Service.
	VerifyTokensFor []string `yaml:"verifyTokensFor"`
}

// RuntimeDefault is the one value of Waypoint.Seccomp: the profile of the container runtime. A
// Localhost profile would have to be on every node, where a waypoint may run at any time.
const RuntimeDefault = "RuntimeDefault"

// Resources are requests and limits by resource name, as in a Pod.
type Resources struct {
	Requests map[string]Quantity `yaml:"requests"`
	Limits   map[string]Quantity `yaml:"limits"`
}

// Quantity is a Kubernetes quantity; unlike other texts it may be written as a bare number.
type Quantity string

// Access is what is open inside a namespace beside its owner's way in.
type Access struct {
	// SameNamespacePods lets pods of the namespace reach each other without the waypoint.
	SameNamespacePods bool `yaml:"sameNamespacePods"`
	// OpenPaths may be read (GET, HEAD) by every workload of the mesh; exact paths.
	OpenPaths []string `yaml:"openPaths" empty:"none"`
	// VisualizationServer lets the pipelines API reach the namespace's visualization server.
	VisualizationServer bool `yaml:"visualizationServer"`
	// Monitoring lists who may scrape pod IPs.
	Monitoring []Scraper `yaml:"monitoring" string:"{serviceAccount: $, ports: [9090]}"`
}

// Scraper is a service account (namespace/name) and the pod ports, 1-65535, that it may scrape.
type Scraper struct {
	ServiceAccount string `yaml:"serviceAccount" required:"true"`
	Ports          []int  `yaml:"ports" required:"true"`
}

// Cluster is what exists once per cluster.
type Cluster struct {
	// Enabled false: no object outside the profiles' namespaces is emitted or edited.
	Enabled bool `yaml:"enabled"`
	// RootNamespace of the mesh.
	RootNamespace string `yaml:"rootNamespace"`
	// Controllers is Keep or Restrict: whether Kubeflow's controllers go on writing policies.
	Controllers string    `yaml:"controllers"`
	Tokens      Tokens    `yaml:"tokens"`
	KServe      KServe    `yaml:"kserve" bool:"{enabled: $}"`
	Platform    Platform  `yaml:"platform" bool:"{enabled: $}"`
	Admission   Admission `yaml:"admission" bool:"{enabled: $}"`
}

// Values of Cluster.Controllers.
const (
	Keep     = "Keep"
	Restrict = "Restrict"
)

// Tokens is how Kubernetes service account tokens are verified at the ingress Gateway.
type Tokens struct {
	Issuers []string `yaml:"issuers"`
	// Audiences that a token must name one of; ["*"] accepts any.
	Audiences []string `yaml:"audiences"`
	JWKS      JWKS     `yaml:"jwks" string:"{source: $}"`
}

// JWKS is where the issuers' public keys come from.
type JWKS struct {
	// Source is Proxy (a small proxy in the cluster), Issuer (Istio discovers it) or URI.
	Source string `yaml:"source"`
	// Image of the proxy; it must hold kubectl.
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

// KServe is the policy for the KServe controller's webhook.
type KServe struct {
	Enabled   bool   `yaml:"enabled"`
	Namespace string `yaml:"namespace"`
	// Ports of the controller that are open, 1-65535. Empty: every port.
	Ports []int `yaml:"ports"`
	// DeploymentMode is RawDeployment or Standard. Absent: inferenceservice-config is left alone.
	DeploymentMode string `yaml:"deploymentMode"`
}

// Platform is the move of Kubeflow's control plane to ambient mode.
type Platform struct {
	Enabled bool `yaml:"enabled"`
}

// Admission is the set of guardrails that run as admission policies.
type Admission struct {
	Enabled bool `yaml:"enabled"`
}
