package access

import (
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// unread reports RequestAuthentications that no proxy reads: ztunnel does not check tokens, and a waypoint reads only what targets it, or a
// Service behind it. Measured with real proxies: rules that ask for a token's claims then match nobody.
func (a *selfCheck) unread(s *space) {
	for _, r := range s.authentications {
		found := a.unreadBecause(s, r)
		if found == "" {
			continue
		}
		a.report(diagnostic.AuthenticationUnread, r.origin, found,
			"no proxy checks its tokens, so rules that ask for a request principal, claims or audiences match no request, and headers that it copies from claims stay empty",
			"set targetRefs to the waypoint, or to Services behind it")
	}
}

func (a *selfCheck) unreadBecause(s *space, r *authentication) string {
	if r.bad != nil {
		return ""
	}
	if len(r.targets) == 0 {
		for _, g := range s.gateways {
			if !g.waypoint && r.selector.selects(g.pod.labels) {
				return ""
			}
		}
		for _, pod := range s.workloads {
			if s.member(pod) == sidecar && r.selector.selects(pod.labels) {
				return ""
			}
		}
		return "has no targetRefs, and no sidecar or gateway in its namespace reads it"
	}
	var missing []string
	for _, t := range r.targets {
		if why := a.unreadTarget(s, t); why != "" {
			missing = append(missing, why)
		}
	}
	if len(missing) < len(r.targets) {
		return ""
	}
	return "targets " + strings.Join(missing, ", and ")
}

// unreadTarget names a target for which nothing reads what is attached to it, and why; "" where something does or nobody can say.
func (a *selfCheck) unreadTarget(s *space, t target) string {
	switch t.kind {
	case "Gateway":
		if s.gateway(t.name) == nil {
			return "Gateway " + t.name + ", which does not exist"
		}
	case "GatewayClass":
		if s.name != a.w.mesh.rootNamespace {
			return "GatewayClass " + t.name + ", which counts in " + a.w.mesh.rootNamespace + " only"
		}
	case "Service":
		svc := s.service(t.name)
		if svc == nil || svc.external {
			return ""
		}
		addressed := *svc
		addressed.headless = false // the ingress sends even a headless one to the waypoint
		if b := a.w.serviceWaypoint(&addressed); b.gateway == nil && b.doubt == "" {
			return "Service " + t.name + ", which is not behind a waypoint"
		}
	}
	return ""
}
