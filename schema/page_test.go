package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docs/configuration.md has what the types and their comments say now.
func TestConfigurationPageIsFresh(t *testing.T) {
	want, err := configurationPage("..")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join("..", pageFile)); err != nil || string(got) != want {
		t.Errorf("%s is stale (%v); run make schema and commit it", pageFile, err)
	}
}

// Each field is explained by whole sentences.
func TestEveryFieldIsExplained(t *testing.T) {
	text, err := configurationPage("..")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ = strings.Cut(text, pageMark)
	rows := regexp.MustCompile("(?m)^\\| (`[^|]*`) \\| .* \\| (.*) \\|$").FindAllStringSubmatch(text, -1)
	if len(rows) < 60 {
		t.Fatalf("%d fields", len(rows))
	}
	whole := regexp.MustCompile("^[A-Z`].*\\.$")
	for _, row := range rows {
		if field, meaning := row[1], row[2]; !whole.MatchString(meaning) || len(meaning) < 15 {
			t.Errorf("%s: %q is not a sentence", field, meaning)
		}
	}
	for _, row := range []string{
		"| `trustDomain` | string | `cluster.local` | ", "| `sameNamespacePods` | boolean | `true` | ", "| `ports` | list of numbers | required | ",
		"| `openPaths` | list of strings | `[\"/healthz\",\"/metrics\",\"/wait-for-drain\"]` | ",
	} {
		if !strings.Contains(text, row) {
			t.Errorf("no row begins with %s", row)
		}
	}
}
