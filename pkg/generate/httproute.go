package generate

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// routeSpec is the part of an HTTPRoute that we write (gateway.networking.k8s.io/v1).
type (
	routeSpec struct {
		ParentRefs []parentRef `yaml:"parentRefs"`
		Rules      []routeRule `yaml:"rules"`
	}
	parentRef struct {
		Name      string `yaml:"name"`
		Namespace string `yaml:"namespace"`
		// SectionName is a listener; "" is all of them.
		SectionName string `yaml:"sectionName"`
	}
	routeRule struct {
		Matches     []routeMatch  `yaml:"matches"`
		Filters     []routeFilter `yaml:"filters"`
		BackendRefs []backendRef  `yaml:"backendRefs"`
		Timeouts    timeouts      `yaml:"timeouts"`
	}
	timeouts struct {
		Request string `yaml:"request"`
	}
	routeMatch struct {
		Path pathMatch `yaml:"path"`
	}
	pathMatch struct {
		Type  string `yaml:"type"`
		Value string `yaml:"value"`
	}
	routeFilter struct {
		Type                  string         `yaml:"type"`
		RequestHeaderModifier headerModifier `yaml:"requestHeaderModifier"`
		URLRewrite            urlRewrite     `yaml:"urlRewrite"`
	}
	headerModifier struct {
		Set []headerValue `yaml:"set"`
	}
	headerValue struct {
		Name  string `yaml:"name"`
		Value string `yaml:"value"`
	}
	urlRewrite struct {
		Path pathModifier `yaml:"path"`
	}
	pathModifier struct {
		Type               string `yaml:"type"`
		ReplacePrefixMatch string `yaml:"replacePrefixMatch"`
	}
	backendRef struct {
		Name string `yaml:"name"`
		Port int    `yaml:"port"`
	}
)

// route leads a path of the ingress Gateway to a Service of the route's namespace.
type route struct {
	path, service string
	port          int
	filters       []routeFilter
	// timeout of a request; "" is none.
	timeout string
}

// httpRoute is a route on the ingress Gateway. It grants no access: policies do.
func (m *Mesh) httpRoute(namespace, name string, r route) Object {
	return Object{
		APIVersion: survey.GatewayGroup + "/v1", Kind: "HTTPRoute", Namespace: namespace, Name: name,
		Fields: spec(routeSpec{
			ParentRefs: []parentRef{{Name: m.GatewayName, Namespace: m.GatewayNamespace, SectionName: m.SectionName}},
			Rules: []routeRule{{
				Matches:     []routeMatch{{pathMatch{"PathPrefix", r.path}}},
				Filters:     r.filters,
				BackendRefs: []backendRef{{Name: r.service, Port: r.port}},
				Timeouts:    timeouts{r.timeout},
			}},
		}),
	}
}

// notebookRoute leads the notebook's path to its Service, in front of which the waypoint says who may
// open it.
func notebookRoute(ns Namespace, n profile.Notebook) Object {
	return ns.httpRoute(ns.Name, "notebook-"+n.Name, route{
		path: "/notebook/" + ns.Name + "/" + n.Name + "/", service: n.Name, port: 80,
		filters: append(rewrite(n.Rewrite), setHeaders(n.Headers)...),
	})
}

// appRoute does the same for what else Kubeflow's controllers serve.
func appRoute(ns Namespace, a profile.App) Object {
	filters := rewrite(a.Rewrite)
	if a.Prefix != "" {
		filters = append(filters, setHeaders(map[string]string{"x-forwarded-prefix": a.Prefix})...)
	}
	return ns.httpRoute(ns.Name, a.Route, route{path: a.Path, service: a.Service, port: 80, filters: filters, timeout: a.Timeout})
}

// rewrite replaces the matched prefix, for servers that do not know under which path they hang.
func rewrite(prefix string) []routeFilter {
	if prefix == "" {
		return nil
	}
	return []routeFilter{{Type: "URLRewrite", URLRewrite: urlRewrite{pathModifier{"ReplacePrefixMatch", prefix}}}}
}

func setHeaders(headers map[string]string) []routeFilter {
	if len(headers) == 0 {
		return nil
	}
	var set []headerValue
	for _, name := range SortedKeys(headers) {
		set = append(set, headerValue{name, headers[name]})
	}
	return []routeFilter{{Type: "RequestHeaderModifier", RequestHeaderModifier: headerModifier{set}}}
}
