package fn

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

var refereeCode = regexp.MustCompile(`(?m)^ambient-profile: (?:warning|error): .*\[(AP07\d\d)\] (\S+ \S+?)(?::| \()`)

// What the function warns about its output, lint finds in that output, and nothing else: with the configuration always, and for the user
// namespaces of a default configuration without it.
func TestLintFindsWhatTheFunctionFinds(t *testing.T) {
	seen := 0
	for _, dir := range must(filepath.Glob(goldenDir + "/*")) {
		want, config := filepath.Join(dir, "want.yaml"), filepath.Join(dir, "profile.yaml")
		if _, err := os.Stat(want); err != nil {
			continue
		}
		t.Run(filepath.Base(dir), func(t *testing.T) {
			warned := map[string]bool{}
			data, err := os.ReadFile(filepath.Join(dir, "want.warn"))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			text := string(data)
			for _, m := range refereeCode.FindAllStringSubmatch(text, -1) {
				warned[m[1]+" "+m[2]] = true
			}
			report, err := Lint([]string{config, want}, "", strings.NewReader(""))
			if err != nil {
				t.Fatal(err)
			}
			found := map[string]bool{}
			for _, d := range report.Findings {
				if d.Severity() == diagnostic.Info {
					continue
				}
				if key := string(d.Code) + " " + d.Object.String(); !found[key] {
					found[key] = true
					seen++
					if !strings.Contains(text, d.Object.Name) && d.Code != diagnostic.PolicyUnattached {
						t.Errorf("lint finds what the function did not: %v", d)
					}
				}
			}
			for key := range warned {
				if !found[key] {
					t.Errorf("lint does not find %s", key)
				}
			}
		})
	}
	if seen < 20 {
		t.Errorf("only %d findings were compared", seen)
	}
}
