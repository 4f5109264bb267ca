package fn

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// The stages before and after those of the namespaces.
const (
	policiesStage  = "policies"
	waypointsStage = "waypoints"
	gatewayStage   = "gateway"
	routesStage    = "routes"
	restStage      = "rest"
	clusterStage   = "cluster"
)

var stageIs = map[string]string{
	policiesStage:  "New policies of the namespaces that will join. Nothing is in the mesh yet: what has a sidecar keeps it.",
	waypointsStage: "The waypoints, and what must run before the ingress knows of it. No request goes there yet.",
	gatewayStage:   "The ingress Gateway and its policies, and new objects outside of the namespaces. It has no routes yet.",
	routesStage:    "The routes of the ingress Gateway.",
	restStage:      "What would open something before all namespaces have joined.",
	clusterStage:   "What changes or goes outside of the namespaces, once all of them have joined.",
}

// stages cuts the changes: what closes comes before what leads requests another way, and what the namespaces that have not joined still need goes last.
func (p *rolloutPlan) stages(groups [][]string) ([]Stage, error) {
	grouped, err := p.grouped(groups)
	if err != nil {
		return nil, err
	}
	var out []Stage
	add := func(name, what string, restarts []string, in func(c *change) bool) {
		s := Stage{What: what, restarts: restarts, early: name == gatewayStage} // a policy that closes must not wait
		for _, c := range p.changes {
			if in(&c) {
				s.changes = append(s.changes, c)
			}
		}
		if len(s.changes) > 0 {
			s.Name = fmt.Sprintf("%d-%s", len(out)+1, name)
			s.Ready = s.ready()
			out = append(out, s)
		}
	}
	for _, name := range []string{policiesStage, waypointsStage, gatewayStage, routesStage} {
		add(name, stageIs[name], nil, func(c *change) bool { return p.kindOf(c) == name })
	}
	for _, group := range grouped {
		add(strings.Join(group, "-")+"-labels", "The labels of Namespace "+strings.Join(group, ", ")+" and what is edited or removed there. Then its pods are restarted, without sidecars.", group,
			func(c *change) bool { return p.kindOf(c) == "" && slices.Contains(group, c.in()) })
	}
	add(clusterStage, stageIs[clusterStage], nil, func(c *change) bool { return p.kindOf(c) == clusterStage })
	return out, nil
}

// rest puts what was left for later where the last stage of a namespace ends.
func (p *rolloutPlan) rest(stages []Stage, at int, later []change) []Stage {
	s := Stage{Name: fmt.Sprintf("%d-%s", at+1, restStage), What: stageIs[restStage], changes: later}
	s.Ready = s.ready()
	stages = slices.Insert(stages, at, s)
	for i := at + 1; i < len(stages); i++ {
		stages[i].Name = fmt.Sprintf("%d-%s", i+1, clusterStage)
	}
	return stages
}

// grouped are the namespaces that join, in groups.
func (p *rolloutPlan) grouped(groups [][]string) (out [][]string, err error) {
	done := map[string]bool{}
	for _, group := range groups {
		for _, name := range group {
			if !slices.Contains(p.joins, name) || done[name] {
				return nil, undone(diagnostic.WrongArguments, nil, fmt.Sprintf("--group names %q, which is not a namespace that joins, or is in two groups", name), "name namespaces of "+strings.Join(p.joins, ", "))
			}
			done[name] = true
		}
	}
	started := map[int]bool{}
	for _, name := range p.joins {
		i := slices.IndexFunc(groups, func(g []string) bool { return slices.Contains(g, name) })
		switch {
		case i < 0:
			out = append(out, []string{name})
		case !started[i]:
			started[i] = true
			out = append(out, groups[i])
		}
	}
	return out, nil
}

// in is the namespace that an object is in; a Namespace is in itself.
func (c *change) in() string {
	if c.Kind == "Namespace" {
		return c.Name
	}
	return c.Namespace
}

// kindOf is the stage that a change belongs to, "" for that of its namespace.
func (p *rolloutPlan) kindOf(c *change) string {
	joins := slices.Contains(p.joins, c.in())
	switch {
	case c.new == nil && c.Group == "networking.istio.io" && c.Kind != "DestinationRule":
		return clusterStage // namespaces that have not joined are still reached this way
	case c.old != nil && joins:
		return ""
	case c.old != nil:
		return clusterStage
	case c.Kind == "HTTPRoute":
		return routesStage
	case c.Kind == "Gateway" && !isWaypoint(c.new):
		return gatewayStage
	case c.Kind == "Gateway", c.Kind == "ConfigMap", c.Kind == "NetworkPolicy", c.runs():
		return waypointsStage
	case joins:
		return policiesStage
	}
	return gatewayStage
}

