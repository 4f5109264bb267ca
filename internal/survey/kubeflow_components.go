package survey

// The components of Kubeflow, named as in its manifests of June 2026.
const (
	Dashboard                  = "dashboard"
	ProfileController          = "profiles"
	JupyterWebApp              = "jupyter-web-app"
	VolumesWebApp              = "volumes-web-app"
	TensorboardsWebApp         = "tensorboards-web-app"
	KatibUI                    = "katib-ui"
	KatibManager               = "katib-db-manager"
	KatibDatabase              = "katib-mysql"
	KatibController            = "katib-controller"
	ModelsWebApp               = "kserve-models-web-application"
	Pipelines                  = "ml-pipeline"
	PipelinesUI                = "ml-pipeline-ui"
	Visualizations             = "ml-pipeline-visualizationserver"
	PipelinesProfileController = "kubeflow-pipelines-profile-controller"
	Metacontroller             = "metacontroller"
	MetadataEnvoy              = "metadata-envoy"
	MetadataGRPC               = "metadata-grpc"
	MySQL                      = "mysql"
	SeaweedFS                  = "seaweedfs"
	MinIO                      = "minio"
	ModelRegistryUI            = "model-registry-ui"
	ModelCatalog               = "model-catalog"
	ModelCatalogDatabase       = "model-catalog-postgres"
)

// componentSpec is a component as June 2026 has it, with the names that other releases give it.
type componentSpec struct {
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
	// former: June 2026 does not have it.
	former bool
	// insteadOf is the workload of a former component in whose place it came: one of the two is there.
	insteadOf string
}

func named(name string) map[string]string { return map[string]string{"app": name} }

// components are those of Kubeflow's distribution of June 2026 (1.10 has centraldashboard,
// kserve-models-web-app, MinIO, and labels of their own on the profile-controller).
var components = []componentSpec{
	{name: Dashboard, workloads: []string{"dashboard", "centraldashboard"}, services: []string{"dashboard", "centraldashboard"}, account: "dashboard", labels: named("kubeflow-dashboard")},
	{
		name: ProfileController, workloads: []string{"profiles-deployment"}, services: []string{"profiles-kfam"},
		account: "profiles-controller-service-account", labels: named("profile-controller"), keys: []string{"kustomize.component"},
	},
	{name: JupyterWebApp, workloads: []string{"jupyter-web-app-deployment"}, services: []string{"jupyter-web-app-service"}, account: "jupyter-web-app-service-account", labels: named(JupyterWebApp)},
	{name: VolumesWebApp, workloads: []string{"volumes-web-app-deployment"}, services: []string{"volumes-web-app-service"}, account: "volumes-web-app-service-account", labels: named(VolumesWebApp)},
	{
		name: TensorboardsWebApp, workloads: []string{"tensorboards-web-app-deployment"}, services: []string{"tensorboards-web-app-service"},
		account: "tensorboards-web-app-service-account", labels: named(TensorboardsWebApp),
	},
	{name: KatibUI, workloads: []string{"katib-ui"}, services: []string{"katib-ui"}, account: "katib-ui", labels: katibLabels("ui")},
	{name: KatibManager, workloads: []string{"katib-db-manager"}, services: []string{"katib-db-manager"}, account: "default", labels: katibLabels("db-manager")},
	{name: KatibDatabase, workloads: []string{"katib-mysql"}, services: []string{"katib-mysql"}, account: "default", labels: katibLabels("mysql")},
	{name: KatibController, workloads: []string{KatibController}, account: KatibController, labels: katibLabels("controller"), optional: true},
	{
		name: ModelsWebApp, workloads: []string{ModelsWebApp, "kserve-models-web-app"}, services: []string{ModelsWebApp, "kserve-models-web-app"},
		account: ModelsWebApp, labels: map[string]string{"app": "kserve", "kustomize.component": ModelsWebApp},
	},
	{name: Pipelines, workloads: []string{"ml-pipeline"}, services: []string{"ml-pipeline"}, account: "ml-pipeline", labels: named(Pipelines)},
	{name: PipelinesUI, workloads: []string{"ml-pipeline-ui"}, services: []string{"ml-pipeline-ui"}, account: "ml-pipeline-ui", labels: named(PipelinesUI)},
	{name: Visualizations, workloads: []string{Visualizations}, services: []string{Visualizations}, account: Visualizations, labels: named(Visualizations)},
	{name: PipelinesProfileController, workloads: []string{PipelinesProfileController}, services: []string{PipelinesProfileController}, account: "default", labels: named(PipelinesProfileController)},
	{name: Metacontroller, workloads: []string{Metacontroller}, account: "meta-controller-service", labels: named(Metacontroller)},
	{name: MetadataEnvoy, workloads: []string{"metadata-envoy-deployment"}, services: []string{"metadata-envoy-service"}, account: "default", labels: map[string]string{"component": "metadata-envoy"}},
	{
		name: MetadataGRPC, workloads: []string{"metadata-grpc-deployment"}, services: []string{"metadata-grpc-service"},
		account: "metadata-grpc-server", labels: map[string]string{"component": "metadata-grpc-server"},
	},
	{name: MySQL, workloads: []string{"mysql"}, services: []string{"mysql"}, account: "mysql", labels: named(MySQL)},
	{name: SeaweedFS, workloads: []string{"seaweedfs"}, services: []string{"seaweedfs"}, account: "seaweedfs", labels: named(SeaweedFS), optional: true, insteadOf: "minio"},
	{name: MinIO, workloads: []string{"minio"}, services: []string{"minio-service"}, account: "default", labels: named(MinIO), optional: true, former: true},
	{ // June 2026 has it in a profile's namespace (users_apps.go)
		name: ModelRegistryUI, workloads: []string{"model-registry-ui", "model-registry-ui-deployment"}, services: []string{registryUIService, registryUIService},
		account: ModelRegistryUI, labels: named(ModelRegistryUI), optional: true, former: true,
	},
	{
		name: ModelCatalog, workloads: []string{"model-catalog-server"}, services: []string{"model-catalog"},
		account: "default", labels: map[string]string{"app.kubernetes.io/component": "server", "app.kubernetes.io/name": "model-catalog"}, optional: true,
	},
	{
		name: ModelCatalogDatabase, workloads: []string{"model-catalog-postgres"}, services: []string{"model-catalog-postgres"},
		account: "default", labels: map[string]string{"app.kubernetes.io/component": "database", "app.kubernetes.io/part-of": "model-catalog"}, optional: true,
	},
}

func katibLabels(component string) map[string]string {
	return map[string]string{"katib.kubeflow.org/component": component}
}

// assumedWebhooks are those of June 2026.
var assumedWebhooks = []Webhook{
	{"cache-server", named("cache-server"), []string{"8443"}},
	{KatibController, katibLabels("controller"), []string{"8443"}},
	{"poddefaults-webhook-service", named("poddefaults"), []string{"4443"}},
	{"pvcviewer-webhook-service", named("pvcviewer"), []string{"9443"}},
	{"spark-operator-webhook-svc", map[string]string{"app.kubernetes.io/name": "spark-operator", "app.kubernetes.io/component": "webhook"}, []string{"9443"}},
}
