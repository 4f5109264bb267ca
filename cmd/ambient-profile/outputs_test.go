package main

import (
	"slices"
	"strings"
	"testing"
)

// docs/running.md has each form of output of each command that answers something.
func TestOutputsArePrinted(t *testing.T) {
	root := rootCommand()
	_, table, _ := strings.Cut(read(t, "../../docs/running.md"), "\n| form | for |")
	lines := strings.Split(table, "\n")
	verbs := strings.Split(strings.Trim(lines[0], " |"), " | ")
	documented := map[string][]string{}
	for _, line := range lines[2:] {
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i, verb := range verbs {
			for form := range strings.SplitSeq(strings.NewReplacer("`", "", " ", "").Replace(cells[0]), ",") {
				if cell := strings.TrimSpace(cells[i+2]); cell == "yes" || cell == form {
					documented[verb] = append(documented[verb], form)
				}
			}
		}
	}
	for _, c := range root.Commands() {
		flag := c.Flags().Lookup("output")
		if flag == nil || c.Name() == "version" {
			continue
		}
		has := flag.Value.(*form).choices
		want := documented[c.Name()]
		if slices.Sort(want); !slices.Equal(slices.Sorted(slices.Values(has)), want) {
			t.Errorf("%s has %v, and docs/running.md says %v", c.Name(), has, want)
		}
		delete(documented, c.Name())
	}
	if len(documented) > 0 {
		t.Errorf("docs/running.md has forms of commands without -o: %v", documented)
	}
}
