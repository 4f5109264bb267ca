package main

import (
	"fmt"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/load"
)

// A model is what the function makes of one profile. The chart and the overlays are made from it,
// so that they keep up with the manifests by themselves, and are as lean as a chart and overlays
// for these objects can be: texts with two holes, and no logic.
type model struct {
	tenant, cluster []string // documents: those that name the profile, and the others
}

// The i-th profile, as load makes it up.
func name(i int) string  { return load.Name(i) }
func owner(i int) string { return load.Name(i) + "@example.com" }

func newModel(t tools, d directory) (model, error) {
	one := contender{name: "ours, one profile", args: []string{t.ours, d.write("one.yaml", load.Profiles(1))}}
	out, err := one.output()
	if err != nil {
		return model{}, err
	}
	var m model
	for _, document := range load.Documents(string(out)) {
		if strings.Contains(document, name(0)) {
			m.tenant = append(m.tenant, document)
		} else {
			m.cluster = append(m.cluster, document)
		}
	}
	return m, nil
}

func stream(documents []string) string { return strings.Join(documents, "\n---\n") + "\n" }

func (m model) writeChart(d *directory, n int) {
	holes := strings.NewReplacer(owner(0), "{{ .owner }}", name(0), "{{ .name }}")
	d.write("chart/Chart.yaml", "apiVersion: v2\nname: tenants\nversion: 0.1.0\n")
	d.write("chart/templates/cluster.yaml", stream(m.cluster))
	d.write("chart/templates/tenants.yaml", "{{- range .Values.profiles }}\n---\n"+holes.Replace(stream(m.tenant))+"{{- end }}\n")
	var values strings.Builder
	values.WriteString("profiles:\n")
	for i := range n {
		fmt.Fprintf(&values, "- name: %s\n  owner: %s\n", name(i), owner(i))
	}
	d.write("chart/values.yaml", values.String())
}

// writeOverlays writes what people write: a base, and for each tenant a kustomization that sets
// the namespace and patches what else differs.
func (m model) writeOverlays(d *directory, n int) {
	d.write("base/kustomization.yaml", "resources: [tenant.yaml]\n")
	d.write("base/tenant.yaml", stream(m.tenant))
	d.write("overlays/cluster.yaml", stream(m.cluster))
	patches := m.patches()
	all := "resources:\n- cluster.yaml\n"
	for i := range n {
		values := strings.NewReplacer(owner(0), owner(i), name(0), name(i))
		overlay := "namespace: " + name(i) + "\nresources: [../../base]\npatches:\n"
		for _, p := range patches {
			overlay += fmt.Sprintf("- target: {kind: %s, name: %s}\n  patch: |\n", p.kind, p.name)
			for _, c := range p.changes {
				overlay += fmt.Sprintf("    - {op: replace, path: %q, value: %q}\n", c.path, values.Replace(c.value))
			}
		}
		d.write("overlays/"+name(i)+"/kustomization.yaml", overlay)
		all += "- " + name(i) + "\n"
	}
	d.write("overlays/kustomization.yaml", all)
}

type patch struct {
	kind, name string
	changes    []change
}

type change struct{ path, value string }

func (m model) patches() []patch {
	var patches []patch
	for _, document := range m.tenant {
		n := yaml.MustParse(document)
		p := patch{kind: n.GetKind(), name: n.GetName()}
		p.visit("", n.YNode())
		if len(p.changes) > 0 {
			patches = append(patches, p)
		}
	}
	return patches
}

// visit finds the values that name the profile, except for those that namespace: sets.
func (p *patch) visit(path string, n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := strings.NewReplacer("~", "~0", "/", "~1").Replace(n.Content[i].Value)
			p.visit(path+"/"+key, n.Content[i+1])
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			p.visit(path+"/"+strconv.Itoa(i), item)
		}
	default:
		set := path == "/metadata/namespace" || p.kind == "Namespace" && path == "/metadata/name"
		if strings.Contains(n.Value, name(0)) && !set {
			p.changes = append(p.changes, change{path, n.Value})
		}
	}
}
