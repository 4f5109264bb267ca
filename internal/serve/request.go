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

// customize names what a sync is sent. metacontroller 4.9 keeps the answer by the Namespace's uid and generation for 20
// minutes, and Namespaces have no generation: so the answer depends on the name alone.
func customize(namespace string, notebooks bool) customizeResponse {
	rules := []relatedRule{
		{APIVersion: "kubeflow.org/v1", Resource: "profiles", Names: []string{namespace}},
		{APIVersion: "rbac.authorization.k8s.io/v1", Resource: "rolebindings", Namespace: namespace},
		// Of another owner: metacontroller creates nothing where an object of this name exists, and says nothing about it.
		{APIVersion: "security.istio.io/v1", Resource: "authorizationpolicies", Namespace: namespace},
		{APIVersion: "gateway.networking.k8s.io/v1", Resource: "gateways", Namespace: namespace},
	}
	if notebooks {
		rules = append(rules, relatedRule{APIVersion: "kubeflow.org/v1", Resource: "notebooks", Namespace: namespace})
	}
	return customizeResponse{rules}
}
