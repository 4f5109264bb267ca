package ci

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	comment = regexp.MustCompile(`(?s)<!--.*?-->`)
	link    = regexp.MustCompile(`\]\(([^)#:]*)(#[^)]*)?\)`)
	heading = regexp.MustCompile("(?m)^#+ (.*)$")
	dropped = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors are the headings of a page, as GitHub makes links of them.
func anchors(t *testing.T, page string) map[string]bool {
	found := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(read(t, page), -1) {
		found["#"+strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	return found
}

// The first sentence of every page in docs/ is about its readers, every link leads to a file and a heading that exist, and every page is linked.
func TestPagesOfDocs(t *testing.T) {
	pages, err := filepath.Glob(root + "/docs/*.md")
	if err != nil || len(pages) < 10 {
		t.Fatalf("%d pages: %v", len(pages), err)
	}
	linked := map[string]bool{}
	examples, err := filepath.Glob(root + "/examples/*/README.md")
	if err != nil || len(examples) < 10 {
		t.Fatalf("%d examples: %v", len(examples), err)
	}
	for _, page := range slices.Concat(pages, examples, []string{root + "/README.md", root + "/CONTRIBUTING.md", root + "/CHANGELOG.md", root + "/SECURITY.md"}) {
		text := comment.ReplaceAllString(read(t, page), "")
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			target := filepath.Join(filepath.Dir(page), found[1])
			if found[1] == "" {
				target = filepath.Clean(page)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", page, found[1])
			} else if found[2] != "" && !anchors(t, target)[found[2]] {
				t.Errorf("%s: %s has no heading %s", page, target, found[2])
			}
			if target != filepath.Clean(page) {
				linked[target] = true
			}
		}
		if filepath.Base(filepath.Dir(page)) != "docs" {
			continue
		}
		_, body, _ := strings.Cut(strings.TrimSpace(text), "\n")
		if body = strings.TrimSpace(body); !strings.HasPrefix(body, "This page is for ") && !strings.HasPrefix(body, "For ") {
			t.Errorf("%s: its first sentence is not about who it is for: %.80s", page, body)
		}
	}
	for _, page := range pages {
		if !linked[filepath.Clean(page)] {
			t.Errorf("%s: no other page links to it", page)
		}
	}
}
