package access

import (
	"cmp"
	"slices"
	"strconv"
)

// membership is how a pod takes part in the mesh.
type membership uint8

const (
	outside  membership = iota // no proxy sees its traffic
	captured                   // ztunnel does
	sidecar                    // an Envoy of its own, which this package does not judge
	unclear                    // the manifests do not say
)

const (
	dataplaneMode = "istio.io/dataplane-mode"
	injectKey     = "sidecar.istio.io/inject"
	revisionKey   = "istio.io/rev"
	statusKey     = "sidecar.istio.io/status"
	bypassInbound = "ambient.istio.io/bypass-inbound-capture"
)

func (s *space) member(pod *workload) membership {
	m, _ := s.partOf(pod)
	return m
}

// partOf tells how a pod of a namespace takes part, and why that is unclear.
func (s *space) partOf(pod *workload) (membership, string) {
	if pod.settled {
		return pod.part, pod.partWhy
	}
	return s.settlePart(pod)
}

// settlePart is partOf from the labels of Namespace and pod. istio-cni leaves alone a pod on the host's network and one with the
// annotation of a sidecar, and takes those that its selectors pick (cni/pkg/util CompiledEnablementSelectors.Matches, podHasSidecar).
// ambient.istio.io/redirection does not count: istio-cni writes it, and corrects it where it is not so (cni/pkg/nodeagent reconcilePod).
func (s *space) settlePart(pod *workload) (membership, string) {
	if pod.hostNetwork {
		return outside, ""
	}
	if pod.unsure != "" {
		return unclear, pod.unsure
	}
	injected, why := s.injects(pod)
	_, status := pod.annotations.get(statusKey)
	if injected == yes && pod.runs && !pod.proxy {
		return unclear, "Pod " + join(s.name, pod.name) + " was in a cluster and has no container istio-proxy, although the injector would add one now"
	}
	switch {
	case injected == yes, pod.proxy && status:
		return sidecar, ""
	case injected == maybe && status:
		return unclear, why // a sidecar or nothing
	case status:
		return outside, ""
	}
	ambient := s.enables(pod)
	switch {
	case injected == maybe:
		return unclear, why
	case ambient == maybe:
		return unclear, s.notDeclared()
	case ambient == yes:
		return captured, ""
	case pod.proxy: // a gateway, or a sidecar that was added by hand
		return sidecar, ""
	}
	return outside, ""
}

func (s *space) notDeclared() string { return "Namespace " + s.name + " is not in the manifests" }

// selectable are the labels that selectors for namespaces see.
func (s *space) selectable() labels {
	if s.own != nil {
		return s.own
	}
	return append(labels{{"kubernetes.io/metadata.name", s.name}}, s.labels...)
}

// enables reports whether istio-cni's selectors pick a pod. By default (istio-cni/values.yaml) those labelled ambient, and in Namespaces that are
// those not labelled none. istio-cni leaves kube-system alone by default.
func (s *space) enables(pod *workload) verdict3 {
	c := s.rules()
	if contains(c.excluded, s.name) || !c.excludedStated && s.name == "kube-system" {
		return no
	}
	if !c.selects {
		switch mode, _ := pod.labels.get(dataplaneMode); {
		case mode == "ambient":
			return yes
		case mode == "none":
			return no
		case !s.declared:
			return maybe
		}
		return is(s.labels.value(dataplaneMode) == "ambient")
	}
	out := no
	for i := range c.enablement {
		out = max(out, c.enablement[i].picks(s.selectable(), s.declared, pod))
	}
	return out
}

// rules are the cluster's, Istio's defaults for a space that nothing was filed in.
func (s *space) rules() *capture {
	if s.capture == nil {
		return &capture{}
	}
	return s.capture
}

// injects reports whether Istio's injector gives a pod a sidecar, and why that is not known. The API server asks the injector only about what
// its webhooks select, by the labels of Namespace and pod; then the injector decides (pkg/kube/inject injectRequired).
func (s *space) injects(pod *workload) (verdict3, string) {
	// pkg/kube/inject IgnoredNamespaces
	if pod.hostNetwork || slices.Contains([]string{"kube-system", "kube-public", "kube-node-lease", "local-path-storage"}, s.name) {
		return no, ""
	}
	if want := s.wants(pod); want != yes {
		return want, "whether the injector's selectors pick the pod is not known"
	}
	return s.asks(pod)
}

