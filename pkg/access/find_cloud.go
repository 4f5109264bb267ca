package access

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// clouded reports, once for each object, what makes everything, an ingress Gateway, a tenant's namespace, its waypoint, Services or pods
// NOT JUDGED.
func (a *selfCheck) clouded(tenants []Tenant) {
	seen := map[*cloud]bool{}
	about := map[string]bool{}
	report := func(c *cloud, decides, affected string) {
		if c == nil || seen[c] || about[c.String()] {
			return
		}
		seen[c], about[c.String()] = true, true
		found := "may change what " + decides + " (" + c.why + ")"
		if c.field == "metadata.namespace" {
			found = "names no namespace and may change what " + decides + " (the tool that applies it decides which namespace it is in)"
		}
		a.reportField(diagnostic.VerdictsClouded, c.origin, c.field, c.at, found, "who reaches "+affected+" is NOT JUDGED",
			c.remedy(a.copyOf[c.String()]))
	}
	report(a.w.everything, "all of the mesh does", "the profiles' namespaces")
	report(a.w.everyEnvoy, "every gateway and waypoint does", "the profiles' namespaces")
	report(a.w.everyGateway, "every ingress Gateway does", "the profiles' namespaces through it")
	all := a.w.ingresses
	if !slices.Contains(all, a.ingress) { // which the manifests lack
		all = append(slices.Clip(all), a.ingress)
	}
	for _, g := range all {
		report(a.w.cloudOnGateway(g), "Gateway "+g.id()+" does", "the profiles' namespaces through it")
	}
	a.w.foreignRoutes(func(r *route, g *gateway) {
		for i := range r.rules {
			for _, b := range r.rules[i].backends {
				if a.tenants[b.home()] {
					report(g.foreignCloud(), "Gateway "+g.id()+" does", "namespace "+b.home()+" through it")
				}
			}
		}
	})
	for _, t := range tenants {
		s := a.w.look(t.Namespace)
		report(s.clouds.whole, "Namespace "+s.name+" does", "it")
		if b := a.w.bind(s, nil, "service"); b.gateway != nil {
			report(a.w.cloudOnWaypoint(b.gateway, nil), "waypoint "+b.gateway.id()+" does", "the Services of namespace "+s.name)
		}
		a.cloudedInside(s, report)
		a.doors(&t, s, report)
	}
}

// doors reports what may lead strangers to the pods of a tenant from elsewhere in the mesh.
func (a *selfCheck) doors(t *Tenant, s *space, report func(c *cloud, decides, affected string)) {
	doors := a.w.doors(s, "", nil)
	if len(doors) == 0 {
		return
	}
	w := a.watch(t, s)
	for i := range doors {
		d, to := &doors[i], doors[i].to+" of namespace "+s.name
		if d.from == s.name || d.at != nil && a.sets().passes(d, w.pool, w.strange) == nil {
			continue // who gets to its own Services is asked anyway
		}
		report(&cloud{origin: *d.by, field: d.in, at: d.by.place, why: d.reason()}, "leads to "+to, to)
	}
}

// cloudedInside reports what makes a Service or pods of a tenant NOT JUDGED.
func (a *selfCheck) cloudedInside(s *space, report func(c *cloud, decides, affected string)) {
	for _, svc := range s.services {
		name := "Service " + svc.id()
		report(a.w.cloudOnService(svc), name+" leads to", name)
		report(a.w.aliased[svc.id()], "Gateways send to "+name, name+" through them")
		report(a.w.cloudOnEndpoints(svc), name+" leads to", name)
		b := a.w.serviceWaypoint(svc)
		if b.gateway != nil {
			report(a.w.cloudOnWaypoint(b.gateway, svc), "waypoint "+b.gateway.id()+" does", name)
			report(a.w.cloudOnHop(b.gateway.namespace, svc), "waypoint "+b.gateway.id()+" sends to "+name, name)
			report(a.w.routeCloud(b.gateway, svc), "waypoint "+b.gateway.id()+" sends to "+name, name)
		}
		for _, g := range a.w.ingresses {
			report(a.w.cloudOnHop(g.namespace, svc), "Gateway "+g.id()+" sends to "+name, name+" through it")
		}
	}
	for _, pod := range s.workloads {
		name := "the pods of " + cmp.Or(pod.kind, "Pod") + " " + join(s.name, pod.name)
		report(pod.cloud, name+" take part in", name)
		report(a.w.cloudOnPod(s, pod), "ztunnel does before "+name, name)
	}
}

// routeCloud is a route bound to a Service, with which it is not judged where its waypoint sends what is for it.
func (w *World) routeCloud(g *gateway, svc *service) *cloud {
	for _, port := range svc.ports {
		for _, tcp := range [2]bool{false, true} {
			if r := w.routedInWaypoint(g, svc, port.number, tcp); r.stop != nil {
				return &cloud{origin: *r.stop, why: "it " + r.why}
			}
		}
	}
	return nil
}

// remedy names what to take away: a label, an annotation, a variable, a field, or the object.
// from is what the object is a copy of, "" for nothing.
func (c *cloud) remedy(from string) string {
	otherwise := ", or check by hand whom it allows"
	if from != "" {
		otherwise = " of " + from + ", from which it is copied" + otherwise
	}
	_, label, isLabel := strings.Cut(c.field, "labels[")
	_, annotation, isAnnotation := strings.Cut(c.field, "annotations[")
	switch {
	case c.field == "metadata.namespace":
		return "set metadata.namespace"
	case isLabel:
		return "remove the label " + strings.TrimSuffix(label, "]") + otherwise
	case isAnnotation:
		return "remove the annotation " + strings.TrimSuffix(annotation, "]") + otherwise
	case strings.HasPrefix(c.field, "the "):
		return "remove " + c.field + otherwise
	case c.field == "data.mesh":
		return "give the meshConfig of one istiod"
	case c.field != "" && c.field != "spec" && c.field != "spec.gatewayClassName":
		return "remove the field " + c.field + otherwise
	}
	return "remove the " + c.kind + otherwise
}
