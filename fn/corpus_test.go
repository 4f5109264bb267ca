package fn

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// The corpus is small trees in the shape of real ones: releases of Kubeflow, and what companies made of
// them. For each, want.changes lists what a run removes, changes and adds, with platform off and on. The
// list is the same in every way to run, and a second run changes nothing.

const (
	corpusDir = "../testdata/corpus"
	// renderVariable names a file with a full render of Kubeflow, which is not in this repository.
	renderVariable = "KUBEFLOW_RENDER"
)

// corpusConfig is the configuration of all runs; %t is whether platform is enabled.
const corpusConfig = `apiVersion: ambient.kubeflow.org/v1alpha1
kind: AmbientProfile
metadata:
  name: kubeflow
spec:
  profiles:
  - name: kubeflow-user-example-com
    owner: {name: user@example.com}
  cluster:
    platform: {enabled: %t}
`

func TestCorpus(t *testing.T) {
	for _, dir := range must(filepath.Glob(corpusDir + "/*")) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			file := filepath.Join(dir, "tree.yaml")
			if filepath.Base(dir) == "kubeflow-of-june-2026-as-a-whole" {
				if file = os.Getenv(renderVariable); file == "" {
					t.Skip("set " + renderVariable + " to a file with the render")
				}
			}
			checkCorpus(t, filepath.Join(dir, "want.changes"), read(t, file))
		})
	}
}

// checkCorpus runs a tree in every way, twice, and compares the changes with those of the golden file.
func checkCorpus(t *testing.T, file, text string) {
	t.Helper()
	var got strings.Builder
	for _, platform := range []bool{false, true} {
		config := fmt.Sprintf(corpusConfig, platform)
		first := runStandalone(t, config, text)
		list := changes(t, text, first.out, first.messages)
		if strings.Contains(list, unexplained) {
			t.Errorf("platform %t: no message says why an object was removed or changed:\n%s", platform, list)
		}
		fmt.Fprintf(&got, "platform: %t\n%s", platform, list)
		if second := runStandalone(t, config, first.out); second.out != first.out {
			t.Errorf("platform %t: a second run changes: %s", platform, firstDifference(first.out, second.out))
		}
		for _, way := range []struct {
			name string
			run  func(*testing.T, string, string) corpusRun
		}{{"kustomize", runKustomize}, {"kpt", runPackage}} {
			once := way.run(t, config, text)
			if other := changes(t, text, once.out, first.messages); other != list {
				t.Errorf("platform %t: %s changes other objects than a standalone run: %s", platform, way.name, firstDifference(list, other))
			}
			if twice := way.run(t, config, once.out); sortedObjects(t, twice.out) != sortedObjects(t, once.out) {
				t.Errorf("platform %t: a second run of %s changes: %s", platform, way.name, firstDifference(sortedObjects(t, once.out), sortedObjects(t, twice.out)))
			}
		}
	}
	golden(t, file, got.String())
}

const unexplained = "WITHOUT A MESSAGE"

type corpusRun struct{ out, messages string }

func runStandalone(t *testing.T, config, text string) corpusRun {
	t.Helper()
	code, stdout, stderr := treeRun(t, config, text)
	if code != exitOK {
		t.Fatal(stderr)
	}
	return corpusRun{stdout, stderr}
}

// runKustomize is a run as kustomize makes it, with the program or with the container: a ResourceList of
// items without places.
func runKustomize(t *testing.T, config, text string) corpusRun {
	t.Helper()
	return runList(t, config, must((&kio.ByteReader{Reader: strings.NewReader(text), OmitReaderAnnotations: true}).Read()))
}

