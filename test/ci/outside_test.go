package ci

import (
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What only the owners of the organization can set up is listed in docs/release.md: each repository, image and team
// that a file names, and no other.
func TestNamesOutsideTheRepositoryAreListed(t *testing.T) {
	name := regexp.MustCompile(`(?:github\.com/|ghcr\.io/|@)kubeflow-ambient/[a-z-]+`)
	page := filepath.Join(root, "docs/release.md")
	before, section, found := strings.Cut(read(t, page), "\n## Outside this repository\n")
	if !found {
		t.Fatal("docs/release.md has no such section")
	}
	table, after, _ := strings.Cut(section, "\n## ")
	used := map[string]string{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", "bin", "dist", "testdata"}, entry.Name()):
			return fs.SkipDir
		case entry.IsDir() || entry.Name() == "ambient-profile": // the program
			return nil
		}
		text := read(t, file)
		if file == page {
			text = before + after
		}
		for _, found := range name.FindAllString(text, -1) {
			used[found] = file
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(table, -1) {
		if used[row[1]] == "" {
			t.Errorf("docs/release.md lists %s, which no file names", row[1])
		}
		delete(used, row[1])
	}
	for _, left := range slices.Sorted(maps.Keys(used)) {
		t.Errorf("%s names %s, which docs/release.md does not list", used[left], left)
	}
}
