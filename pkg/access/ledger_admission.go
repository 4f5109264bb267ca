package access

const byMutation, byGenerated = "at_mutation.go", "read_generated.go"

// admissionLines are what changes pods, Namespaces and Services while they are admitted, after the manifests.
var admissionLines = []ledgerLine{
	judgedBy("MutatingWebhookConfiguration sidecar-injector.istio.io", "read_capture.go", "TestMembershipAsConfigured"),
	notJudgedBy("MutatingWebhookConfiguration", byMutation, "TestMutations", "pods that a webhook is asked about are NOT JUDGED, but for webhooks that are known to leave the mesh alone"),
	notJudgedBy("MutatingAdmissionPolicy", byMutation, "TestMutations", "pods that it may take out of the mesh, or give a label that a policy selects, are NOT JUDGED"),
	notJudgedBy("MutatingAdmissionPolicy that asks request.userInfo", "read_mutated.go", "TestMutationsOfObjects", "as one that does not, but for one that only gives labels to Namespaces that the profile-controller makes: what the manifests say of these labels is applied later"),
	notJudgedBy("MutatingAdmissionPolicy and MutatingWebhookConfiguration of policies, routes, Gateways, Services and meshConfig", "read_mutated.go", "TestMutationsOfObjects", "what an object decides that it may change is NOT JUDGED; of a policy's conditions, those on users, annotations, names and absent fields are understood"),
	notJudgedBy("MutatingPolicy of policies.kyverno.io", byMutation, "TestMutations", "as a MutatingAdmissionPolicy"),
	notJudgedBy("ClusterPolicy and Policy of kyverno.io, rules that mutate", byMutation, "TestMutations", "as a MutatingAdmissionPolicy"),
	notJudgedBy("Assign, AssignMetadata and ModifySet of Gatekeeper", byMutation, "TestMutations", "as a MutatingAdmissionPolicy"),
	notJudgedBy("ClusterPolicy and Policy of kyverno.io, rules that generate, and GeneratingPolicy", byGenerated, "TestObjectsThatOthersMake", "objects of Istio and the Gateway API, Namespaces, Services, endpoints and Ingresses that it may make are not in the manifests, so everything is NOT JUDGED, or all of the policy's namespace"),
	notJudgedBy("Object of kubernetes.crossplane.io", byGenerated, "TestObjectsThatOthersMake", "as a rule that generates"),
	notJudgedBy("Composition of Crossplane, Workflow of Argo, and other objects of groups outside Kubernetes that hold whole objects, as YAML or as text", "read_embedded.go", "TestObjectsInObjects", "as a rule that generates"),
	notJudgedBy("the same: PodDefaults with labels, annotations or an account, mutating webhooks and policies, and Istio's ConfigMaps", byGenerated, "TestObjectsThatOthersMake", "they change pods that the manifests hold"),
	harmless("the same: objects of other kinds", "pods that they add are not among those that a verdict is about"),
	notJudgedBy("Service of type ExternalName", "read_alias.go", "TestRoutesToAliases", "where it stands for a Service of the mesh and a route leads to it, whom Gateways allow to that Service is NOT JUDGED, but for what they allow otherwise"),
	judgedBy("PodDefault", "read_poddefault.go", "TestPodDefaults"),
	notJudgedBy("objects of unknown kinds", "read_maker.go", "TestPodsOfObjectsThatNobodyKnows", "what in them would decide how their pods take part makes these NOT JUDGED"),
	judgedBy("Istio and IstioRevision of sailoperator.io, IstioOperator, charts of Istio in a HelmRelease, Application, ApplicationSet or HelmChart: meshConfig", "read_installer.go", "TestInstallers"),
	notJudgedBy("the same: variables of istiod, selectors of the injector, namespaces without istio-cni, networks", "read_installer.go", "TestInstallers", "where they are not as by default, nothing is judged"),
	notJudgedBy("ZTunnel and IstioCNI of sailoperator.io, and the DaemonSets and charts of ztunnel and istio-cni: variables, envFrom, image, network", "read_agent.go", "TestAgents", "where ztunnel may not enforce policies as by default, or which pods are in the mesh is not as the ConfigMap istio-cni-config says, nothing is judged"),
	harmless("the same: other variables", "they are about certificates, addresses, load and logs"),
	judgedBy("the image of ztunnel", "read_agent.go", "TestAgents"),
	notJudgedBy("pods of gateways that are deployed by hand: PROXY_CONFIG, proxy.istio.io/config, proxy.istio.io/overrides, sidecar.istio.io/bootstrapOverride and inject.istio.io/templates", "read_agent.go", "TestGatewaysByHandWithSettings", "the gateway is NOT JUDGED; in a sidecar, PROXY_CONFIG clouds as the annotation does"),
	harmless("the same: other values", "they are about images, load and where pods run"),
	harmless("the same: values from elsewhere", "a verdict says that they are assumed to be as by default"),
	harmless("NetworkPolicy", "it blocks connections and allows none that is denied: a request that is allowed here may not arrive (AP0719 and AP0720 name what blocks the mesh)"),
	notJudgedBy("argocd.argoproj.io/hook, helm.sh/hook, kustomize.toolkit.fluxcd.io/reconcile: disabled and kustomize.toolkit.fluxcd.io/ssa: Ignore or IfNotPresent, kapp.k14s.io/exists, noop, versioned and update-strategy: skip, configmanagement.gke.io/managed: disabled, cluster-selector and namespace-selector, configsync.gke.io/cluster-name-selector, client.lifecycle.config.k8s.io/mutation: ignore, addonmanager.kubernetes.io/mode: EnsureExists", "read_unapplied.go", "TestObjectsThatToolsMayNotApply", "a deployment tool may not apply an object of Istio or the Gateway API, a Namespace or a Service, so what it decides is NOT JUDGED"),
	harmless("the same on pods and what makes them", "without the pods there is nobody to reach"),
	harmless("other annotations of these tools", "they are about the order, the comparison and the removal of objects that are applied"),
	notJudgedBy("objects without metadata.namespace", "read_unplaced.go", "TestObjectsWithoutANamespace", "the tool that applies them decides which namespace they are in: what they could change in any is NOT JUDGED"),
	judgedBy("config.kubernetes.io/local-config", "read_identity.go", "TestLocalObjects"),
}
