package generate

import "github.com/kubeflow-ambient/ambient-profile/pkg/profile"

// routeSpec is the part of an HTTPRoute that we write (gateway.networking.k8s.io/v1).
type (
	routeSpec struct {
		ParentRefs []parentRef `yaml:"parentRefs"`
		Rules      []routeRule `yaml:"rules"`
	}
	parentRef struct {
		Name      string `yaml:"name"`
		Namespace string `yaml:"namespace"`
	}
	routeRule struct {
		Matches     []routeMatch  `yaml:"matches"`
		Filters     []routeFilter `yaml:"filters"`
		BackendRefs []backendRef  `yaml:"backendRefs"`
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

// notebookRoute leads the notebook's path from the ingress Gateway to its Service. It lets nobody
// in: the waypoint in front of the Service does.
func notebookRoute(ns Namespace, n profile.Notebook) Object {
	return Object{
		APIVersion: gatewayGroup + "/v1", Kind: "HTTPRoute", Namespace: ns.Name, Name: "notebook-" + n.Name,
		Fields: spec(routeSpec{
			ParentRefs: []parentRef{{Name: ns.GatewayName, Namespace: ns.GatewayNamespace}},
			Rules: []routeRule{{
				Matches:     []routeMatch{{pathMatch{"PathPrefix", "/notebook/" + ns.Name + "/" + n.Name + "/"}}},
				Filters:     append(rewrite(n.Rewrite), setHeaders(n.Headers)...),
				BackendRefs: []backendRef{{Name: n.Name, Port: 80}},
			}},
		}),
	}
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
