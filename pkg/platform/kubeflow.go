package platform

import (
	"maps"
	"slices"
)

// A component's name is that of its manifests of June 2026.
const (
	dashboardName         = "dashboard"
	profilesName          = "profiles"
	jupyterName           = "jupyter-web-app"
	volumesName           = "volumes-web-app"
	tensorboardsName      = "tensorboards-web-app"
	katibUIName           = "katib-ui"
	katibManagerName      = "katib-db-manager"
	katibDatabaseName     = "katib-mysql"
	modelsName            = "kserve-models-web-application"
	pipelinesName         = "ml-pipeline"
	pipelinesUIName       = "ml-pipeline-ui"
	visualizationsName    = "ml-pipeline-visualizationserver"
	profileControllerName = "kubeflow-pipelines-profile-controller"
	metacontrollerName    = "metacontroller"
	metadataEnvoyName     = "metadata-envoy"
	metadataGRPCName      = "metadata-grpc"
	mysqlName             = "mysql"
	seaweedFSName         = "seaweedfs"
	minIOName             = "minio"
	catalogName           = "model-catalog"
	catalogDatabaseName   = "model-catalog-postgres"
)

// Component is what policies and routes need to know of one workload.
type Component struct {
	// Account is the service account that its pods run as.
	Account string
	// Labels select its pods.
	Labels map[string]string
	// Service leads to it.
	Service string
	// Found tells whether the input has it; else the rest is assumed.
	Found bool
}

// known is a component as June 2026 has it, with the names that other releases give it.
type known struct {
	name string
	// workloads and services, the newest name first; those of one release stand at the same index.
	workloads, services []string
	account             string
	// labels of June 2026, whose keys tell which labels are taken from what is found.
	labels map[string]string
	// keys of labels that other releases use.
	keys []string
	// optional: other releases do not have it, and it is not there where the input is a tree
	// without it.
	optional bool
}

func named(name string) map[string]string { return map[string]string{"app": name} }

// components are those of Kubeflow's distribution of June 2026 (1.10 has centraldashboard,
// kserve-models-web-app, MinIO, and labels of their own on the profile-controller).
var components = []known{
	{name: dashboardName, workloads: []string{"dashboard", "centraldashboard"}, services: []string{"dashboard", "centraldashboard"}, account: "dashboard", labels: named("kubeflow-dashboard")},
	{name: profilesName, workloads: []string{"profiles-deployment"}, services: []string{"profiles-kfam"}, account: "profiles-controller-service-account", labels: named("profile-controller"), keys: []string{"kustomize.component"}},
	{name: jupyterName, workloads: []string{"jupyter-web-app-deployment"}, services: []string{"jupyter-web-app-service"}, account: "jupyter-web-app-service-account", labels: named(jupyterName)},
	{name: volumesName, workloads: []string{"volumes-web-app-deployment"}, services: []string{"volumes-web-app-service"}, account: "volumes-web-app-service-account", labels: named(volumesName)},
	{name: tensorboardsName, workloads: []string{"tensorboards-web-app-deployment"}, services: []string{"tensorboards-web-app-service"}, account: "tensorboards-web-app-service-account", labels: named(tensorboardsName)},
	{name: katibUIName, workloads: []string{"katib-ui"}, services: []string{"katib-ui"}, account: "katib-ui", labels: katibLabels("ui")},
	{name: katibManagerName, workloads: []string{"katib-db-manager"}, services: []string{"katib-db-manager"}, account: "default", labels: katibLabels("db-manager")},
	{name: katibDatabaseName, workloads: []string{"katib-mysql"}, services: []string{"katib-mysql"}, account: "default", labels: katibLabels("mysql")},
	{name: modelsName, workloads: []string{modelsName, "kserve-models-web-app"}, services: []string{modelsName, "kserve-models-web-app"}, account: modelsName, labels: map[string]string{"app": "kserve", "kustomize.component": modelsName}},
	{name: pipelinesName, workloads: []string{"ml-pipeline"}, services: []string{"ml-pipeline"}, account: "ml-pipeline", labels: named(pipelinesName)},
	{name: pipelinesUIName, workloads: []string{"ml-pipeline-ui"}, services: []string{"ml-pipeline-ui"}, account: "ml-pipeline-ui", labels: named(pipelinesUIName)},
	{name: visualizationsName, workloads: []string{visualizationsName}, services: []string{visualizationsName}, account: visualizationsName, labels: named(visualizationsName)},
	{name: profileControllerName, workloads: []string{profileControllerName}, services: []string{profileControllerName}, account: "default", labels: named(profileControllerName)},
	{name: metacontrollerName, workloads: []string{metacontrollerName}, account: "meta-controller-service", labels: named(metacontrollerName)},
	{name: metadataEnvoyName, workloads: []string{"metadata-envoy-deployment"}, services: []string{"metadata-envoy-service"}, account: "default", labels: map[string]string{"component": "metadata-envoy"}},
	{name: metadataGRPCName, workloads: []string{"metadata-grpc-deployment"}, services: []string{"metadata-grpc-service"}, account: "metadata-grpc-server", labels: map[string]string{"component": "metadata-grpc-server"}},
	{name: mysqlName, workloads: []string{"mysql"}, services: []string{"mysql"}, account: "mysql", labels: named(mysqlName)},
	{name: seaweedFSName, workloads: []string{"seaweedfs"}, services: []string{"seaweedfs"}, account: "seaweedfs", labels: named(seaweedFSName), optional: true},
	{name: minIOName, workloads: []string{"minio"}, services: []string{"minio-service"}, account: "default", labels: named(minIOName), optional: true},
	{name: catalogName, workloads: []string{"model-catalog-server"}, services: []string{"model-catalog"}, account: "default", labels: map[string]string{"app.kubernetes.io/component": "server", "app.kubernetes.io/name": "model-catalog"}, optional: true},
	{name: catalogDatabaseName, workloads: []string{"model-catalog-postgres"}, services: []string{"model-catalog-postgres"}, account: "default", labels: map[string]string{"app.kubernetes.io/component": "database", "app.kubernetes.io/part-of": "model-catalog"}, optional: true},
}

