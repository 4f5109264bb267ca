package diagnostic

// Codes AP03xx: users as the input names them, and objects of the input that are edited, merged or
// owned by others (internal/survey, internal/enroll).
const (
	RoleBindingMismatch  Code = "AP0304"
	RoleBindingConflict  Code = "AP0305"
	NotebookHeaderUnset  Code = "AP0306"
	NotebookHeadersUnset Code = "AP0307"
	NameGenerated        Code = "AP0308"
	AppNotRouted         Code = "AP0309"
	RoleBindingIgnored   Code = "AP0310"

	NamespaceOwnerDiffers  Code = "AP0311"
	NamespaceInjected      Code = "AP0312"
	WaypointOptOutRemoved  Code = "AP0313"
	OtherWaypointRemoved   Code = "AP0314"
	ControllerPolicyEdited Code = "AP0315"
	NamespaceLocal         Code = "AP0316"
	RestrictApplied        Code = "AP0317"
	RestrictPolicyLost     Code = "AP0318"
	RestrictKept           Code = "AP0319"

	OwnedByOther     Code = "AP0321"
	OwnedNotWanted   Code = "AP0322"
	L4PolicyKept     Code = "AP0323"
	Overwritten      Code = "AP0324"
	DenyOverwritten  Code = "AP0325"
	OverridesRemoved Code = "AP0326"
	InInputTwice     Code = "AP0327"
	SelectionHides   Code = "AP0328"

	HashedNameKept       Code = "AP0331"
	ConfigMapNotString   Code = "AP0332"
	ConfigMapInvalidJSON Code = "AP0333"
	LabelsFileInvalid    Code = "AP0334"
	LabelsFileSets       Code = "AP0335"
	LabelsFileRemoves    Code = "AP0336"
	SettingsReplaced     Code = "AP0337"
	SettingsKept         Code = "AP0338"

	ModelServerless     Code = "AP0341"
	ModelsServerless    Code = "AP0342"
	KServeConfigMissing Code = "AP0343"
	ModelHostsShared    Code = "AP0344"
	ModelHostsUnknown   Code = "AP0345"
	ModeRenamed         Code = "AP0346"

	LayeredPolicies Code = "AP0351"
	KeysBlocked     Code = "AP0352"
	ImageMoved      Code = "AP0353"

	NamespacesSelected Code = "AP0361"
)

var enrollCodes = []Entry{
	{RoleBindingMismatch, Warning, "a contributor's RoleBinding disagrees with its annotations"},
	{RoleBindingConflict, Error, "a RoleBinding with a generated name grants something else"},
	{NotebookHeaderUnset, Warning, "a header that a Notebook or a WorkspaceKind asks for is not set"},
	{NotebookHeadersUnset, Warning, "no header that a Notebook asks for is set"},
	{AppNotRouted, Warning, "a Notebook, a Tensorboard, a PVCViewer or a Workspace gets no route"},
	{NameGenerated, Warning, "an object gets its name only when it is created"},
	{RoleBindingIgnored, Warning, "a RoleBinding names a contributor whom no policy can name"},

	{NamespaceOwnerDiffers, Warning, "a Namespace has another owner than its profile"},
	{NamespaceInjected, Warning, "a Namespace had both sidecar injection and ambient mode"},
	{WaypointOptOutRemoved, Warning, "a Namespace opted out of its waypoint"},
	{OtherWaypointRemoved, Warning, "a Namespace used the waypoint of another namespace"},
	{ControllerPolicyEdited, Warning, "a policy differs from what the profile-controller writes"},
	{NamespaceLocal, Warning, "a Namespace in the input does not go to the cluster"},
	{RestrictApplied, Info, "controllers: Restrict removed an object of Kubeflow's controllers, or stopped one"},
	{RestrictPolicyLost, Warning, "controllers: Restrict removed a policy that its controller has not written"},
	{RestrictKept, Warning, "controllers: Restrict kept an object that is not only for Kubeflow's controllers"},

	{OwnedByOther, Error, "another AmbientProfile owns an object"},
	{OwnedNotWanted, Error, "the AmbientProfile owns an object in the input that it does not generate"},
	{L4PolicyKept, Warning, "the L4 policy of a profile that is no longer configured was kept"},
	{Overwritten, Warning, "an object without an owner was overwritten"},
	{DenyOverwritten, Warning, "a DENY policy was overwritten by an ALLOW policy"},
	{OverridesRemoved, Warning, "a label or annotation that disables a generated object was removed"},
	{InInputTwice, Error, "an object that would be edited or removed is in the input twice"},
	{SelectionHides, Error, "kpt shows the function only some objects of the package, so that it would write others twice"},

	{HashedNameKept, Warning, "a ConfigMap was edited, but keeps its hash-suffixed name"},
	{ConfigMapNotString, Error, "a value in a ConfigMap is not a string"},
	{ConfigMapInvalidJSON, Error, "JSON in a ConfigMap cannot be edited"},
	{LabelsFileInvalid, Warning, "the profile-controller's labels file cannot be read"},
	{LabelsFileSets, Warning, "the profile-controller's labels file puts every tenant into the mesh"},
	{LabelsFileRemoves, Warning, "the profile-controller's labels file removes labels that enroll a tenant"},
	{SettingsReplaced, Warning, "values in a ConfigMap that are not Kubeflow's were replaced"},
	{SettingsKept, Warning, "a ConfigMap was left, because the API server refuses the edit"},

	{ModelServerless, Warning, "a model runs in KServe's Serverless mode"},
	{ModelsServerless, Warning, "KServe's default mode is Serverless"},
	{KServeConfigMissing, Warning, "KServe's ConfigMap is not in the input"},
	{ModelHostsShared, Warning, "models of two profiles may get the same host"},
	{ModelHostsUnknown, Info, "whether models of two profiles may get the same host is unknown"},
	{ModeRenamed, Warning, "a deployment mode of KServe has its old name"},

	{LayeredPolicies, Warning, "istiod enforces L4 policies in front of the waypoints as well"},
	{KeysBlocked, Warning, "istiod may not fetch keys from addresses in the cluster"},
	{ImageMoved, Warning, "an image of Istio is in a registry that Istio no longer publishes to"},

	{NamespacesSelected, Warning, "a selector of Namespaces selects others than before, because their labels were changed"},
}
