package access

import (
	"sort"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// mesh is what meshConfig says. The defaults are Istio's (pkg/config/mesh).
type mesh struct {
	stated        bool     // the ConfigMap that istiod reads is in the manifests
	domains       []string // the trust domain, then its aliases
	rootNamespace string
	providers     map[string]provider
	normalization string
	assumed       string // what was assumed about the trust domain
}

func defaultMesh() mesh {
	return mesh{domains: []string{"cluster.local"}, rootNamespace: "istio-system", normalization: "BASE"}
}

// readConfigMap keeps what may be meshConfig until all istiods are known, and reads the ConfigMaps of what else decides.
func (w *World) readConfigMap(m meta, n *yaml.Node) *fault {
	w.readOverlay(m, n)
	if raw := field(field(n, "data"), "mesh"); raw != nil {
		w.meshMaps = append(w.meshMaps, &meshMap{m.in(w.space(m.namespace)), raw})
	}
	switch m.name {
	case "istio-sidecar-injector":
		w.readInjection(n)
	case "inferenceservice-config":
		w.readModelConfig(m, n)
	case "istio-cni-config":
		w.readCNI(n)
	}
	return nil
}

// readMesh takes meshConfig from the ConfigMap that istiod reads.
func (w *World) readMesh(from *meshMap) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(from.data.Value), &doc); err != nil || len(doc.Content) == 0 {
		return // istiod refuses it and goes on with what it had
	}
	c := doc.Content[0]
	w.mesh.stated = true
	w.readMeshClouds(from.origin, from.data, c)
	if td := textOf(field(c, "trustDomain")); td != "" {
		w.mesh.domains[0] = td
	}
	for _, a := range list(field(c, "trustDomainAliases")) {
		if s := textOf(deref(a)); s != "" {
			w.mesh.domains = append(w.mesh.domains, s)
		}
	}
	if ns := textOf(field(c, "rootNamespace")); ns != "" {
		w.mesh.rootNamespace = ns
	}
	if norm := textOf(field(field(c, "pathNormalization"), "normalization")); norm != "" && norm != "DEFAULT" {
		w.mesh.normalization = norm
	}
	w.mesh.readProviders(list(field(c, "extensionProviders")))
}

// settle: without meshConfig, the one trust domain that the policies' principals use is taken for the mesh's.
func (m *mesh) settle(w *World) {
	if m.stated {
		return
	}
	seen := map[string]bool{}
	for _, name := range w.names {
		for _, p := range w.namespaces[name].policies {
			for i := range p.rules {
				p.rules[i].principals(func(v string) {
					if d, _, ok := strings.Cut(v, "/ns/"); ok && d != "" && !strings.Contains(d, "*") {
						seen[d] = true
					}
				})
			}
		}
	}
	domains := make([]string, 0, len(seen))
	for d := range seen {
		domains = append(domains, d)
	}
	sort.Strings(domains)
	switch {
	case len(domains) == 1 && domains[0] != "cluster.local":
		m.domains[0] = domains[0]
		m.assumed = "trust domain " + domains[0] + ": the policies' principals use it and no meshConfig is given"
	case len(domains) > 1:
		m.assumed = "trust domain cluster.local: no meshConfig is given and the policies use " + strings.Join(domains, ", ")
	}
}

// principals calls f for every principal that a rule names.
func (r *rule) principals(f func(string)) {
	each := func(conditions []condition) {
		for i := range conditions {
			if conditions[i].attribute == principal {
				for _, v := range conditions[i].values {
					f(v)
				}
				for _, v := range conditions[i].notValues {
					f(v)
				}
			}
		}
	}
	each(r.when)
	for _, e := range r.from {
		each(e)
	}
}

func (w *World) identity(namespace, account string) identity {
	return identity{domain: w.mesh.domains[0], namespace: namespace, account: account}
}
