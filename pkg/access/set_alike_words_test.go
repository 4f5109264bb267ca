package access

import (
	"flag"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var updateWords = flag.Bool("update-words", false, "write set_alike_words.txt anew")

// A word of the program's own may mean something in a manifest, such as none in a label. A namespace of that name is like no other.
func TestMeaningfulWordsAreAllThatTheCodeHas(t *testing.T) {
	label := regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)
	words := map[string]bool{}
	for _, dir := range []string{".", "../../internal/symbolic"} {
		for _, file := range mustBe(filepath.Glob(filepath.Join(dir, "*.go"))) {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			ast.Inspect(mustBe(parser.ParseFile(gotoken.NewFileSet(), file, nil, 0)), func(n ast.Node) bool {
				if l, ok := n.(*ast.BasicLit); ok && l.Kind == gotoken.STRING {
					for _, word := range strings.FieldsFunc(mustBe(strconv.Unquote(l.Value)), func(c rune) bool { return c > 127 || !isWordByte(byte(c)) }) {
						if label.MatchString(word) {
							words[word] = true
						}
					}
				}
				return true
			})
		}
	}
	want := strings.Join(slices.Sorted(maps.Keys(words)), "\n") + "\n"
	if *updateWords {
		if err := os.WriteFile("set_alike_words.txt", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if meaningfulWords != want {
		t.Error("set_alike_words.txt is not what the code has: write it anew by go test ./pkg/access -run MeaningfulWords -update-words")
	}
}

func mustBe[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
