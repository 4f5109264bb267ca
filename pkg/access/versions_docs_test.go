package access

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// The README, the threat model and the finding name the same versions: those that are tested, and the first patches that take no tokens of a public key.
func TestDocsNameTheVersions(t *testing.T) {
	var patches []string
	for minor := 27; firstSafe[minor] > 0; minor++ {
		patches = append(patches, fmt.Sprintf("1.%d.%d", minor, firstSafe[minor]))
	}
	if len(patches) != len(firstSafe) {
		t.Fatalf("%v are not all of %v", patches, firstSafe)
	}
	safe := strings.Join(patches[:len(patches)-1], ", ") + " and " + patches[len(patches)-1]
	for file, wants := range map[string][]string{
		"../../README.md":        {"Istio 1.30, 1.31 or 1.32 in ambient mode", "before " + safe},
		"../../docs/security.md": {"1.30, 1.31 and 1.32", "before " + safe, strings.Join(patches, ", ") + ", 1.30.0"},
		"../../docs/messages.md": {"before " + safe},
		"../../docs/rollout.md":  {"older than " + strings.Replace(safe, " and ", " or ", 1)},
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s lacks %q", file, want)
			}
		}
		for _, contrary := range []string{"1.30 or newer", "oldest acceptable"} {
			if strings.Contains(string(text), contrary) {
				t.Errorf("%s states %q", file, contrary)
			}
		}
	}
}
