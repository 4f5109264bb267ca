package main

import (
	"fmt"
	"math/rand/v2"
)

const randomCaptureSets = 300

// randomCaptures returns n namespaces with five pods each, which say by label and
// annotation how they want to take part in the mesh.
func randomCaptures(seed uint64, n int) []Set {
	d := dice{rand.New(rand.NewPCG(seed, 3))}
	var sets []Set
	for i := range n {
		set := Set{Name: fmt.Sprintf("capture %d", i)}
		ns := object{}
		d.maybe(ns, 70, "istio.io/dataplane-mode", "ambient", "ambient", "ambient", "none", "other")
		d.maybe(ns, 30, "istio-injection", "enabled", "enabled", "disabled", "other")
		d.maybe(ns, 15, "istio.io/rev", "default", "default", "canary")
		docs := []object{thing("v1", "Namespace", "", "alice", object{"labels": ns}, nil)}
		for j := range 5 {
			name := fmt.Sprintf("p%d", j)
			docs = append(docs, d.pod(name))
			set.Cases = append(set.Cases, Case{Point: "capture", Namespace: "alice", Name: name})
		}
		set.Manifests = join(docs)
		sets = append(sets, set)
	}
	return sets
}

// maybe sets a key to one of the values.
func (d dice) maybe(o object, percent int, key string, values ...string) {
	if d.chance(percent) {
		o[key] = pick(d, values)
	}
}

func (d dice) pod(name string) object {
	l, a := object{"app": name}, object{}
	d.maybe(l, 35, "istio.io/dataplane-mode", "ambient", "none", "none", "other", "")
	d.maybe(l, 30, "sidecar.istio.io/inject", "true", "true", "false", "other", "")
	d.maybe(l, 12, "istio.io/rev", "default", "default", "canary")
	d.maybe(a, 25, "sidecar.istio.io/inject", "true", "false", "false", "other")
	d.maybe(a, 10, "sidecar.istio.io/status", "{}")
	d.maybe(a, 15, "ambient.istio.io/bypass-inbound-capture", "true", "false", "1", "yes")
	d.maybe(a, 8, "ambient.istio.io/redirection", "enabled", "disabled")
	d.maybe(a, 5, "inject.istio.io/templates", "gateway")
	spec := object{"serviceAccountName": "default-editor", "containers": []any{object{"name": "c", "image": "i"}}}
	if d.chance(10) {
		spec["hostNetwork"] = true
	}
	return thing("v1", "Pod", "alice", name, object{"labels": l, "annotations": a}, object{"spec": spec})
}
