package access

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// rewriter is an object that changes headers of requests on their way to a backend, which proxies do after their own policies have judged
// the request (Envoy: the router is the last filter).
type rewriter struct {
	route    // as far as it says where it hangs, for the kinds of the Gateway API
	gateways []string
	delegate bool   // a VirtualService without hosts, which others delegate to
	served   string // by what, if only its kind determines it
	changes  []headerChange
}

// headerChange is one header that one field sets, adds or removes, and where the request goes then.
type headerChange struct {
	at     string // the field
	place         // of the field
	verb   headerVerb
	header string
	to     []backend
}

// headerVerb is what is done to a header.
type headerVerb string

const (
	sets    headerVerb = "sets"
	adds    headerVerb = "adds"
	removes headerVerb = "removes"
)

// addRewriter keeps what changes a header: most routes change none.
func (w *World) addRewriter(r route, changes []headerChange) *rewriter {
	out := &rewriter{route: r, changes: changes}
	if len(changes) > 0 {
		w.rewriters = append(w.rewriters, out)
	}
	return out
}

// readInferenceService: KServe's controller makes an HTTPRoute whose spec is this text, unchanged (LLMInferenceService
// spec.router.route.http.spec). Without parentRefs it is put on the Gateway that KServe is set up with.
func (w *World) readInferenceService(m meta, n *yaml.Node) *fault {
	s := w.space(m.namespace)
	spec := modelRoute(n)
	r, _ := newRoute(m.in(s), spec)
	added := w.addRewriter(r, ruleChanges(spec, s.name, "spec.router.route.http.spec"))
	if len(r.parents) == 0 {
		added.served = "the Gateway that KServe puts it on"
	}
	return nil
}

func modelRoute(n *yaml.Node) *yaml.Node {
	return field(field(field(field(field(n, "spec"), "router"), "route"), "http"), "spec")
}

// notebookHeaders is the annotation by which a Notebook has headers set: the notebook-controller writes them into the VirtualService that
// it makes for the Notebook (notebook-controller generateVirtualService).
const notebookHeaders = "notebooks.kubeflow.org/http-headers-request-set"

// notebookRewriter reads that annotation, a JSON map of names to values. The controller sets nothing if the text is not JSON.
func (w *World) notebookRewriter(s *space, m meta) {
	text, _ := m.annotation(notebookHeaders)
	if text == "" {
		return
	}
	r := route{origin: m.in(s)}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil || len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return
	}
	var changes []headerChange
	for i := 0; i+1 < len(doc.Content[0].Content); i += 2 {
		name := strings.ToLower(doc.Content[0].Content[i].Value)
		changes = append(changes, headerChange{"metadata.annotations[" + notebookHeaders + "]", placeOf(m.annotations), sets, name, []backend{{kind: "Service", namespace: r.namespace, name: r.name}}})
	}
	w.addRewriter(r, changes).served = "the gateway of the VirtualService that the notebook-controller makes of it"
}

// ruleChanges are what the filters of an HTTPRoute's or GRPCRoute's rules do, those of backendRefs included. A mirror gets the request as
// the filters leave it.
func ruleChanges(spec *yaml.Node, namespace, at string) (out []headerChange) {
	for i, rule := range list(field(spec, "rules")) {
		at, backends := fmt.Sprintf("%s.rules[%d]", at, i), list(field(rule, "backendRefs"))
		filtered := func(n *yaml.Node) bool { return field(n, "filters") != nil }
		if !filtered(rule) && !slices.ContainsFunc(backends, filtered) {
			continue
		}
		var all []backend
		for _, b := range backends {
			all = append(all, backendOf(namespace, b))
		}
		mirrors := mirrorsOf(rule, namespace)
		out = append(out, filterChanges(rule, at, append(all[:len(all):len(all)], mirrors...))...)
		for j, b := range backends {
			to := append([]backend{all[j]}, mirrorsOf(deref(b), namespace)...)
			out = append(out, filterChanges(deref(b), fmt.Sprintf("%s.backendRefs[%d]", at, j), to)...)
		}
	}
	return out
}

func filterChanges(n *yaml.Node, at string, to []backend) (out []headerChange) {
	for i, f := range list(field(n, "filters")) {
		at, place, h := fmt.Sprintf("%s.filters[%d]", at, i), placeOf(f), field(f, "requestHeaderModifier")
		for _, e := range list(field(h, "set")) {
			out = append(out, headerChange{at, place, sets, strings.ToLower(textOf(field(e, "name"))), to})
		}
		for _, e := range list(field(h, "add")) {
			out = append(out, headerChange{at, place, adds, strings.ToLower(textOf(field(e, "name"))), to})
		}
		for _, e := range list(field(h, "remove")) {
			out = append(out, headerChange{at, place, removes, strings.ToLower(textOf(deref(e))), to})
		}
	}
	return out
}

func mirrorsOf(n *yaml.Node, namespace string) (out []backend) {
	for _, f := range list(field(n, "filters")) {
		if b := field(field(f, "requestMirror"), "backendRef"); b != nil {
			out = append(out, backendOf(namespace, b))
		}
	}
	return out
}

// virtualChanges are what spec.http of a VirtualService does, for all of a route's requests and for those to one destination.
func virtualChanges(spec *yaml.Node, namespace string) (out []headerChange) {
	for i, h := range list(field(spec, "http")) {
		at := fmt.Sprintf("spec.http[%d]", i)
		var mirrors, all []backend
		if m := field(h, "mirror"); m != nil {
			mirrors = append(mirrors, destinationBackend(namespace, m))
		}
		for _, m := range list(field(h, "mirrors")) {
			mirrors = append(mirrors, destinationBackend(namespace, field(m, "destination")))
		}
		destinations := list(field(h, "route"))
		for _, d := range destinations {
			all = append(all, destinationBackend(namespace, field(d, "destination")))
		}
		out = append(out, headerOperations(deref(h), at, append(all[:len(all):len(all)], mirrors...))...)
		for j, d := range destinations {
			to := append([]backend{all[j]}, mirrors...)
			out = append(out, headerOperations(deref(d), fmt.Sprintf("%s.route[%d]", at, j), to)...)
		}
	}
	return out
}

func headerOperations(n *yaml.Node, at string, to []backend) (out []headerChange) {
	request := field(field(n, "headers"), "request")
	at += ".headers.request."
	for _, of := range [2]struct {
		field string
		verb  headerVerb
	}{{"set", sets}, {"add", adds}} {
		m := field(request, of.field)
		for i := 0; m != nil && m.Kind == yaml.MappingNode && i+1 < len(m.Content); i += 2 {
			out = append(out, headerChange{at + of.field, placeOf(m), of.verb, strings.ToLower(m.Content[i].Value), to})
		}
	}
	removed := field(request, "remove")
	for _, e := range list(removed) {
		out = append(out, headerChange{at + "remove", placeOf(removed), removes, strings.ToLower(textOf(deref(e))), to})
	}
	return out
}
