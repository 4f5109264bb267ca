package enroll

import (
	"fmt"
	"regexp"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// kubeflowNamespace is where Kubeflow's own ConfigMaps and controllers live.
const kubeflowNamespace = "kubeflow"

// hashed is a ConfigMap's name with the suffix that kustomize gives to generated ones.
var hashed = regexp.MustCompile(`^(.+)-[a-z0-9]{10}$`)

// editConfigMaps tells Kubeflow's controllers about the mesh.
func (e *enrolment) editConfigMaps() {
	for _, item := range e.items {
		if item.Kind != "ConfigMap" || item.Group != "" || item.owner() != "" {
			continue
		}
		name, hash := item.Name, false
		if m := hashed.FindStringSubmatch(item.Name); m != nil && e.known(m[1], item.Namespace) {
			name, hash = m[1], true
		}
		was := item.Changed
		if err := e.editConfigMap(item, name); err != nil {
			e.errs = append(e.errs, fmt.Errorf("%s: %w", item, err))
		}
		if hash && item.Changed && !was {
			e.warn(item, "was edited, and its name has a hash: this is rendered output", "the name stays, so nothing restarts the pods that read it",
				"run the function in the build that generates the ConfigMap, or restart the pods yourself")
		}
	}
	e.hostsTrouble()
}

func (e *enrolment) known(name, namespace string) bool {
	switch name {
	case "profiles-namespace-labels-data", "profiles-config", "kubeflow-pipelines-profile-controller-env":
		return namespace == kubeflowNamespace
	case "inferenceservice-config":
		return namespace == e.plan.Cluster.KServe.Namespace
	}
	return false
}

func (e *enrolment) editConfigMap(item *Item, name string) error {
	if !e.known(name, item.Namespace) {
		return nil
	}
	switch name {
	case "profiles-namespace-labels-data":
		return e.namespaceLabels(item)
	case "profiles-config":
		e.principals(item)
	case "kubeflow-pipelines-profile-controller-env":
		item.setData("DISABLE_ISTIO_SIDECAR", "true")
	case "inferenceservice-config":
		return e.inferenceService(item)
	}
	return nil
}

// principals tells the profile-controller and KFAM who vouches for the userid header.
func (e *enrolment) principals(item *Item) {
	mesh := e.plan.Mesh
	item.setData("ISTIO_INGRESS_GATEWAY_PRINCIPAL", mesh.Ingress)
	for _, other := range []struct{ key, principal string }{
		{"KFP_UI_PRINCIPAL", mesh.PipelinesUI},
		{"NOTEBOOK_CONTROLLER_PRINCIPAL", mesh.NotebookController},
	} {
		if item.data(other.key) != "" {
			item.setData(other.key, other.principal)
		}
	}
}

// data is a ConfigMap's text below key, or "".
func (i *Item) data(key string) string { return value(field(i.Node, "data"), key) }

// setData writes a ConfigMap's text and keeps the style of what was there.
func (i *Item) setData(key, text string) {
	data := i.ensure(i.Node, "data")
	was := field(data, key)
	if was != nil && was.Kind == yaml.ScalarNode {
		if was.Value != text {
			was.Value, was.Tag = text, yaml.NodeTagString
			i.Changed = true
			quoted(was)
		}
		return
	}
	if was != nil {
		i.errs = append(i.errs, fmt.Errorf("%s: data[%s] is no text; write it as one", i, key))
	}
	i.set(data, key, scalar(text))
}
