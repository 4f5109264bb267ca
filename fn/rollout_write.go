package fn

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// write writes a stage: what is applied, numbered in its order, and what is deleted.
func (s *Stage) write(dir, name string) error {
	for i, c := range s.changes {
		n, below := c.new, ""
		if n == nil {
			n, below = c.old, "delete"
		}
		text, err := yaml.NewRNode(n).String()
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(name), below)
		if err := os.MkdirAll(to, 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, fmt.Sprintf("%02d-%s", i+1, c.file())), []byte(text), 0o666); err != nil {
			return err
		}
	}
	return nil
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
	applies, deletes := false, false
	for i, c := range s.changes {
		verb, file := "kubectl apply --server-side --force-conflicts -f ", at
		if c.new == nil {
			verb, file = "kubectl delete -f ", at+"/delete"
		}
		switch {
		case s.Proof.Ordered:
			fmt.Fprintf(b, "%s%s/%02d-%s\n", verb, file, i+1, c.file())
		case c.new == nil && !deletes, c.new != nil && !applies:
			fmt.Fprintf(b, "%s%s\n", verb, file)
		}
		applies, deletes = applies || c.new != nil, deletes || c.new == nil
	}
	if len(s.Ready) > 0 {
		b.WriteString("# Before the next stage:\n")
	}
	for _, command := range s.Ready {
		b.WriteString(command + "\n")
	}
}
