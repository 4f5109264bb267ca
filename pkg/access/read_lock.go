package access

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// lockFile is a lock as its file has it.
type lockFile struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	Mesh       struct {
		TrustDomain       string   `yaml:"trustDomain"`
		PathNormalization string   `yaml:"pathNormalization"`
		Issuers           []string `yaml:"issuers"`
		Outside           []string `yaml:"outside"`
	} `yaml:"mesh"`
	Namespaces []struct {
		Name    string       `yaml:"name"`
		Mesh    string       `yaml:"mesh"`
		Targets []targetFile `yaml:"targets"`
		Access  []string     `yaml:"access"`
		LeftOut []string     `yaml:"leftOut"`
		Doors   []string     `yaml:"notJudged"`
	} `yaml:"namespaces"`
}

type targetFile struct {
	Service  string `yaml:"service"`
	Pods     string `yaml:"pods"`
	Ports    []int  `yaml:"ports"`
	AnyOther int    `yaml:"anyOther"`
	Assumed  bool   `yaml:"assumed"`
	Verifies bool   `yaml:"verifiesTokens"`
	Waypoint bool   `yaml:"waypoint"`
}

// ReadLock reads a lock from what Write has written. Two locks that are compared have different sides.
func ReadLock(n *yaml.Node, side string) (*Lock, error) {
	text, err := yaml.Marshal(n)
	if err != nil {
		return nil, err
	}
	var file lockFile
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		return nil, err
	}
	if file.Mesh.TrustDomain == "" || file.Mesh.PathNormalization == "" {
		return nil, errors.New("mesh.trustDomain or mesh.pathNormalization is missing")
	}
	l := &Lock{domain: file.Mesh.TrustDomain, normalization: file.Mesh.PathNormalization, issuers: file.Mesh.Issuers}
	for _, who := range file.Mesh.Outside {
		l.outside = append(l.outside, fact{who: who})
	}
	for _, n := range file.Namespaces {
		s := &lockedSpace{name: n.Name, mesh: n.Mesh, doors: n.Doors}
		if n.Name == "" || slices.ContainsFunc(l.spaces, func(o *lockedSpace) bool { return o.name == n.Name }) {
			return nil, fmt.Errorf("namespaces: %q is missing, or there twice", n.Name)
		}
		for _, t := range n.Targets {
			if err := s.target(&t); err != nil {
				return nil, fmt.Errorf("targets of namespace %s: %w", n.Name, err)
			}
		}
		for _, text := range slices.Concat(n.Access, n.LeftOut) {
			if err := s.fact(text); err != nil {
				return nil, fmt.Errorf("access of namespace %s: %q: %w", n.Name, text, err)
			}
		}
		l.spaces = append(l.spaces, s)
	}
	return l, l.index(side)
}

func (s *lockedSpace) target(f *targetFile) error {
	t := lockedTarget{name: f.Service + f.Pods, pods: f.Pods != "", free: f.AnyOther, ports: f.Ports, assumed: f.Assumed, verifies: f.Verifies, waypoint: f.Waypoint}
	if (f.Service == "") == (f.Pods == "") {
		return errors.New("one of service and pods is needed")
	}
	if t.free > 0 {
		t.ports = append(t.ports, t.free)
		slices.Sort(t.ports)
	}
	if len(t.ports) == 0 {
		return fmt.Errorf("%s has no port", t.name)
	}
	if t.pods {
		t.only = &workload{name: t.name, assumed: t.assumed, labels: labelsIn(t.name)}
	}
	s.targets = append(s.targets, t)
	return nil
}

// fact reads a line of a namespace.
func (s *lockedSpace) fact(text string) error {
	parts, err := bars(text)
	if err != nil {
		return err
	}
	if len(parts) < 3 || len(parts) > 4 {
		return errors.New("it is not OUTCOME | WHO | TO | WHAT")
	}
	at := slices.Index(tierWords[:], parts[0])
	if at < 0 {
		return fmt.Errorf("%q is no outcome", parts[0])
	}
	f := fact{tier: tier(at), who: parts[1]}
	if len(parts) == 4 {
		f.what = parts[3]
	}
	toks, err := tokens(parts[2])
	if err != nil {
		return err
	}
	for _, t := range toks {
		spots := s.spotsOf(t.text)
		if len(spots) == 0 {
			return fmt.Errorf("%s is no target", t.text)
		}
		f.spots = append(f.spots, spots...)
	}
	s.facts = append(s.facts, f)
	return nil
}

// bars are the parts of a text between bars that no quotes are around.
func bars(s string) (out []string, err error) {
	from := 0
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			q, err := strconv.QuotedPrefix(s[i:])
			if err != nil {
				return nil, err
			}
			i += len(q) - 1
		case strings.HasPrefix(s[i:], " | "):
			out, from = append(out, s[from:i]), i+3
			i += 2
		}
	}
	return append(out, s[from:]), nil
}
