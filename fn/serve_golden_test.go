package fn

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// Each directory of testdata/serve is a request, as metacontroller sends it, and the response. -update rewrites the responses.
func TestServeGolden(t *testing.T) {
	dirs := must(filepath.Glob("testdata/serve/*"))
	if len(dirs) == 0 {
		t.Fatal("no pairs")
	}
	for _, dir := range dirs {
		config := serveConfig
		if file := filepath.Join(dir, "config.yaml"); exists(file) {
			config = read(t, file)
		}
		path := "/sync"
		if exists(filepath.Join(dir, "customize.json")) {
			path = "/customize"
		}
		status, body := post(t, hook(t, config), path, []byte(read(t, filepath.Join(dir, path[1:]+".json"))))
		got := fmt.Sprintf("%d %s\n%s", status, http.StatusText(status), indented(body))
		file := filepath.Join(dir, "want.txt")
		if want, err := os.ReadFile(file); err != nil || string(want) != got {
			if *update {
				write(t, file, got)
			}
			t.Errorf("%s: got\n%s", file, got)
		}
	}
}

// indented is JSON with a field on each line; other text is itself.
func indented(body string) string {
	var out bytes.Buffer
	if json.Indent(&out, []byte(body), "", "  ") != nil {
		return body
	}
	return out.String()
}
