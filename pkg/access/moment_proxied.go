package access

import (
	"reflect"
	"slices"
)

// untouched reports whether a pod asks for pods with proxies of their own, and nothing differs from the beginning: neither the client, nor the pods, nor what
// their proxies enforce. What is not judged of them is then decided as at the beginning. Where it is said how a request comes, the client does not matter.
func (m *compared) untouched(s *spotOf, r Request, read reading) bool {
	if r.From.ingress() || !s.in[atBegin].there {
		return false
	}
	begin, now := m.askers[atBegin].w, m.askers[atMoment].w
	if r.From.ServiceAccount != "" && read == anyReading {
		ns, account, _ := splitAccount(r.From.ServiceAccount)
		kinds := func(w *World) (out []membership) {
			for _, c := range w.clientPods(w.look(ns), ns, account) {
				out = append(out, c.member)
			}
			slices.Sort(out)
			return slices.Compact(out)
		}
		if !slices.Equal(kinds(begin), kinds(now)) {
			return false
		}
	}
	a, b := begin.proxiedPods(&s.in[atBegin].to), now.proxiedPods(&s.in[atMoment].to)
	return len(a) > 0 && reflect.DeepEqual(a, b)
}

// proxiedPod is a pod with a proxy of its own, and all that this proxy enforces.
type proxiedPod struct {
	labels, annotations labels
	account, cloud      string
	policies            []*policy
	authentications     []*authentication
	peers               []*peerAuthentication
}

// proxiedPods are the pods of a target, nil where some request to it meets anything else than their own proxies.
func (w *World) proxiedPods(to *To) (out []proxiedPod) {
	s := w.look(to.Namespace)
	pods := []*workload{to.only}
	if to.only == nil {
		svc := s.service(to.Service)
		if svc == nil || svc.headless || svc.external {
			return nil
		}
		if b := w.serviceWaypoint(svc); b.gateway != nil || b.doubt != "" {
			return nil
		}
		pods = s.pods(svc)
	}
	for _, pod := range pods {
		if b := w.podWaypoint(s, pod); s.member(pod) != sidecar || pod.assumed || b.gateway != nil || b.doubt != "" {
			return nil
		}
		p := proxiedPod{labels: pod.labels, annotations: pod.annotations, account: pod.account, policies: w.atProxy(s.name, pod)}
		if c := w.cloudOnProxied(s, pod); c != nil {
			p.cloud = c.id() + ": " + c.why
		}
		for _, ns := range w.sidecarSpaces(s) {
			for _, a := range w.look(ns).authentications {
				if len(a.targets) == 0 {
					p.authentications = append(p.authentications, a)
				}
			}
			p.peers = append(p.peers, w.look(ns).peers...)
			for _, other := range w.look(ns).policies { // what may select the pod by labels that its controller gives it
				if len(other.targets) == 0 && pod.mayCarry(other.selector) {
					p.policies = append(p.policies, other)
				}
			}
		}
		out = append(out, p)
	}
	return out
}
