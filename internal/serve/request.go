package serve

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Requests and responses of metacontroller 4.9 (pkg/controller/decorator/api/v1/hooks.go, customize/api/v1/hooks.go).
type (
	syncRequest struct {
		Controller  object  `json:"controller"`
		Object      object  `json:"object"`
		Attachments objects `json:"attachments"`
		Related     objects `json:"related"`
	}
	syncResponse struct {
		// Labels of the Namespace that change; null removes one.
		Labels      map[string]*string `json:"labels"`
		Attachments []object           `json:"attachments"`
	}
	customizeRequest struct {
		Parent object `json:"parent"`
	}
	customizeResponse struct {
		RelatedResources []relatedRule `json:"relatedResources"`
	}
	relatedRule struct {
		APIVersion string   `json:"apiVersion"`
		Resource   string   `json:"resource"`
		Namespace  string   `json:"namespace,omitempty"`
		Names      []string `json:"names,omitempty"`
	}
	// objects are by "Kind.group/version", then by name. The keys say nothing that the objects do not.
	objects map[string]map[string]object
)

// all are the objects in a fixed order.
func (o objects) all() []object {
	var list []object
	for _, kind := range slices.Sorted(maps.Keys(o)) {
		for _, name := range slices.Sorted(maps.Keys(o[kind])) {
			list = append(list, o[kind][name])
		}
	}
	return list
}

func (r syncRequest) check() error {
	if err := r.Object.checkNamespace(); err != nil {
		return err
	}
	var errs []error
	for _, o := range append(r.Attachments.all(), r.Related.all()...) {
		if o.kind() == "" || o.name() == "" {
			errs = append(errs, errors.New("an object in the request has no kind or no name"))
		}
	}
	for _, o := range r.Attachments.all() {
		if o.namespace() != r.Object.name() {
			errs = append(errs, fmt.Errorf("%s is an attachment, and not in namespace %s", o.ref(), r.Object.name()))
		}
	}
	return errors.Join(errs...)
}

// inNamespace are the objects in the Namespace.
func (r syncRequest) inNamespace() []object {
	return slices.DeleteFunc(append(r.Attachments.all(), r.Related.all()...), func(o object) bool { return o.namespace() != r.Object.name() })
}

// madeBy is metacontroller's mark on what it made (4.9, decorator.getChildren).
const madeBy = "metacontroller.k8s.io/decorator-controller"

// withUnseen adds the objects that this controller made for the Namespace since it listed the attachments, and before it listed
// the related objects.
func (r syncRequest) withUnseen() syncRequest {
	all := objects{"": map[string]object{}}
	for _, o := range r.inNamespace() {
		if r.isMadeHere(o) {
			all[""][o.ref()] = o
		}
	}
	for _, o := range r.Attachments.all() {
		all[""][o.ref()] = o
	}
	r.Attachments = all
	return r
}

// isMadeHere reports whether metacontroller takes an object for one that this controller made for the Namespace.
func (r syncRequest) isMadeHere(o object) bool {
	references, _ := o.below("metadata")["ownerReferences"].([]any)
	return o.annotation(madeBy) == r.Controller.name() && slices.ContainsFunc(references, func(reference any) bool {
		m, _ := reference.(map[string]any)
		return m["controller"] == true && text(m, "uid") != "" && text(m, "uid") == text(r.Object.below("metadata"), "uid")
	})
}

// customize names what a sync is sent. metacontroller 4.9 keeps the answer by the Namespace's uid and generation for 20
// minutes, and Namespaces have no generation: so the answer depends on the name alone.
func customize(namespace string, notebooks bool) customizeResponse {
	rules := []relatedRule{
		{APIVersion: "kubeflow.org/v1", Resource: "profiles", Names: []string{namespace}},
		{APIVersion: "rbac.authorization.k8s.io/v1", Resource: "rolebindings", Namespace: namespace},
		// Of another owner: metacontroller creates nothing where an object of this name exists, and says nothing about it.
		{APIVersion: "security.istio.io/v1", Resource: "authorizationpolicies", Namespace: namespace},
		{APIVersion: "security.istio.io/v1", Resource: "requestauthentications", Namespace: namespace},
		{APIVersion: "gateway.networking.k8s.io/v1", Resource: "gateways", Namespace: namespace},
	}
	if notebooks {
		rules = append(rules, relatedRule{APIVersion: "kubeflow.org/v1", Resource: "notebooks", Namespace: namespace},
			relatedRule{APIVersion: "gateway.networking.k8s.io/v1", Resource: "httproutes", Namespace: namespace})
	}
	return customizeResponse{rules}
}