func katibLabels(component string) map[string]string {
	return map[string]string{"katib.kubeflow.org/component": component}
}

// Input is what the objects of the namespace kubeflow say.
type Input struct {
	Workloads []Workload
	// Services by name.
	Services []string
	// Webhooks that the API server calls; none: those of June 2026 are assumed.
	Webhooks []Webhook
	// Isolated: a NetworkPolicy closes the namespace's waypoint to what it does not name. Confined: it
	// keeps the waypoint from what it does not name.
	Isolated, Confined bool
	// Restricted are the namespaces that enforce Pod Security restricted.
	Restricted []string
	// Closed: a policy of the root namespace denies by default in the whole mesh.
	Closed bool
}

// Workload makes pods with these labels, which run as this account.
type Workload struct {
	Name, Account string
	Labels        map[string]string
}

// Kubeflow is the control plane as it was found, or as June 2026 has it.
type Kubeflow struct {
	components map[string]Component
	webhooks   []Webhook
	isolated   bool
	confined   bool
	restricted []string
	closed     bool
	tree       bool
}

// Find takes from the input what it says, and assumes June 2026 for the rest.
func Find(in Input) Kubeflow {
	k := Kubeflow{components: map[string]Component{}, webhooks: in.Webhooks, isolated: in.Isolated, confined: in.Confined, restricted: in.Restricted, closed: in.Closed, tree: len(in.Workloads) > 0}
	for _, c := range components {
		k.components[c.name] = c.find(in)
	}
	if len(k.webhooks) == 0 {
		k.webhooks = assumedWebhooks
	}
	return k
}

func (c known) find(in Input) Component {
	found := Component{Account: c.account, Labels: c.labels}
	if len(c.services) > 0 {
		found.Service = c.services[0]
	}
	for i, name := range c.workloads {
		at := slices.IndexFunc(in.Workloads, func(w Workload) bool { return w.Name == name })
		if at < 0 {
			continue
		}
		workload := in.Workloads[at]
		found.Found, found.Account, found.Labels = true, workload.Account, c.selector(workload.Labels)
		if i < len(c.services) {
			found.Service = c.services[i]
		}
		break
	}
	for _, name := range c.services {
		if slices.Contains(in.Services, name) {
			found.Service = name
			break
		}
	}
	return found
}

// selector are the labels by which a policy finds the pods: those that Kubeflow's own policies
// use. Pods that have none of them are selected by all that they have, never by nothing, which
// would be every pod of the namespace.
func (c known) selector(pod map[string]string) map[string]string {
	selector := map[string]string{}
	for _, key := range append(slices.Sorted(maps.Keys(c.labels)), c.keys...) {
		if value, found := pod[key]; found {
			selector[key] = value
		}
	}
	switch {
	case len(selector) > 0:
		return selector
	case len(pod) > 0:
		return pod
	default:
		return c.labels
	}
}

func (k Kubeflow) component(name string) Component { return k.components[name] }

// has tells whether an optional component is there: found, or of June 2026 with no tree in the input.
func (k Kubeflow) has(name string) bool {
	return k.components[name].Found || !k.tree && name != minIOName
}

// Found and assumed are the names of the components, for people.
func (k Kubeflow) Found() (found, assumed []string) {
	for _, c := range components {
		switch {
		case k.components[c.name].Found:
			found = append(found, c.name)
		case !c.optional:
			assumed = append(assumed, c.name)
		}
	}
	return found, assumed
}