// runPackage is a run as kpt makes it: each item has its file.
func runPackage(t *testing.T, config, text string) corpusRun {
	t.Helper()
	items := must((&kio.ByteReader{Reader: strings.NewReader(text), OmitReaderAnnotations: true}).Read())
	for i, item := range items {
		if item.GetAnnotations()["internal.config.kubernetes.io/path"] != "" {
			continue
		}
		for key, text := range map[string]string{"path": "tree.yaml", "index": fmt.Sprint(i)} {
			if err := item.PipeE(yaml.SetAnnotation("internal.config.kubernetes.io/"+key, text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return runList(t, config, items)
}

func runList(t *testing.T, config string, items []*yaml.RNode) corpusRun {
	t.Helper()
	var in strings.Builder
	in.WriteString("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig:\n  " + strings.ReplaceAll(strings.TrimSpace(config), "\n", "\n  ") + "\nitems:\n")
	for _, item := range items {
		text := strings.TrimSpace(must(item.String()))
		in.WriteString("- " + strings.ReplaceAll(text, "\n", "\n  ") + "\n")
	}
	code, stdout, stderr := execute(t, in.String())
	if code != exitOK {
		t.Fatal(stderr)
	}
	var out strings.Builder
	for _, item := range must(must(yaml.Parse(stdout)).Field("items").Value.Elements()) {
		out.WriteString("---\n" + must(item.String()))
	}
	return corpusRun{out.String(), stderr}
}

// changes lists what a run has removed, changed and added, one line for each object, or for each kind of
// new ones. A removed or changed object has the code of the message that says why, and a
// changed one the fields.
func changes(t *testing.T, before, after, messages string) string {
	t.Helper()
	old, now := corpusObjects(t, before), corpusObjects(t, after)
	var removed, changed []string
	added := map[string][]string{}
	for _, name := range sortedNames(old) {
		was, is := old[name], now[name]
		if is == nil {
			removed = append(removed, "    "+name+": "+explainedBy(messages, name, "was removed"))
		} else if fields := differing(was, is); len(fields) > 0 {
			changed = append(changed, "    "+name+": "+explainedBy(messages, name, "")+": "+strings.Join(fields, ", "))
		}
	}
	for _, name := range sortedNames(now) {
		if old[name] == nil {
			kind, rest, _ := strings.Cut(name, " ")
			added[kind] = append(added[kind], rest)
		}
	}
	var b strings.Builder
	for _, part := range []struct {
		name  string
		lines []string
	}{{"removed", removed}, {"changed", changed}} {
		if len(part.lines) > 0 {
			b.WriteString("  " + part.name + "\n" + strings.Join(part.lines, "\n") + "\n")
		}
	}
	if len(added) > 0 {
		b.WriteString("  new\n")
	}
	for _, kind := range sortedNames(added) {
		b.WriteString("    " + kind + " " + strings.Join(added[kind], ", ") + "\n")
	}
	return b.String()
}

// explainedBy are the codes of the messages about an object, or about it among others of its kind, that have some words.
func explainedBy(messages, name, saying string) string {
	kind, rest, _ := strings.Cut(name, " ")
	var codes []string
	for line := range strings.Lines(messages) {
		_, line, _ = strings.Cut(line, "[")
		code, text, _ := strings.Cut(line, "] ")
		subject, found, _ := strings.Cut(text, ": ")
		names := strings.FieldsFunc(subject, func(c rune) bool { return strings.ContainsRune(" ,()", c) })
		if len(names) > 1 && names[0] == kind && slices.Contains(names[1:], rest) && strings.Contains(found, saying) && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	if len(codes) == 0 {
		return unexplained
	}
	return strings.Join(codes, ", ")
}

// corpusObjects are the objects of a stream, by kind, namespace and name. The AmbientProfile's own labels and
// what kpt and kustomize write about places is not part of them.
func corpusObjects(t *testing.T, text string) map[string]map[string]string {
	t.Helper()
	out := map[string]map[string]string{}
	for _, n := range must((&kio.ByteReader{Reader: strings.NewReader(text), OmitReaderAnnotations: true}).Read()) {
		name := n.GetName()
		if namespace := n.GetNamespace(); namespace != "" {
			name = namespace + "/" + name
		}
		fields := map[string]string{}
		leaves(fields, "", n.YNode())
		out[n.GetKind()+" "+name] = fields
	}
	return out
}

// leaves are the values of a node by their paths.
func leaves(out map[string]string, path string, n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if path == "metadata.annotations" && (strings.HasPrefix(key, "internal.config.kubernetes.io/") || strings.HasPrefix(key, "config.kubernetes.io/")) {
				continue
			}
			if strings.ContainsAny(key, "./") {
				key = "[" + key + "]"
			} else if path != "" {
				key = "." + key
			}
			leaves(out, path+key, n.Content[i+1])
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			leaves(out, fmt.Sprintf("%s[%d]", path, i), item)
		}
	default:
		out[path] = n.Value
	}
}

// differing are the first of the paths at which two objects differ, with what changes if it is short.
func differing(was, is map[string]string) (out []string) {
	const few = 6
	all := map[string]string{}
	for _, m := range []map[string]string{was, is} {
		for path := range m {
			all[path] = ""
		}
	}
	var more int
	for _, path := range sortedNames(all) {
		old, had := was[path]
		now, has := is[path]
		switch {
		case had && has && old == now:
			continue
		case len(out) == few:
			more++
		case !had:
			out = append(out, path+" = "+short(now))
		case !has:
			out = append(out, path+" is gone")
		default:
			out = append(out, path+" "+short(old)+" -> "+short(now))
		}
	}
	if more > 0 {
		out = append(out, fmt.Sprintf("%d more", more))
	}
	return out
}

func short(text string) string {
	if len(text) > 70 {
		return "..."
	}
	return fmt.Sprintf("%q", text)
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
