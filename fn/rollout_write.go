package fn

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// In the directory of a stage: its commands, and what it deletes.
const (
	commandsFile  = "commands.sh"
	deletedBelow  = "delete"
	replacedBelow = "replace"
)

// beforeNext is the line behind which the commands wait for a stage.
const beforeNext = "# Before the next stage:\n"

// write writes a stage: its commands, what is applied, numbered in its order, and what is deleted.
func (s *Stage) write(dir, name string) error {
	at := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(at, 0o777); err != nil {
		return err
	}
	var commands strings.Builder
	s.print(&commands, dir)
	if err := os.WriteFile(filepath.Join(at, commandsFile), []byte(commands.String()), 0o666); err != nil {
		return err
	}
	for i, c := range s.changes {
		n, below := c.new, c.below()
		if n == nil {
			n = c.old
		}
		text, err := forApply(n)
		if err != nil {
			return err
		}
		to := filepath.Join(at, below)
		if err := os.MkdirAll(to, 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, fmt.Sprintf("%02d-%s", i+1, c.file())), []byte(text), 0o666); err != nil {
			return err
		}
	}
	return nil
}

var verbs = map[string]string{"": "kubectl apply --server-side --force-conflicts -f ", deletedBelow: "kubectl delete -f ", replacedBelow: "kubectl replace -f "}

// below is where the file of a change is in its stage. A policy that loses a field is replaced: an apply leaves the fields that another manager owns, and
// the API server refuses a policy with a selector and targetRefs.
func (c *change) below() string {
	switch {
	case c.new == nil:
		return deletedBelow
	case c.old != nil && strings.HasSuffix(c.Group, ".istio.io") && loses(manifest.Field(c.old, "spec"), manifest.Field(c.new, "spec")):
		return replacedBelow
	}
	return ""
}

// loses reports whether a map has a field that another one lacks.
func loses(old, is *yaml.Node) bool {
	if old == nil || is == nil || old.Kind != yaml.MappingNode {
		return old != nil && is == nil
	}
	for i := 0; i+1 < len(old.Content); i += 2 {
		if loses(old.Content[i+1], manifest.Field(is, old.Content[i].Value)) {
			return true
		}
	}
	return false
}

// forApply is an object without what only the API server sets, and kubectl get prints: an apply of that is refused, or meets a conflict.
func forApply(n *yaml.Node) (string, error) {
	out := yaml.NewRNode(n).Copy()
	drops := []yaml.Filter{yaml.Clear("status")}
	for _, key := range ofServer {
		drops = append(drops, yaml.Tee(yaml.Get("metadata"), yaml.Clear(key)))
	}
	drops = append(drops, yaml.ClearAnnotation(lastApplied))
	for _, drop := range drops {
		if err := out.PipeE(drop); err != nil {
			return "", err
		}
	}
	if err := yaml.ClearEmptyAnnotations(out); err != nil {
		return "", err
	}
	return out.String()
}

// file is the name of the file of an object.
func (c *change) file() string {
	out := strings.ToLower(c.Kind)
	if c.Namespace != "" {
		out += "-" + c.Namespace
	}
	clean := strings.Map(func(r rune) rune {
		if r == '/' || r == ':' || r == '*' {
			return '-'
		}
		return r
	}, c.Name)
	return out + "-" + clean + ".yaml"
}

// Write writes the plan as commands, with the proof of each stage.
func (r *Rollout) Write(w io.Writer, dir string) error {
	var b strings.Builder
	for _, a := range r.Assumed {
		b.WriteString("# ASSUMED: " + a + "\n")
	}
	b.WriteString("# How far it is, at any time: " + r.verifyCommand(dir) + "\n")
	for i := range r.Stages {
		r.Stages[i].print(&b, dir)
	}
	b.WriteString("\n# The way back, from its first stage on.\n")
	for i := range r.Back {
		r.Back[i].print(&b, dir)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// verifyCommand is the command that tells how far the rollout is.
func (r *Rollout) verifyCommand(dir string) string {
	all := &stageFiles{}
	for _, s := range slices.Concat(r.Stages, r.Back) {
		for _, c := range s.changes {
			if c.new != nil {
				all.puts = append(all.puts, manifest.NewItem(c.new))
			} else {
				all.deletes = append(all.deletes, manifest.NewItem(c.old))
			}
		}
	}
	return verifyCommand(dir, []*stageFiles{all})
}

func (s *Stage) print(b *strings.Builder, dir string) {
	fmt.Fprintf(b, "\n# Stage %s: %s\n", s.Name, s.What)
	switch {
	case s.Proof.Why != "":
		fmt.Fprintf(b, "# NOT PROVED: %s\n", s.Proof.Why)
	case s.Proof.Ordered:
		fmt.Fprintf(b, "# PROVED in this order (%d moments): no request is allowed unless it is allowed before or after the rollout. Wait after each line.\n", s.Proof.Moments)
	default:
		fmt.Fprintf(b, "# PROVED in any order (%d moments): no request is allowed unless it is allowed before or after the rollout\n", s.Proof.Moments)
	}
	for _, l := range s.Later {
		fmt.Fprintf(b, "# LATER: %s\n", l)
	}
	for _, l := range s.Lost {
		fmt.Fprintf(b, "# LOST: %s\n", l)
	}
	at := filepath.ToSlash(filepath.Join(dir, s.Name))
	said := map[string]bool{}
	for i, c := range s.changes {
		below := c.below()
		verb, file := verbs[below], strings.TrimSuffix(at+"/"+below, "/")
		switch {
		case s.Proof.Ordered:
			fmt.Fprintf(b, "%s%s/%02d-%s\n", verb, file, i+1, c.file())
		case !said[below]:
			fmt.Fprintf(b, "%s%s\n", verb, file)
		}
		said[below] = true
	}
	if len(s.Ready) > 0 {
		b.WriteString(beforeNext)
	}
	for _, command := range s.Ready {
		b.WriteString(command + "\n")
	}
}
