package access

const gatewayGroup = "gateway.networking.k8s.io"

// atGateway gives the policies of an ingress Gateway: those that target it, and those without targetRefs whose selector picks its pods, of
// its own namespace and the root namespace (model.ShouldAttachPolicy; ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY is on by default).
func (w *World) atGateway(g *gateway) []*policy {
	var out []*policy
	for _, ns := range w.gatewaySpaces(g, nil) {
		for _, p := range w.look(ns).policies {
			if p.onGateway(p.namespace, g) {
				out = append(out, p)
			}
		}
	}
	return out
}

func (a *attachment) onGateway(namespace string, g *gateway) bool {
	if len(a.targets) == 0 {
		return a.selector.selects(g.pod.labels)
	}
	return a.targetsGateway(namespace, g)
}

// targetsGateway: a policy binds to a Gateway of its own namespace only (model.ShouldAttachPolicy).
func (a *attachment) targetsGateway(namespace string, g *gateway) bool {
	for _, t := range a.targets {
		if t.kind == "Gateway" && t.group == gatewayGroup && t.name == g.name && namespace == g.namespace &&
			(t.namespace == "" || t.namespace == g.namespace) {
			return true
		}
	}
	return false
}

// onWaypoint: a waypoint takes policies that target its Gateway, the Service at hand, or in the root namespace the GatewayClass
// istio-waypoint; never those without targetRefs (model.ShouldAttachPolicy).
func (a *attachment) onWaypoint(w *World, namespace string, g *gateway, svc *service) bool {
	for _, t := range a.targets {
		switch {
		case t.kind == "Service" && (t.group == "" || t.group == "core"):
			if svc != nil && t.name == svc.name && namespace == svc.namespace {
				return true
			}
		case t.kind == "GatewayClass" && t.group == gatewayGroup:
			if t.name == "istio-waypoint" && namespace == w.mesh.rootNamespace {
				return true
			}
		}
	}
	return a.targetsGateway(namespace, g)
}

// gatewaySpaces are the namespaces whose policies a gateway or waypoint looks at, each once (model.ListAuthorizationPolicies).
func (w *World) gatewaySpaces(g *gateway, svc *service) []string {
	out := []string{w.mesh.rootNamespace}
	if g.namespace != w.mesh.rootNamespace {
		out = append(out, g.namespace)
	}
	if svc != nil && svc.namespace != g.namespace && svc.namespace != w.mesh.rootNamespace {
		out = append(out, svc.namespace)
	}
	return out
}

func (w *World) atWaypoint(g *gateway, svc *service) []*policy {
	var out []*policy
	for _, ns := range w.gatewaySpaces(g, svc) {
		for _, p := range w.look(ns).policies {
			if len(p.targets) > 0 && p.onWaypoint(w, p.namespace, g, svc) {
				out = append(out, p)
			}
		}
	}
	return out
}

// atZtunnel gives the policies that ztunnel takes for a pod: none with targetRefs, those of the pod's namespace and of the root namespace,
// with a selector that picks the pod or with none (ambient buildWorkloadPolicies, ztunnel state.rs assert_rbac). CUSTOM and AUDIT never
// reach ztunnel, and dry-run ones do not by default (ambient convertAuthorizationPolicy).
func (w *World) atZtunnel(namespace string, pod *workload) []*policy {
	var out []*policy
	for i, ns := range [2]string{w.mesh.rootNamespace, namespace} {
		if i == 1 && ns == w.mesh.rootNamespace {
			break
		}
		for _, p := range w.look(ns).policies {
			if p.reachesZtunnel() && p.selector.selects(pod.labels) {
				out = append(out, p)
			}
		}
	}
	return out
}

// reachesZtunnel reports whether ztunnel is given a policy for the pods that it selects. `selector: {}` without matchLabels attaches to no
// workload at all (ambient buildWorkloadPolicies).
func (p *policy) reachesZtunnel() bool {
	if len(p.targets) > 0 && (p.bad == nil || !p.selected) || p.action > deny || p.dryRun && p.bad == nil {
		return false
	}
	return !p.selected || p.selector != nil
}

// unselected are the policies that would apply to a made up pod if it had more labels than are known.
func (w *World) unselected(namespace string, pod *workload) (out []string) {
	if !pod.assumed {
		return nil
	}
	for _, ns := range [2]string{w.mesh.rootNamespace, namespace} {
		for _, p := range w.look(ns).policies {
			if len(p.targets) == 0 && p.selector.lacks(pod.labels) {
				out = append(out, p.id())
			}
		}
	}
	return out
}
