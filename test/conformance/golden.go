package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	securitypb "istio.io/api/security/v1beta1"
	"istio.io/istio/pkg/config/constants"
)

// goldens asks a fixed matrix of every output that the function is known to make.
func goldens(dir string) ([]Set, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "want.yaml"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	var sets []Set
	judged := map[string]bool{}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		name := filepath.Base(filepath.Dir(f))
		set := Set{Name: name, Golden: name, Hash: relevant(string(raw))}
		if !judged[set.Hash] { // many outputs differ in nothing that Istio looks at
			judged[set.Hash] = true
			if err := set.matrix(string(raw)); err != nil {
				return nil, fmt.Errorf("%s: %w", f, err)
			}
		}
		sets = append(sets, set)
	}
	if len(sets) == 0 {
		return nil, fmt.Errorf("no output in %s", dir)
	}
	return sets, nil
}

var kindLine = regexp.MustCompile(`(?m)^kind: (\S+)$`)

// relevant hashes the documents that an enforcement point could look at, so that
// a new image in a Deployment makes no recording stale.
func relevant(text string) string {
	var parts [][]byte
	for _, doc := range documents(text) {
		kind := kindLine.FindStringSubmatch(doc)
		if kind != nil && slices.Contains(relevantKinds, kind[1]) {
			parts = append(parts, []byte(strings.TrimSpace(doc)))
		}
	}
	return hash(parts...)
}

var relevantKinds = []string{
	"AuthorizationPolicy", "RequestAuthentication", "PeerAuthentication", "Gateway", "Namespace", "Service", "Pod",
}

// matrix makes the questions from the words of the policies themselves, and what
// the output leaves to the cluster: the ingress Gateway, a Service and pods.
func (set *Set) matrix(text string) error {
	c, err := parse(text)
	if err != nil {
		return err
	}
	w := wordsOf(c)
	var extra []object
	for _, key := range slices.Sorted(maps.Keys(w.gateways)) {
		ns, name, _ := strings.Cut(key, "/")
		if c.gateways[key] == nil {
			extra = append(extra, gateway(ns, name, istioClass, 80, "HTTP", nil))
			set.askGateway(ns, name, w)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.gateways)) {
		gw := c.gateways[key]
		if string(gw.Spec.GatewayClassName) != constants.WaypointGatewayClassName {
			continue
		}
		services := append([]string{"tet"}, w.services[gw.Namespace]...)
		for _, svc := range services {
			set.askWaypoint(gw.Namespace, gw.Name, svc, w)
		}
	}
	ip := 0
	for _, ns := range slices.Sorted(maps.Keys(w.selectors)) {
		if !c.namespaces[ns] {
			extra = append(extra, thing("v1", "Namespace", "", ns, object{"labels": object{"istio.io/dataplane-mode": "ambient"}}, nil))
		}
		for i, labels := range w.selectors[ns] {
			ip++
			name := fmt.Sprintf("judged-%d", i)
			extra = append(extra, podOf(ns, name, labels, ip))
			set.askPod(ns, name, fmt.Sprintf("10.244.2.%d", ip), w)
		}
	}
	set.Manifests = join(extra)
	return nil
}

// podOf is in the mesh, whatever its Namespace says.
func podOf(ns, name string, labels map[string]string, ip int) object {
	address := fmt.Sprintf("10.244.2.%d", ip)
	labels = maps.Clone(labels)
	labels["istio.io/dataplane-mode"], labels["sidecar.istio.io/inject"] = "ambient", "false"
	return thing("v1", "Pod", ns, name, object{"labels": labels}, object{
		"spec":   object{"serviceAccountName": "default-editor", "containers": []any{object{"name": "c", "image": "i"}}},
		"status": object{"phase": "Running", "podIP": address, "podIPs": []any{object{"ip": address}}},
	})
}

// words are what the policies of an output speak of.
type words struct {
	gateways   map[string]bool     // targets, "ns/name"
	services   map[string][]string // targets, by namespace
	selectors  map[string][]map[string]string
	principals []string
	namespaces []string
	headers    map[string][]string
	paths      []string
	ports      []string
	issuers    []*securitypb.JWTRule
	verified   map[string]bool // targets of a RequestAuthentication: "Kind ns/name"
}

func wordsOf(c *manifests) words {
	w := words{gateways: map[string]bool{}, services: map[string][]string{}, selectors: map[string][]map[string]string{}, headers: map[string][]string{}, verified: map[string]bool{}}
	for _, cfg := range c.policies {
		switch spec := cfg.Spec.(type) {
		case *securitypb.AuthorizationPolicy:
			w.target(cfg.Namespace, spec.TargetRefs, spec.Selector)
			for _, rule := range spec.Rules {
				w.rule(rule)
			}
		case *securitypb.RequestAuthentication:
			w.target(cfg.Namespace, spec.TargetRefs, nil)
			w.issuers = append(w.issuers, spec.JwtRules...)
			for _, ref := range spec.TargetRefs {
				w.verified[ref.Kind+" "+cfg.Namespace+"/"+ref.Name] = true
			}
		}
	}
	for _, list := range []*[]string{&w.principals, &w.namespaces, &w.paths, &w.ports} {
		*list = unique(*list)
	}
	for k, v := range w.headers {
		w.headers[k] = unique(v)
	}
	return w
}

func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

func (w *words) rule(r *securitypb.Rule) {
	for _, from := range r.From {
		s := from.Source
		w.principals = append(w.principals, slices.Concat(s.Principals, s.NotPrincipals)...)
		w.namespaces = append(w.namespaces, slices.Concat(s.Namespaces, s.NotNamespaces)...)
	}
	for _, to := range r.To {
		w.paths = append(w.paths, to.Operation.Paths...)
		w.ports = append(w.ports, to.Operation.Ports...)
	}
	for _, when := range r.When {
		values := slices.Concat(when.Values, when.NotValues)
		if name, ok := strings.CutPrefix(when.Key, "request.headers["); ok && !strings.HasPrefix(name, ":") { // :method is the request's own
			name = strings.TrimSuffix(name, "]")
			w.headers[name] = append(w.headers[name], values...)
		}
		if when.Key == "source.namespace" {
			w.namespaces = append(w.namespaces, values...)
		}
	}
}
