package main

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayv1beta1 "sigs.k8s.io/gateway-api/apis/v1beta1"
	"sigs.k8s.io/yaml"

	"istio.io/istio/pilot/pkg/config/kube/crd"
)

// addRouting keeps what decides where a request goes, and what changes a proxy.
func (c *manifests) addRouting(group, kind, doc string) error {
	switch group {
	case "gateway.networking.k8s.io":
		return c.addRoute(kind, doc)
	case "networking.istio.io", "extensions.istio.io":
		return c.addConfig(doc)
	}
	return nil // nothing that a proxy of the mesh looks at
}

func (c *manifests) addRoute(kind, doc string) error {
	var o runtime.Object
	switch kind {
	case "HTTPRoute":
		r := &gatewayv1.HTTPRoute{}
		defer func() { r.TypeMeta = metav1.TypeMeta{}; defaultMatches(r) }()
		o = r
	case "GRPCRoute":
		r := &gatewayv1.GRPCRoute{}
		defer func() { r.TypeMeta = metav1.TypeMeta{} }()
		o = r
	case "ListenerSet":
		r := &gatewayv1.ListenerSet{}
		defer func() { r.TypeMeta = metav1.TypeMeta{} }()
		o = r
	case "ReferenceGrant":
		r := &gatewayv1beta1.ReferenceGrant{}
		defer func() { r.TypeMeta = metav1.TypeMeta{} }()
		o = r
	default:
		return nil
	}
	c.routing = append(c.routing, o)
	return yaml.UnmarshalStrict([]byte(doc), o)
}

// defaultMatches fills in what the API server does by the CRD's defaults.
func defaultMatches(r *gatewayv1.HTTPRoute) {
	prefix, root := gatewayv1.PathMatchPathPrefix, "/"
	for i := range r.Spec.Rules {
		rule := &r.Spec.Rules[i]
		if len(rule.Matches) == 0 {
			rule.Matches = []gatewayv1.HTTPRouteMatch{{}}
		}
		for j := range rule.Matches {
			m := &rule.Matches[j]
			if m.Path == nil {
				m.Path = &gatewayv1.HTTPPathMatch{}
			}
			if m.Path.Type == nil {
				m.Path.Type = &prefix
			}
			if m.Path.Value == nil {
				m.Path.Value = &root
			}
		}
	}
}

// addConfig reads an object as istiod's own file reader does, which validates it.
func (c *manifests) addConfig(doc string) error {
	parsed, _, err := crd.ParseInputs(doc)
	if err != nil && strings.Contains(err.Error(), "configuration is invalid") {
		c.invalid = append(c.invalid, err) // an error where routes are asked, and nothing to a policy
		return nil
	}
	for _, cfg := range parsed {
		cfg.Domain = "cluster.local" // short names of hosts are of this domain, as in istiod
		c.configs = append(c.configs, cfg)
	}
	return err
}

// completed gives Services their cluster addresses, as the API server does, and
// every Gateway the Service and pod that its controller makes
// (kube-gateway.yaml and waypoint.yaml), so that a proxy of it knows its ports.
func (c *manifests) completed() []runtime.Object {
	out := append([]runtime.Object(nil), c.routing...)
	have, sets := map[string]bool{}, map[string][]*gatewayv1.ListenerSet{}
	for _, o := range c.routing {
		if set, ok := o.(*gatewayv1.ListenerSet); ok {
			of := set.Spec.ParentRef
			key := set.Namespace + "/" + string(of.Name)
			if of.Namespace != nil {
				key = string(*of.Namespace) + "/" + string(of.Name)
			}
			sets[key] = append(sets[key], set)
		}
	}
	for _, o := range c.objects {
		out = append(out, o)
		if svc, ok := o.(*corev1.Service); ok {
			have[svc.Namespace+"/"+svc.Name] = true
		}
	}
	for i, key := range sortedKeys(c.gateways) {
		gw := c.gateways[key]
		name := serviceOf(gw)
		if !have[gw.Namespace+"/"+name] {
			out = append(out, gatewayService(gw, name, sets[key]))
		}
		out = append(out, gatewayPod(gw, gatewayIP(i)))
	}
	ip := 0
	for _, o := range out {
		if svc, ok := o.(*corev1.Service); ok && svc.Spec.ClusterIP == "" {
			ip++
			svc.Spec.ClusterIP = fmt.Sprintf("10.96.%d.%d", ip/250, ip%250+1)
			svc.Spec.ClusterIPs = []string{svc.Spec.ClusterIP}
		}
	}
	return out
}

func gatewayIP(i int) string { return fmt.Sprintf("10.244.9.%d", i+1) }
