package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// Questions is the first document of a shape; the manifests follow it.
type Questions struct {
	Ask []struct {
		Point    string    `json:"point"`
		At       string    `json:"at"`      // namespace/name of the Gateway or Pod
		Service  string    `json:"service"` // namespace/name, for a waypoint
		Requests []Request `json:"requests"`
	} `json:"ask"`
}

// shapes reads hand-written clusters, one file each, named by a sentence.
func shapes(dir string) ([]Set, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		return nil, errors.Join(fmt.Errorf("no shape in %s", dir), err)
	}
	slices.Sort(files)
	var sets []Set
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		set, err := shape(string(raw))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
		set.Name = strings.TrimSuffix(filepath.Base(f), ".yaml")
		sets = append(sets, set)
	}
	return sets, nil
}

func shape(raw string) (Set, error) {
	head, manifests, ok := strings.Cut(raw, "\n---\n")
	if !ok {
		return Set{}, fmt.Errorf("no manifests behind the questions")
	}
	var q Questions
	if err := yaml.UnmarshalStrict([]byte(head), &q); err != nil {
		return Set{}, err
	}
	set := Set{Manifests: manifests}
	for _, ask := range q.Ask {
		c := caseAt(ask.Point, ask.At, ask.Service)
		switch ask.Point {
		case "binding", "capture", "extension":
			set.Cases = append(set.Cases, c)
		}
		for _, r := range ask.Requests {
			c.Request = filled(r, c)
			set.Cases = append(set.Cases, c)
		}
	}
	return set, nil
}

// caseAt is a question without a request; one about an extension is of port 80.
func caseAt(point, at, service string) Case {
	c := Case{Point: point}
	c.Namespace, c.Name, _ = strings.Cut(at, "/")
	c.ServiceNamespace, c.Service, _ = strings.Cut(service, "/")
	if point == "extension" {
		c.Request.Port = 80
	}
	return c
}

// filled completes a request to one that a proxy could see.
func filled(r Request, c Case) Request {
	def := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	def(&r.IP, "10.244.1.7")
	def(&r.DestIP, map[string]string{"waypoint": "10.96.0.10", "gateway": "10.244.0.3", "ztunnel": "10.244.2.9", "route": "10.244.0.3"}[c.Point])
	if r.Port == 0 {
		r.Port = map[string]int{"waypoint": 80, "gateway": 80, "ztunnel": 8080, "route": 80}[c.Point]
	}
	if r.TCP || c.Point == "ztunnel" {
		return r
	}
	def(&r.Method, "GET")
	def(&r.Path, "/")
	def(&r.Host, "tet.alice.svc.cluster.local")
	return r
}

// writeInputs records what the recordings were made from: this program and its shapes.
func writeInputs(dir, path string) error {
	sum, err := inputs(dir)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(sum+"\n"), 0o644)
}

func inputs(dir string) (string, error) {
	var files []string
	for _, pattern := range []string{"*.go", "go*.mod", "shapes/*.yaml"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return "", err
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	var parts [][]byte
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			return "", err
		}
		parts = append(parts, []byte(filepath.Base(f)), bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")))
	}
	return hash(parts...), nil
}
