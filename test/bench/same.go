package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/load"
)

// sameObjects refuses to compare the speed of tools that do not do the same.
func (w *workload) sameObjects() error {
	var want []string
	for _, c := range w.contenders {
		if slices.Contains([]string{hello, startUp, explain, check, diff, lock, lockDiff}, c.name) { // it makes none
			continue
		}
		out, err := c.output()
		if err != nil {
			return err
		}
		got, err := objects(string(out))
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		if want == nil { // the standalone program
			want, w.objects, w.outputBytes = got, len(got), len(out)
		}
		if difference := firstDifference(want, got); difference != "" {
			return fmt.Errorf("%s does not make the same objects as the function:\n%s", c.name, difference)
		}
	}
	return nil
}

// objects are the objects of a stream or of a ResourceList, each as JSON with sorted keys, in
// alphabetical order.
func objects(text string) ([]string, error) {
	documents := load.Documents(text)
	if strings.Contains(text[:min(200, len(text))], "kind: ResourceList\n") {
		documents = items(text)
	}
	var all []string
	for _, document := range documents {
		var object map[string]any
		if err := yaml.Unmarshal([]byte(document), &object); err != nil {
			return nil, err
		}
		if object == nil {
			continue
		}
		dropPipelineAnnotations(object)
		data, err := json.Marshal(object)
		if err != nil {
			return nil, err
		}
		all = append(all, string(data))
	}
	slices.Sort(all)
	return all, nil
}

// items cuts a ResourceList of kyaml's form, in which only an item begins with a dash.
func items(list string) []string {
	_, rest, _ := strings.Cut(list, "\nitems:\n")
	rest, _, _ = strings.Cut(rest, "\nfunctionConfig:\n")
	texts := strings.Split("\n"+rest, "\n- ")[1:]
	for i := range texts {
		texts[i] = strings.ReplaceAll(texts[i], "\n  ", "\n")
	}
	return texts
}

// dropPipelineAnnotations removes what tells a pipeline where the object was.
func dropPipelineAnnotations(object map[string]any) {
	metadata, _ := object["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	for key := range annotations {
		if strings.HasPrefix(key, "internal.config.kubernetes.io/") || key == "config.kubernetes.io/index" || key == "config.k8s.io/id" {
			delete(annotations, key)
		}
	}
	if annotations != nil && len(annotations) == 0 {
		delete(metadata, "annotations")
	}
}

func firstDifference(want, got []string) string {
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(want):
			return "it adds " + got[i]
		case i >= len(got):
			return "it lacks " + want[i]
		case want[i] != got[i]:
			return "want " + want[i] + "\ngot  " + got[i]
		}
	}
	return ""
}
