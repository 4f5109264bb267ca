package ci

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	comment = regexp.MustCompile(`(?s)<!--.*?-->`)
	link    = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
)

// The first sentence of every page in docs/ is about its readers, every link to a file leads somewhere, and no page is without a link to it.
func TestPagesOfDocs(t *testing.T) {
	pages, err := filepath.Glob(root + "/docs/*.md")
	if err != nil || len(pages) < 10 {
		t.Fatalf("%d pages: %v", len(pages), err)
	}
	linked := map[string]bool{}
	for _, page := range append(pages, root+"/README.md", root+"/CONTRIBUTING.md", root+"/CHANGELOG.md", root+"/SECURITY.md") {
		text := comment.ReplaceAllString(read(t, page), "")
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			target := filepath.Join(filepath.Dir(page), found[1])
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", page, found[1])
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
