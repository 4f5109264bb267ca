package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"istio.io/istio/pkg/test"
)

// testdata/judged/istiod holds questions about lines of docs/istio-fields.md that are about sidecars: worlds, and changes of one field each that change
// what happens to a request. Istio's code answers before and after each change; answers.json is what it said, and pkg/access is held to it.
// testdata/judged holds those that test/dataplane asks.

// judgedFile is the first document of a file; the world follows it.
type judgedFile struct {
	Cases []struct {
		Name    string         `json:"name"`
		From    judgedFrom     `json:"from"`
		To      judgedTo       `json:"to"`
		Request map[string]any `json:"request"`
		Expect  string         `json:"expect"`
		Referee string         `json:"referee"`
	} `json:"cases"`
	Changes []struct {
		Line    string `json:"line"`
		Of      string `json:"of"` // Kind namespace/name
		At      []any  `json:"at"`
		To      any    `json:"to"` // without it the field is removed
		Case    string `json:"case"`
		Becomes string `json:"becomes"`
		Referee string `json:"referee"`
	} `json:"changes"`
}

type judgedFrom struct {
	ServiceAccount string `json:"serviceAccount"` // namespace/name
}

type judgedTo struct {
	Namespace string            `json:"namespace"`
	Service   string            `json:"service"`
	Pod       map[string]string `json:"pod"`
}

type judgedAnswers struct {
	Istiod  string            `json:"istiod"`
	Envoy   string            `json:"envoy"`
	Files   map[string]string `json:"files"`
	Answers []judgedAnswer    `json:"answers"`
}

type judgedAnswer struct {
	Line   string `json:"line"`
	Before string `json:"before"`
	After  string `json:"after"`
}

func recordJudged(istiod *controlPlane, root, version string, out io.Writer) error {
	dir := filepath.Join(root, "testdata", "judged", "istiod")
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		return errors.Join(fmt.Errorf("%s: no file", dir), err)
	}
	run := judgedAnswers{Istiod: version, Files: map[string]string{}}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		run.Files[filepath.Base(file)] = hash(text)
		answers, err := judgeFile(istiod, string(text))
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		run.Answers = append(run.Answers, answers...)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", " ")
	if err := enc.Encode(run); err != nil {
		return err
	}
	fmt.Fprintf(out, "judged: %d changes\n", len(run.Answers))
	return os.WriteFile(filepath.Join(dir, "answers.json"), b.Bytes(), 0o644)
}

func judgeFile(istiod *controlPlane, text string) (out []judgedAnswer, err error) {
	head, world, _ := strings.Cut(text, "\n---\n")
	var f judgedFile
	if err := yaml.UnmarshalStrict([]byte(head), &f); err != nil {
		return nil, err
	}
	docs := documents(world)
	for _, c := range f.Changes {
		i := slices.IndexFunc(docs, func(doc string) bool { return nameOf(doc) == c.Of })
		k := 0
		for k < len(f.Cases) && f.Cases[k].Name != c.Case {
			k++
		}
		if i < 0 || k == len(f.Cases) {
			return nil, fmt.Errorf("no %s, or no case %q", c.Of, c.Case)
		}
		now, err := changedAt(docs[i], c.At, c.To)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Line, err)
		}
		after := slices.Clone(docs)
		after[i] = now.(string)
		a := judgedAnswer{Line: c.Line}
		for _, w := range []struct {
			docs []string
			into *string
		}{{docs, &a.Before}, {after, &a.After}} {
			if *w.into, err = judgedVerdict(istiod, strings.Join(w.docs, "\n---\n"), f.Cases[k].From, f.Cases[k].To, f.Cases[k].Request); err != nil {
				return nil, fmt.Errorf("%s: %w", c.Line, err)
			}
		}
		if a.Before != f.Cases[k].Expect || a.After != c.Becomes {
			return nil, fmt.Errorf("%s: Istio says %s, then %s; want %s, then %s", c.Line, a.Before, a.After, f.Cases[k].Expect, c.Becomes)
		}
		out = append(out, a)
	}
	return out, nil
}

func nameOf(doc string) string {
	var m meta
	if yaml.Unmarshal([]byte(doc), &m) != nil {
		return ""
	}
	if m.Metadata.Namespace == "" {
		return m.Kind + " " + m.Metadata.Name
	}
	return m.Kind + " " + m.Metadata.Namespace + "/" + m.Metadata.Name
}

// changedAt is a value with a change below it. A text on the way is YAML.
func changedAt(v any, at []any, to any) (any, error) {
	if len(at) == 0 {
		return to, nil
	}
	missing := fmt.Errorf("nothing at %v", at)
	switch v := v.(type) {
	case string:
		var inner any
		if err := yaml.Unmarshal([]byte(v), &inner); err != nil {
			return nil, err
		}
		inner, err := changedAt(inner, at, to)
		if err != nil {
			return nil, err
		}
		text, err := yaml.Marshal(inner)
		return string(text), err
	case map[string]any:
		key, _ := at[0].(string)
		old, ok := v[key]
		if !ok {
			return nil, missing
		}
		out := maps.Clone(v)
		if len(at) == 1 && to == nil {
			delete(out, key)
			return out, nil
		}
		inner, err := changedAt(old, at[1:], to)
		out[key] = inner
		return out, err
	case []any:
		i, ok := at[0].(float64)
		if !ok || int(i) >= len(v) {
			return nil, missing
		}
		inner, err := changedAt(v[int(i)], at[1:], to)
		out := slices.Clone(v)
		out[int(i)] = inner
		return out, err
	}
	return nil, missing
}

// judgedVerdict stops the servers of a world when it has been asked.
func judgedVerdict(istiod *controlPlane, text string, from judgedFrom, to judgedTo, request map[string]any) (got string, err error) {
	if failed := test.Wrap(func(t test.Failer) { got, err = sidecarVerdict(t, istiod, text, from, to, request) }); failed != nil {
		return "", failed
	}
	return got, err
}

// running gives pods what kubelet would, and those that istio-cni redirects its annotation.
func (p *capture) running(c *manifests) error {
	for i, key := range sortedKeys(c.pods) {
		pod := c.pods[key]
		v, err := p.ask(c, Case{Namespace: pod.Namespace, Name: pod.Name})
		if err != nil {
			return err
		}
		if v.Got == "captured" {
			pod.Annotations = maps.Clone(pod.Annotations)
			if pod.Annotations == nil {
				pod.Annotations = map[string]string{}
			}
			pod.Annotations["ambient.istio.io/redirection"] = "enabled"
		}
		ip := fmt.Sprintf("10.244.2.%d", i+1)
		pod.Status = corev1.PodStatus{Phase: corev1.PodRunning, PodIP: ip, PodIPs: []corev1.PodIP{{IP: ip}},
			Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}}
	}
	return nil
}
