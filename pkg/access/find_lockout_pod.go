package access

import "github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"

// departures reports pods that left the mesh on their own.
func (a *selfCheck) departures(s *space) {
	for _, d := range s.departures {
		a.report(diagnostic.PodsLeaveMesh, d.origin, "takes its pods out of the mesh by "+d.by,
			"ztunnel does not see their traffic, so no policy protects them, and any pod can reach them past the waypoint", d.remedy())
	}
}

// remedy: what needs the network of its node, as an exporter does, can do without the mesh only where no tenant is.
func (d *departure) remedy() string {
	if d.by == "hostNetwork: true" {
		return "remove " + d.by + ", or run it in a namespace of its own"
	}
	return "remove " + d.by
}

// enrollRemedy says how a Namespace comes into the mesh: by its label, or where it has that, by what istio-cni selects.
func (s *space) enrollRemedy() string {
	if s.labels.value(dataplaneMode) != "ambient" {
		return "label it istio.io/dataplane-mode: ambient"
	}
	c := s.rules()
	switch {
	case contains(c.excluded, s.name):
		return "remove it from EXCLUDE_NAMESPACES in ConfigMap istio-cni-config"
	case c.selects:
		return "correct AMBIENT_ENABLEMENT_SELECTOR in ConfigMap istio-cni-config, which does not select its pods"
	}
	return "use another namespace, because istio-cni leaves this one alone"
}
