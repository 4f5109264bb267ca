package access

import "sigs.k8s.io/kustomize/kyaml/yaml"

// podDefault is what Kubeflow's admission-webhook does to pods (kubeflow/kubeflow 039f398, components/admission-webhook/main.go).
type podDefault struct {
	origin
	selector            podSelector
	labels, annotations labels
	account             string
	broken              bool
}

func (w *World) readPodDefault(m meta, n *yaml.Node) *fault {
	s, spec := w.space(m.namespace), field(n, "spec")
	d := podDefault{origin: m.in(s), selector: selectorOf(field(spec, "selector")), account: textOf(field(spec, "serviceAccountName"))}
	var bad, worse error
	d.labels, bad = labelsOf(field(spec, "labels"))
	d.annotations, worse = labelsOf(field(spec, "annotations"))
	d.broken = bad != nil || worse != nil
	s.podDefaults = append(s.podDefaults, d)
	return nil
}

// applyPodDefaults gives a pod what the PodDefaults of its namespace that select it hold (applyPodDefaultsOnPod). The webhook is asked in Namespaces
// labelled app.kubernetes.io/part-of: kubeflow-profile, which the profile-controller may do later. Where something else has the same label or
// annotation with another value, it rejects the pod.
func (s *space) applyPodDefaults(pod *workload) {
	if len(s.podDefaults) == 0 || pod.annotations.value("poddefault.admission.kubeflow.org/exclude") == "true" {
		return
	}
	asked := maybe
	if part, ok := s.labels.get("app.kubernetes.io/part-of"); ok && s.declared {
		asked = is(part == "kubeflow-profile")
	}
	own := *pod
	for i := range s.podDefaults {
		d := &s.podDefaults[i]
		switch v := min(d.selector.picksPod(&own), asked); {
		case v == no:
		case v == yes && !d.broken && pod.labels.agrees(d.labels) && pod.annotations.agrees(d.annotations):
			pod.labels, pod.annotations = merge(pod.labels, d.labels), merge(pod.annotations, d.annotations)
			if d.account != "" {
				pod.account = d.account
			}
		default:
			s.perhapsApply(d, pod)
		}
	}
}

// perhapsApply: a PodDefault of which it is not known whether the pod gets it.
func (s *space) perhapsApply(d *podDefault, pod *workload) {
	for _, l := range [2]labels{d.labels, d.annotations} {
		for _, x := range l {
			if isCaptureKey(x.key) && pod.unsure == "" {
				pod.unsure = "whether the pods get " + x.key + " from " + d.String() + " is not known"
			}
		}
	}
	for _, x := range d.labels {
		pod.adds = append(pod.adds[:len(pod.adds):len(pod.adds)], x.key)
	}
	pod.anyAccount = pod.anyAccount || d.account != ""
}

// agrees reports whether no label of another value is there.
func (l labels) agrees(other labels) bool {
	for _, x := range other {
		if v, ok := l.get(x.key); ok && v != x.value {
			return false
		}
	}
	return true
}