// runs reports whether an object is of a program, such as the key proxy.
func (c *change) runs() bool {
	return slices.Contains([]string{"Deployment", "Service", "ServiceAccount", "PodDisruptionBudget"}, c.Kind)
}

func isWaypoint(n *yaml.Node) bool {
	return strings.HasSuffix(manifest.Value(manifest.Field(n, "spec"), "gatewayClassName"), "waypoint")
}

// inert reports whether no proxy reads an object of a kind, so that none decides a request otherwise because of it. A NetworkPolicy stops connections before
// they come to a proxy, at most.
func (c *change) inert() bool {
	return slices.Contains([]string{"RoleBinding", "Role", "ClusterRole", "ClusterRoleBinding", "PodDisruptionBudget", "NetworkPolicy"}, c.Kind)
}

// ready are the commands that show that a stage is done.
func (s *Stage) ready() (out []string) {
	for _, c := range s.changes {
		if c.new == nil {
			continue
		}
		targets := manifest.Field(manifest.Field(c.new, "spec"), "targetRefs") != nil
		switch {
		case c.Kind == "AuthorizationPolicy" && !targets && !isOwned(c.new): // somebody's for sidecars: ztunnel drops a part of it, and the reason says so
			out = append(out, fmt.Sprintf("kubectl wait --for=condition=%s authorizationpolicy/%s -n %s --timeout=2m", ztunnelAccepted, c.Name, c.Namespace))
		case c.Kind == "AuthorizationPolicy" && !targets:
			out = append(out, acceptedBy(ztunnelAccepted, c.ID))
		case c.Kind == "AuthorizationPolicy" && !strings.HasSuffix(s.Name, policiesStage): // before its waypoint is there nothing can accept it
			out = append(out, acceptedBy(waypointAccepted, c.ID))
		case c.Kind == "Gateway":
			out = append(out, fmt.Sprintf("kubectl wait --for=condition=Programmed gateway/%s -n %s --timeout=2m", c.Name, c.Namespace))
		case c.Kind == "Deployment":
			out = append(out, fmt.Sprintf("kubectl rollout status deployment/%s -n %s --timeout=2m", c.Name, c.Namespace))
		}
	}
	for _, name := range s.restarts {
		out = append(out, "kubectl rollout restart statefulset,deployment -n "+name, "kubectl rollout status statefulset,deployment -n "+name)
	}
	return out
}

// acceptedBy waits for a reason: the status is True for a policy of which a part has no effect, too (Istio 1.31: model PolicyReason).
func acceptedBy(condition string, id manifest.ID) string {
	return fmt.Sprintf(`kubectl wait --for=jsonpath='{.status.conditions[?(@.type=="%s")].reason}'=Accepted authorizationpolicy/%s -n %s --timeout=2m`, condition, id.Name, id.Namespace)
}

// back are the stages of the way back: the other way round, but that pods get their sidecars before their Namespace leaves the mesh.
func (p *rolloutPlan) back(stages []Stage) (out []Stage) {
	add := func(name, what string, s Stage) {
		s.Name, s.What = fmt.Sprintf("back/%d-%s", len(out)+1, name), what
		out = append(out, s)
	}
	for i := len(stages) - 1; i >= 0; i-- {
		s := stages[i]
		_, name, _ := strings.Cut(s.Name, "-")
		undo := Stage{}
		for j := len(s.changes) - 1; j >= 0; j-- {
			c := s.changes[j]
			undo.changes = append(undo.changes, change{c.ID, c.new, c.old})
		}
		if len(s.restarts) > 0 {
			name = strings.TrimSuffix(name, "-labels")
			first := Stage{restarts: s.restarts}
			for k, c := range undo.changes {
				if c.Kind == "Namespace" && c.new != nil {
					between := withSidecars(c.old, c.new)
					first.changes = append(first.changes, change{c.ID, c.old, between})
					undo.changes[k].old = between
				}
			}
			first.Ready = first.ready()
			add(name+"-sidecars", "The pods are restarted with sidecars, and their Namespace stays in the mesh.", first)
		}
		undo.Ready = undo.ready()
		add(name, "What stage "+s.Name+" changed, as it was.", undo)
	}
	return out
}

// withSidecars is a Namespace in the mesh whose new pods get sidecars as they did before.
func withSidecars(is, was *yaml.Node) *yaml.Node {
	n, before := yaml.NewRNode(is).Copy(), yaml.NewRNode(was).GetLabels()
	labels := n.GetLabels()
	delete(labels, "istio-injection")
	for _, key := range []string{"istio-injection", "istio.io/rev"} {
		if before[key] != "" {
			labels[key] = before[key]
		}
	}
	if err := n.SetLabels(labels); err != nil {
		return is
	}
	return n.YNode()
}
