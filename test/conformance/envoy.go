package main

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	rbacpb "github.com/envoyproxy/go-control-plane/envoy/config/rbac/v3"
	extauthz "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/ext_authz/v3"
	jwtpb "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/jwt_authn/v3"
	rbachttp "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/rbac/v3"
	rbactcp "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/rbac/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"istio.io/api/label"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/pkg/networking"
	"istio.io/istio/pilot/pkg/networking/plugin/authn"
	"istio.io/istio/pilot/pkg/networking/plugin/authz"
	"istio.io/istio/pilot/pkg/serviceregistry/provider"
)

// askEnvoy has Istio build the filters of that waypoint or gateway and runs the
// request through them in Istio's order: CUSTOM, tokens, then AUDIT, DENY, ALLOW
// (buildWaypointHTTPFilters; buildHTTPConnectionManager for a gateway).
func askEnvoy(c *manifests, push *model.PushContext, ask Case) (Verdict, error) {
	filters, err := filtersFor(c, push, ask)
	if err != nil {
		return Verdict{}, err
	}
	x, err := exchangeOf(ask)
	if err != nil {
		return Verdict{}, err
	}
	v, err := run(filters, x, ask.Request.Token)
	if refusal := (envoyRefusal{}); errors.As(err, &refusal) {
		return Verdict{Got: nack}, nil
	}
	return v, err
}

func filtersFor(c *manifests, push *model.PushContext, ask Case) ([]*anypb.Any, error) {
	gw, ok := c.gateways[ask.Namespace+"/"+ask.Name]
	if !ok {
		return nil, fmt.Errorf("no Gateway %s/%s", ask.Namespace, ask.Name)
	}
	// Pods of a Gateway carry its labels and gateway-name (Istio's waypoint.yaml
	// and kube-gateway.yaml; extractInfrastructureMetadata).
	labels := maps.Clone(gw.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[label.IoK8sNetworkingGatewayGatewayName.Name] = gw.Name
	proxy := &model.Proxy{Type: model.Router, ConfigNamespace: ask.Namespace, Labels: labels, Metadata: &model.NodeMetadata{}}
	var svc *model.Service
	class, filterState := networking.ListenerClassGateway, false
	if ask.Point == "waypoint" {
		proxy.Type, filterState, class = model.Waypoint, true, networking.ListenerClassSidecarInbound
		svc = &model.Service{Attributes: model.ServiceAttributes{
			Name: ask.Service, Namespace: ask.ServiceNamespace, ServiceRegistry: provider.Kubernetes,
		}}
	}
	custom := authz.NewBuilderForService(authz.Custom, push, proxy, filterState, svc)
	local := authz.NewBuilderForService(authz.Local, push, proxy, filterState, svc)
	var out []*anypb.Any
	if ask.Request.TCP {
		for _, f := range slices.Concat(custom.BuildTCP(), local.BuildTCP()) {
			out = append(out, f.GetTypedConfig())
		}
		return out, nil
	}
	tokens := authn.NewBuilderForService(push, proxy, svc)
	for _, f := range slices.Concat(custom.BuildHTTP(class), tokens.BuildHTTP(class), local.BuildHTTP(class)) {
		out = append(out, f.GetTypedConfig())
	}
	return out, nil
}

func exchangeOf(ask Case) (exchange, error) {
	r := ask.Request
	x := exchange{tls: ask.Point == "gateway" && r.From != nil, identity: r.From.URI()}
	var err error
	if x.source, err = netip.ParseAddr(r.IP); err != nil {
		return x, err
	}
	ip, err := netip.ParseAddr(r.DestIP)
	x.dest = netip.AddrPortFrom(ip, uint16(r.Port))
	if r.TCP || err != nil {
		return x, err
	}
	x.headers = map[string]string{":method": r.Method, ":authority": r.Host, ":path": normalPath(r.Path)}
	for k, v := range r.Headers {
		x.headers[strings.ToLower(k)] = strings.Trim(v, " \t") // as Envoy's codecs do
	}
	if r.Token != nil {
		x.headers["authorization"] = "Bearer e30.e30.e30"
	}
	return x, nil
}

func run(filters []*anypb.Any, x exchange, token map[string]any) (Verdict, error) {
	v := Verdict{Got: allow}
	for _, f := range filters {
		m, err := f.UnmarshalNew()
		if err != nil {
			return v, err
		}
		if err := valid(m); err != nil {
			return v, err
		}
		switch f := m.(type) {
		case *rbachttp.RBAC:
			err = v.step(f.Rules, f.ShadowRules, x)
		case *rbactcp.RBAC:
			err = v.step(f.Rules, f.ShadowRules, x)
		case *jwtpb.JwtAuthentication:
			var r jwtResult
			if r, err = authenticate(f, x.headers, token); !r.ok && err == nil {
				v.Got, v.By = deny, []string{"jwt"}
			}
			x.headers, x.jwt = r.headers, r.payload
		case *extauthz.ExtAuthz: // it follows the shadow rules that ask it
		default:
			err = fmt.Errorf("filter %T is not evaluated here", m)
		}
		if err != nil || v.Got == deny {
			return v, err
		}
	}
	return v, nil
}

// valid is what Envoy checks before it takes a configuration.
func valid(m proto.Message) error {
	if c, ok := m.(interface{ ValidateAll() error }); ok {
		if err := c.ValidateAll(); err != nil {
			return envoyRefusal{err}
		}
	}
	return nil
}

// step is one RBAC filter. Shadow rules never decide: they are dry runs, or (with
// Istio's prefix) they tell the ext_authz filter behind them whether to ask.
func (v *Verdict) step(rules, shadow *rbacpb.RBAC, x exchange) error {
	asks, err := matching(shadow, x)
	if err != nil {
		return err
	}
	for _, name := range asks {
		if strings.HasPrefix(name, "istio-ext-authz") {
			v.Custom = append(v.Custom, ruleID(name))
		}
	}
	if rules == nil || rules.Action == rbacpb.RBAC_LOG {
		return nil
	}
	names, err := matching(rules, x)
	if err != nil {
		return err
	}
	switch matched := len(names) > 0; {
	case rules.Action == rbacpb.RBAC_DENY && matched, rules.Action == rbacpb.RBAC_ALLOW && !matched:
		v.Got, v.By = deny, ruleIDs(names)
	case matched:
		v.By = ruleIDs(names)
	}
	return nil
}

func ruleIDs(names []string) []string {
	var out []string
	for _, n := range names {
		out = append(out, ruleID(n))
	}
	return out
}

// ruleID turns Istio's "ns[a]-policy[b]-rule[0]" into "a/b#0".
func ruleID(name string) string {
	_, rest, _ := strings.Cut(name, "ns[")
	ns, rest, _ := strings.Cut(rest, "]-policy[")
	policy, rest, _ := strings.Cut(rest, "]-rule[")
	rule, _, _ := strings.Cut(rest, "]")
	return ns + "/" + policy + "#" + rule
}
