package platform

import "github.com/kubeflow-ambient/ambient-profile/pkg/generate"

// route leads a path from the ingress Gateway to a Service.
type route struct {
	Path, Service string
	Port          int
	// Rewrite: the Service lives at / and is told by a header under which path it hangs, Prefix.
	Rewrite bool
	Prefix  string
	Timeout string
}

// httpRoute is an HTTPRoute. It lets nobody in: policies do.
func (p Platform) httpRoute(namespace, name string, r route) generate.Object {
	rule := generate.Fields{
		"matches":     []generate.Fields{{"path": generate.Fields{"type": "PathPrefix", "value": r.Path}}},
		"backendRefs": []generate.Fields{{"name": r.Service, "port": r.Port}},
	}
	var filters []generate.Fields
	if r.Prefix != "" {
		filters = append(filters, generate.Fields{
			"type":                  "RequestHeaderModifier",
			"requestHeaderModifier": generate.Fields{"set": []generate.Fields{{"name": "x-forwarded-prefix", "value": r.Prefix}}},
		})
	}
	if r.Rewrite {
		filters = append(filters, generate.Fields{
			"type":       "URLRewrite",
			"urlRewrite": generate.Fields{"path": generate.Fields{"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}},
		})
	}
	if filters != nil {
		rule["filters"] = filters
	}
	if r.Timeout != "" {
		rule["timeouts"] = generate.Fields{"request": r.Timeout}
	}
	return generate.Object{
		APIVersion: gatewayGroup + "/v1", Kind: "HTTPRoute", Namespace: namespace, Name: name,
		Fields: generate.Fields{"spec": generate.Fields{
			"parentRefs": []generate.Fields{{"name": p.GatewayName, "namespace": p.GatewayNamespace}},
			"rules":      []generate.Fields{rule},
		}},
	}
}
