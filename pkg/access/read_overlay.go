package access

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// overlay is a ConfigMap from which istiod changes the objects that it makes for a Gateway (Istio 1.31: deploymentcontroller applyOverlay).
type overlay struct {
	origin
	data *yaml.Node
}

const defaultsForClass = "gateway.istio.io/defaults-for-class"

// readOverlay keeps a ConfigMap that a Gateway may name, and those that are for all Gateways of a class.
func (w *World) readOverlay(m meta, n *yaml.Node) {
	s := w.space(m.namespace)
	o := &overlay{m.in(s), field(n, "data")}
	if s.overlays == nil {
		s.overlays = map[string]*overlay{}
	}
	s.overlays[m.name] = o
	if class := textOf(field(field(field(n, "metadata"), "labels"), defaultsForClass)); class != "" {
		w.classOverlays = append(w.classOverlays, classOverlay{class, o})
	}
}

type classOverlay struct {
	class string
	*overlay
}

// parameters is what spec.infrastructure.parametersRef says, where it is not judged.
func (g *gateway) parameters(w *World) *cloud {
	for _, o := range w.classOverlays {
		if o.class == g.class && o.namespace == w.mesh.rootNamespace {
			if c := o.cloud(); c != nil {
				return c
			}
		}
	}
	if g.overlay == nil {
		return nil
	}
	c := &cloud{origin: g.origin, field: "spec.infrastructure.parametersRef", at: placeOf(g.overlay)}
	if textOf(field(g.overlay, "group")) != "" || textOf(field(g.overlay, "kind")) != "ConfigMap" {
		c.why = "it is not a ConfigMap"
		return c
	}
	o := w.look(g.namespace).overlays[textOf(field(g.overlay, "name"))]
	if o == nil {
		c.why = "its ConfigMap is not in the manifests"
		return c
	}
	return o.cloud()
}

// cloud is what the ConfigMap changes of a gateway that the ledger does not call harmless.
func (o *overlay) cloud() (out *cloud) {
	for i := 0; o.data != nil && o.data.Kind == yaml.MappingNode && i+1 < len(o.data.Content); i += 2 {
		key, value := o.data.Content[i], deref(o.data.Content[i+1])
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(value.Value), &doc); err != nil {
			return &cloud{origin: o.origin, field: "data." + key.Value, at: placeOf(key), why: "it is not YAML"}
		}
		walk := ledgerWalk{found: func(_ *ledgerLine, field string, _ *yaml.Node) {
			if out == nil {
				out = &cloud{origin: o.origin, field: "data." + field, at: placeOf(key), why: "it changes what istiod makes for Gateways"}
			}
		}}
		if len(doc.Content) > 0 {
			walk.field(ledger().overlay, key.Value, key, doc.Content[0])
		}
	}
	return out
}