// wants reports whether the injector gives a sidecar to a pod that it is asked about: the label counts before the annotation, then
// neverInjectSelector, alwaysInjectSelector and the policy.
func (s *space) wants(pod *workload) verdict3 {
	c := s.rules()
	value, set := pod.labels.get(injectKey)
	if !set {
		value, _ = pod.annotations.get(injectKey)
	}
	switch value {
	case "true":
		return yes
	case "false":
		return no
	}
	for i := range c.never {
		if v := c.never[i].picksPod(pod); v != no && !c.never[i].all() {
			return not(v)
		}
	}
	for i := range c.always {
		if v := c.always[i].picksPod(pod); v != no && !c.always[i].all() {
			return v
		}
	}
	return is(!c.policyOff)
}

// asks reports whether the API server asks an injector about a pod. The webhooks of a default installation are known; whether another revision is
// installed is known only where its webhooks are in the manifests.
func (s *space) asks(pod *workload) (verdict3, string) {
	c := s.rules()
	own := s.selectable()
	out := no
	for i := range c.webhooks {
		out = max(out, c.webhooks[i].picks(own, s.declared, pod))
	}
	if out == yes {
		return yes, ""
	}
	by, revision := s.asksFor(pod)
	switch {
	case !s.declared && pod.labels.value(injectKey) != "false":
		return maybe, s.notDeclared()
	case out == maybe:
		return maybe, "whether the injector's selectors pick the pod is not known"
	case by == "":
		return no, ""
	case revision != "default" || len(c.webhooks) > 0:
		return maybe, by + " asks for the sidecars of a revision that is not in the manifests"
	}
	return yes, ""
}

// asksFor names what makes a webhook of some revision select a pod of the Namespace, "" where none could (mutatingwebhook.yaml: the four webhooks of
// a revision). istio-injection with any value but enabled keeps all of them away, the pod's label "false" too.
func (s *space) asksFor(pod *workload) (by, revision string) {
	injection, hasInjection := s.labels.get("istio-injection")
	rev, hasRev := s.labels.get(revisionKey)
	ownRev, hasOwnRev := pod.labels.get(revisionKey)
	switch label := pod.labels.value(injectKey); {
	case label == "false":
	case hasInjection && injection == "enabled":
		return "the label istio-injection of Namespace " + s.name, "default"
	case hasInjection:
	case hasRev:
		return "the label " + revisionKey + ": " + strconv.Quote(rev) + " of Namespace " + s.name, rev
	case hasOwnRev:
		return "the pod's label " + revisionKey + ": " + strconv.Quote(ownRev), ownRev
	case label == "true":
		return "the pod's label " + injectKey, "default"
	}
	return "", ""
}

func (s *space) service(name string) *service { return s.named[name] }

// pods gives the kinds of pods behind a Service; a made up one where the manifests hold none.
func (s *space) pods(svc *service) []*workload {
	if len(svc.selector) == 0 {
		pod := s.madeUp(svc.name, nil)
		if !svc.assumed {
			pod.unsure = "Service " + svc.name + " has no selector, so the manifests do not say which pods are behind it"
		}
		return []*workload{pod}
	}
	return s.picked(svc.selector, svc.name, "Service "+svc.name+" selects")
}

// podsWith gives the kinds of pods that carry all of the labels, a made up one with exactly these where there is none.
func (s *space) podsWith(l labels) []*workload { return s.picked(l, "pod", "the case means") }

// picked are the kinds of pods that carry labels. One whose controller may add a missing label is picked perhaps.
func (s *space) picked(l labels, name, by string) (out []*workload) {
	var perhaps []*workload
	for _, pod := range s.workloads {
		switch {
		case l.selects(pod.labels):
			out = append(out, pod)
		case len(pod.adds) > 0 && pod.mayCarry(l):
			copied := *pod
			copied.perhaps = "whether " + by + " the pods of " + cmp.Or(pod.kind, "Pod") + " " + join(s.name, pod.name) + " depends on labels that are not in the manifests"
			perhaps = append(perhaps, &copied)
		}
	}
	if len(out) == 0 {
		out = append(out, s.madeUp(name, l))
	}
	return append(out, perhaps...)
}

// madeUp is a plain pod of the namespace, as its PodDefaults leave it.
func (s *space) madeUp(name string, l labels) *workload {
	pod := &workload{name: name, labels: l, account: "default", assumed: true}
	s.applyPodDefaults(pod)
	s.mutate(pod)
	return pod
}

// mayCarry reports whether a pod has labels, or may get those that it lacks from its controller.
func (w *workload) mayCarry(l labels) bool {
	for _, want := range l {
		if got, ok := w.labels.get(want.key); ok && got != want.value || !ok && !w.mayHave(want.key) {
			return false
		}
	}
	return true
}
