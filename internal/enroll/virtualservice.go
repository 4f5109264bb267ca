package enroll

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// newRoute is the HTTPRoute that does what a VirtualService does.
type newRoute struct {
	// namespace is that of the Services: a route leads to those of another one by a ReferenceGrant only.
	namespace string
	// services are their names.
	services []string
	spec     generate.Fields
	// paths are the beginnings of its paths; "/" where any path may match.
	paths []string
	// everyHost is a host of Kubeflow itself that the VirtualService is for: the route is for every host.
	everyHost string
	// lost is what the route does not do: it changes how a request is served, and never who may send it.
	lost []string
}

// translation reads one VirtualService. why is the first thing that no HTTPRoute does and without which
// the route would take other requests.
type translation struct {
	mesh  *generate.Mesh
	input *survey.Index
	item  *manifest.Item
	// kubeflow are Kubeflow's own hosts.
	kubeflow []string
	out      newRoute
	why      string
}

// routeOf returns the HTTPRoute at the ingress Gateway that does what a VirtualService does at the old
// one; or why there is none.
func routeOf(plan generate.Plan, input *survey.Index, item *manifest.Item, kubeflow []string) (t newRoute, why string) {
	tr := translation{mesh: plan.Mesh, input: input, item: item, kubeflow: kubeflow}
	spec := manifest.Field(item.Node, "spec")
	for _, key := range []string{"tcp", "tls"} {
		if manifest.Field(spec, key) != nil {
			tr.refuse("has routes of spec." + key)
		}
	}
	out := generate.Fields{"parentRefs": []any{parentRef(plan.Mesh)}}
	if hosts := tr.hostnames(spec); len(hosts) > 0 {
		out["hostnames"] = hosts
	}
	var rules []any
	var from []string
	for i, route := range manifest.Content(manifest.Field(spec, "http")) {
		at := fmt.Sprintf("spec.http[%d]", i)
		of := tr.rules(at, manifest.Dealias(route))
		for j := range of {
			place := at
			if len(of) > 1 { // one for each match
				place = fmt.Sprintf("%s.match[%d]", at, j)
			}
			from = append(from, place)
		}
		rules = append(rules, of...)
	}
	if out["rules"] = rules; len(rules) == 0 {
		tr.refuse("has no HTTP route")
	}
	if why := orderMatters(rules, from); why != "" {
		tr.refuse(why)
	}
	if tr.out.namespace == "" { // redirects only
		tr.out.namespace = item.Namespace
	}
	if why := beyond("spec", out); why != "" {
		tr.refuse(why + ", which no HTTPRoute may have")
	}
	tr.out.spec = out
	return tr.out, tr.why
}

// refuse notes why no HTTPRoute does the same.
//
//go:noinline
func (t *translation) refuse(why string) {
	if t.why == "" {
		t.why = why
	}
}

// lose notes what the HTTPRoute does not do.
func (t *translation) lose(what string) { t.out.lost = append(t.out.lost, what) }

// rules are one route of the VirtualService as rules of the HTTPRoute: one for each match where the path
// is rewritten, because such a rule has only one (Gateway API: HTTPRouteRule).
func (t *translation) rules(at string, route *yaml.Node) (rules []any) {
	for i := 0; i+1 < len(route.Content); i += 2 {
		switch key := route.Content[i].Value; key {
		case "name", "match", "route", "rewrite", "redirect", "headers", "timeout", "mirror", "mirrors":
		case "retries", "fault", "corsPolicy":
			t.lose(at + "." + key)
		default:
			t.refuse("has " + at + "." + key)
		}
	}
	matches := manifest.Content(manifest.Field(route, "match"))
	if len(matches) < 2 || manifest.Field(route, "rewrite", "uri") == nil {
		return []any{t.rule(at, route, matches)}
	}
	for i := range matches {
		rules = append(rules, t.rule(at, route, matches[i:i+1]))
	}
	return rules
}

// rule is a route of the VirtualService, with these of its matches, as a rule of the HTTPRoute.
func (t *translation) rule(at string, route *yaml.Node, match []*yaml.Node) generate.Fields {
	rule := generate.Fields{}
	if matches := t.matches(at, match); len(matches) > 0 {
		rule["matches"] = matches
	}
	if filters := t.filters(at, route, match); len(filters) > 0 {
		rule["filters"] = filters
	}
	if timeout := manifest.Value(route, "timeout"); timeout != "" {
		if span := duration(timeout); span != "" {
			rule["timeouts"] = generate.Fields{"request": span}
		} else {
			t.lose(at + ".timeout")
		}
	}
	if backends := t.backends(at, manifest.Content(manifest.Field(route, "route"))); len(backends) > 0 {
		rule["backendRefs"] = backends
	}
	return rule
}

// backends are the Services that a route leads to.
func (t *translation) backends(at string, destinations []*yaml.Node) (out []any) {
	for i, d := range destinations {
		d = manifest.Dealias(d)
		at := fmt.Sprintf("%s.route[%d]", at, i)
		ref := t.backend(at+".destination", manifest.Field(d, "destination"))
		if ref == nil {
			return nil
		}
		if weight, err := strconv.Atoi(manifest.Value(d, "weight")); len(destinations) > 1 {
			if err != nil {
				weight = 0 // Istio: a destination without one gets nothing where others have one
			}
			ref["weight"] = weight
		}
		if filters := t.headerFilters(at, manifest.Field(d, "headers")); len(filters) > 0 {
			ref["filters"] = filters
		}
		out = append(out, ref)
	}
	return out
}

// backend is the Service of a destination, or nil.
func (t *translation) backend(at string, destination *yaml.Node) generate.Fields {
	host := manifest.Value(destination, "host")
	name, namespace := t.service(host)
	switch {
	case host == "":
		t.refuse("has no " + at + ".host")
		return nil
	case name == "":
		t.refuse("leads to " + host + ", which is not a Service of the cluster")
		return nil
	case beside(at, destination, "host", "port") != "":
		t.refuse(beside(at, destination, "host", "port"))
		return nil
	case t.out.namespace != "" && t.out.namespace != namespace:
		t.refuse("leads to Services of more than one namespace")
		return nil
	}
	t.out.namespace = namespace
	if !slices.Contains(t.out.services, name) {
		t.out.services = append(t.out.services, name)
	}
	old := oldRoute{service: name, namespace: namespace, port: manifest.Value(destination, "port", "number")}
	port, err := strconv.Atoi(old.backendPort(t.input))
	if err != nil || port < 1 || port > 65535 {
		t.refuse("does not say which port of Service " + namespace + "/" + name + " it means")
		return nil
	}
	return generate.Fields{"name": name, "port": port}
}

// service is the Service that a host means. One of two words may be a host outside of the cluster.
func (t *translation) service(host string) (name, namespace string) {
	name, namespace = serviceOf(host, t.item.Namespace)
	if strings.Count(host, ".") == 1 && t.input.ByID[manifest.ID{Kind: "Service", Namespace: namespace, Name: name}] == nil {
		return "", ""
	}
	return name, namespace
}
