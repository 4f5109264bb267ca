package main

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/yaml"

	securitypb "istio.io/api/security/v1beta1"
	securityclient "istio.io/client-go/pkg/apis/security/v1"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/constants"
	"istio.io/istio/pkg/config/schema/gvk"
	"istio.io/istio/pkg/config/validation"
)

// manifests are what a cluster holds, with the policies that Istio's
// validation webhook would have refused taken out.
type manifests struct {
	policies   []config.Config  // AuthorizationPolicies and RequestAuthentications
	objects    []runtime.Object // what the ambient index watches
	gateways   map[string]*gatewayv1.Gateway
	namespaces map[string]bool
	routing    []runtime.Object // what the gateway controller watches in addition
	configs    []config.Config  // of Istio's own kinds: VirtualService, EnvoyFilter and so on
	pods       map[string]*corev1.Pod
	labels     map[string]map[string]string // of Namespaces
	refused    []string
	invalid    []error // of Istio's own kinds
}

func parse(text string) (*manifests, error) {
	c := &manifests{
		gateways: map[string]*gatewayv1.Gateway{}, namespaces: map[string]bool{}, pods: map[string]*corev1.Pod{}, labels: map[string]map[string]string{},
	}
	for _, class := range []string{constants.WaypointGatewayClassName, istioClass} {
		c.objects = append(c.objects, gatewayClass(class))
	}
	for i, doc := range documents(text) {
		if err := c.add(doc); err != nil {
			return nil, fmt.Errorf("document %d: %w", i, err)
		}
	}
	return c, nil
}

func documents(text string) []string {
	var out []string
	for _, doc := range strings.Split("\n"+text, "\n---") {
		if strings.TrimSpace(doc) != "" {
			out = append(out, doc)
		}
	}
	return out
}

type meta struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"metadata"`
}

func (c *manifests) add(doc string) error {
	var m meta
	if err := yaml.Unmarshal([]byte(doc), &m); err != nil {
		return err
	}
	group, _, _ := strings.Cut(m.APIVersion, "/")
	switch group + "/" + m.Kind {
	case "security.istio.io/AuthorizationPolicy":
		return c.addAuthorization(doc)
	case "security.istio.io/RequestAuthentication":
		return c.addAuthentication(doc)
	case "security.istio.io/PeerAuthentication":
		pa := &securityclient.PeerAuthentication{}
		defer func() { pa.TypeMeta = metav1.TypeMeta{} }()
		return keep(c, doc, pa)
	case "gateway.networking.k8s.io/Gateway":
		gw := &gatewayv1.Gateway{}
		if err := keep(c, doc, gw); err != nil {
			return err
		}
		gw.TypeMeta = metav1.TypeMeta{}
		// Ready, or Istio would not bind a Service to it (ambient WaypointsCollection).
		hostname := gatewayv1.HostnameAddressType
		gw.Status.Addresses = []gatewayv1.GatewayStatusAddress{{Type: &hostname, Value: hostOf(gw.Name, gw.Namespace)}}
		c.gateways[gw.Namespace+"/"+gw.Name] = gw
		return nil
	case "v1/Namespace":
		ns := &corev1.Namespace{}
		c.namespaces[m.Metadata.Name] = true
		defer func() { c.labels[ns.Name] = ns.Labels }()
		return keep(c, doc, ns)
	case "v1/Service":
		return keep(c, doc, &corev1.Service{})
	case "v1/Pod":
		pod := &corev1.Pod{}
		c.pods[m.Metadata.Namespace+"/"+m.Metadata.Name] = pod
		return keep(c, doc, pod)
	}
	return c.addRouting(group, m.Kind, doc)
}

func hostOf(name, namespace string) string { return name + "." + namespace + ".svc.cluster.local" }

func keep[T runtime.Object](c *manifests, doc string, o T) error {
	c.objects = append(c.objects, o)
	return yaml.Unmarshal([]byte(doc), o)
}

func (c *manifests) addAuthorization(doc string) error {
	o := &securityclient.AuthorizationPolicy{}
	if err := yaml.Unmarshal([]byte(doc), o); err != nil {
		return c.refuse(doc)
	}
	cfg := config.Config{Meta: config.Meta{
		GroupVersionKind: gvk.AuthorizationPolicy, Name: o.Name, Namespace: o.Namespace, Annotations: o.Annotations, CreationTimestamp: o.CreationTimestamp.Time,
	}, Spec: &o.Spec}
	if _, err := validation.ValidateAuthorizationPolicy(cfg); err != nil {
		return c.refuse(doc)
	}
	c.policies = append(c.policies, cfg)
	o.TypeMeta = metav1.TypeMeta{} // stored as v1, whatever it was written in
	c.objects = append(c.objects, o)
	return nil
}

func (c *manifests) addAuthentication(doc string) error {
	o := &securityclient.RequestAuthentication{}
	if err := yaml.Unmarshal([]byte(doc), o); err != nil {
		return c.refuse(doc)
	}
	cfg := config.Config{Meta: config.Meta{
		GroupVersionKind: gvk.RequestAuthentication, Name: o.Name, Namespace: o.Namespace, CreationTimestamp: o.CreationTimestamp.Time,
	}, Spec: &o.Spec}
	if _, err := validation.ValidateRequestAuthentication(cfg); err != nil {
		return c.refuse(doc)
	}
	cfg.Spec = withKeys(&o.Spec)
	c.policies = append(c.policies, cfg)
	return nil
}

// withKeys puts a key set in place of its address: Istio would fetch it, and
// here every token's signature is good.
func withKeys(spec *securitypb.RequestAuthentication) *securitypb.RequestAuthentication {
	spec = proto.Clone(spec).(*securitypb.RequestAuthentication)
	for _, rule := range spec.JwtRules {
		if rule != nil {
			rule.JwksUri, rule.Jwks = "", `{"keys":[]}`
		}
	}
	return spec
}

func (c *manifests) refuse(doc string) error {
	var m meta
	if err := yaml.Unmarshal([]byte(doc), &m); err != nil {
		return err
	}
	c.refused = append(c.refused, fmt.Sprintf("%s %s/%s", m.Kind, m.Metadata.Namespace, m.Metadata.Name))
	slices.Sort(c.refused)
	return nil
}
