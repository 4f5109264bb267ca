package fn

import (
	"fmt"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// podsAre is which pods of a namespace run.
type podsAre uint8

const (
	started podsAre = iota // those that the labels of today make
	mixed                  // those, and ones that still have a sidecar
	proxied                // ones that have a sidecar
)

// state is what the cluster holds between two applies.
type state struct {
	objects []object
	pods    map[string]podsAre
}

// with is a state after some changes.
func (s state) with(changes ...change) state {
	out := state{slices.Clone(s.objects), s.pods}
	for _, c := range changes {
		i := slices.IndexFunc(out.objects, func(o object) bool { return o.ID == c.ID })
		switch {
		case c.new == nil && i >= 0:
			out.objects = slices.Delete(out.objects, i, i+1)
		case c.new == nil:
		case i >= 0:
			out.objects[i].node = c.new
		default:
			out.objects = append(out.objects, object{c.ID, c.new})
		}
	}
	return out
}

// running is a state with other pods of some namespaces.
func (s state) running(are podsAre, namespaces ...string) state {
	out := state{s.objects, map[string]podsAre{}}
	for name, is := range s.pods {
		out.pods[name] = is
	}
	for _, name := range namespaces {
		out.pods[name] = are
	}
	return out
}

// world are the objects as the referee reads them: pods that still have a sidecar are Pods of their own.
func (s state) world() (out []object) {
	for _, o := range s.objects {
		are := s.pods[o.Namespace]
		template := podTemplate(o)
		if template == nil || are == started {
			out = append(out, o)
			continue
		}
		if are == mixed {
			out = append(out, o)
		}
		if pod := withSidecar(o, template); pod.node != nil {
			out = append(out, pod)
		}
	}
	return out
}

// podTemplate is that of an object which makes pods, or the pod itself.
func podTemplate(o object) *yaml.Node {
	switch o.Kind {
	case "Pod":
		return o.node
	case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job":
		return manifest.Field(manifest.Field(o.node, "spec"), "template")
	case "CronJob":
		return manifest.Field(manifest.Field(manifest.Field(manifest.Field(o.node, "spec"), "jobTemplate"), "spec"), "template")
	}
	return nil
}

// withSidecar returns a pod that was injected, which has an annotation for it (Istio 1.31: sidecar.istio.io/status).
func withSidecar(of object, template *yaml.Node) object {
	pod, name := yaml.NewRNode(template).Copy(), of.Name
	if of.Kind == "Pod" {
		name += "-with-sidecar"
	}
	container, err := yaml.Parse("name: istio-proxy\nimage: auto\n")
	if err != nil {
		return object{}
	}
	for _, err := range []error{
		pod.PipeE(yaml.LookupCreate(yaml.SequenceNode, "spec", "containers"), yaml.Append(container.YNode())),
		pod.PipeE(yaml.SetField("apiVersion", yaml.NewStringRNode("v1"))), pod.PipeE(yaml.SetField("kind", yaml.NewStringRNode("Pod"))),
		pod.SetName(name), pod.SetNamespace(of.Namespace), pod.PipeE(yaml.SetAnnotation("sidecar.istio.io/status", "{}")),
	} {
		if err != nil {
			return object{}
		}
	}
	return object{manifest.NewID("", "Pod", of.Namespace, name), pod.YNode()}
}

// examples are pods where the manifests of a namespace that joins hold none: those of its notebooks and its Services, and a plain one.
func (p *rolloutPlan) examples() {
	for _, namespace := range p.joins {
		in := func(o object) bool { return o.Namespace == namespace }
		if slices.ContainsFunc(p.was, func(o object) bool { return in(o) && podTemplate(o) != nil }) {
			continue
		}
		var more []object
		add := func(name, labels string) {
			more = append(more, made("Pod", namespace, name, "apiVersion: v1\nkind: Pod\nmetadata: {name: %q, namespace: %q, labels: "+labels+"}\nspec: {serviceAccountName: default-editor, containers: [{name: main, image: example}]}\n"))
		}
		for _, o := range p.was {
			switch {
			case !in(o):
			case o.Kind == "Notebook":
				add(o.Name, fmt.Sprintf("{statefulset: %q, notebook-name: %[1]q}", o.Name))
				if !slices.ContainsFunc(p.was, func(s object) bool { return in(s) && s.Kind == "Service" && s.Name == o.Name }) {
					more = append(more, made("Service", namespace, o.Name, "apiVersion: v1\nkind: Service\nmetadata: {name: %q, namespace: %q}\nspec: {selector: {statefulset: "+o.Name+"}, ports: [{name: http-"+o.Name+", port: 80, targetPort: 8888}]}\n"))
				}
			case o.Kind == "Service":
				if selector, err := yaml.NewRNode(o.node).Pipe(yaml.Lookup("spec", "selector")); err == nil && selector != nil {
					labels, err := selector.MarshalJSON()
					if err == nil {
						add(o.Name, string(labels))
					}
				}
			}
		}
		add("another", "{}")
		p.was, p.is = append(p.was, more...), append(p.is, more...)
		p.assumed = append(p.assumed, "Namespace "+namespace+" has no pods in the manifests: one for each notebook and Service, and another one, are assumed to run there")
	}
}

func made(kind, namespace, name, text string) object {
	n, err := yaml.Parse(fmt.Sprintf(text, name, namespace))
	if err != nil {
		return object{node: &yaml.Node{Kind: yaml.MappingNode}}
	}
	return object{manifest.NewID("", kind, namespace, name), n.YNode()}
}
