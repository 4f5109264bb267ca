package fn

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sessions are pages for newcomers. Anyone who pastes their command blocks one after the other into one
// shell starts in an empty directory, with Go, make and git, and has only what a page installs.
var sessions = []string{"../README.md", "../docs/first-five-minutes.md"}

func TestSessions(t *testing.T) {
	for _, page := range sessions {
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			replay(t, page)
		})
	}
}

// endOfBlock is printed between the outputs of two blocks.
const endOfBlock = "--- end of the block ---\n"

func replay(t *testing.T, page string) {
	text := read(t, page)
	blocks := fence.FindAllStringSubmatchIndex(text, -1)
	var run []int // the blocks that run here
	script := "exec 2>&1\n"
	for i, b := range blocks {
		body := text[b[4]:b[5]]
		if text[b[2]:b[3]] != "sh" || missing(t, body) {
			continue
		}
		run = append(run, i)
		script += body + "echo '" + strings.TrimSpace(endOfBlock) + "'\n"
	}
	outputs := strings.Split(newcomer(t, script), endOfBlock)
	if len(run) < 4 || len(outputs) != len(run)+1 {
		t.Fatalf("%d outputs of %d blocks; the last is\n%s", len(outputs)-1, len(run), outputs[len(outputs)-1])
	}
	changed := text
	for k, i := range run {
		want, shown := output(text, blocks, i)
		if !shown || want == outputs[k] {
			continue
		}
		if !*update {
			t.Errorf("line %d prints\n%s\nthe page says\n%s", 1+strings.Count(text[:blocks[i][0]], "\n"), outputs[k], want)
			continue
		}
		command := text[blocks[i][0]:blocks[i][1]]
		changed = strings.Replace(changed, command+"\n\n```text\n"+want, command+"\n\n```text\n"+outputs[k], 1)
	}
	if changed != text {
		write(t, page, changed)
		t.Errorf("rewrote %s; read the difference before you commit it", page)
	}
}

// missing reports whether a block needs a program that is not installed, and logs it.
func missing(t *testing.T, body string) bool {
	m := needs.FindStringSubmatch(body)
	if m == nil {
		return false
	}
	if _, err := exec.LookPath(m[1]); err != nil {
		t.Logf("NOT TESTED: a block; it needs %s: %v", m[1], err)
		return true
	}
	return false
}

// Programs in front of the real ones. What a newcomer downloads is here already: git clones this
// repository, and go installs kustomize as tools/go.mod has it.
const (
	gitShim = `#!/bin/sh
case "$*" in
"clone https://github.com/kubeflow-ambient/ambient-profile") exec "$REAL_GIT" clone -q "$REPOSITORY" ambient-profile ;;
esac
exec "$REAL_GIT" "$@"
`
	goShim = `#!/bin/sh
case "$*" in
"install ./cmd/ambient-profile") ;; # in the clone
"install sigs.k8s.io/kustomize/kustomize/v5@$KUSTOMIZE_VERSION") exec cp "$KUSTOMIZE" "$GOPATH/bin/kustomize" ;;
"install "*) echo "go: the test knows no $*" >&2; exit 1 ;;
esac
exec "$REAL_GO" "$@"
`
)

// newcomer runs a script as a user who has just come: in an empty home, with an empty GOPATH. Downloads
// and compilations of earlier runs are used again.
func newcomer(t *testing.T, script string) string {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skipf("NOT TESTED: the page; it clones a repository, and git is not installed: %v", err)
	}
	repository, home, shims := t.TempDir(), t.TempDir(), t.TempDir()
	copyRepository(t, repository)
	commitAll(t, repository)
	for name, text := range map[string]string{"git": gitShim, "go": goShim, "make": makeShim} {
		if err := os.WriteFile(filepath.Join(shims, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	golang, gopath, empty := must(exec.LookPath("go")), filepath.Join(home, "go"), filepath.Join(home, "empty")
	for _, dir := range []string{filepath.Join(gopath, "bin"), empty} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(args ...string) string {
		return strings.TrimSpace(string(must(exec.Command(golang, args...).Output())))
	}
	path := []string{shims, filepath.Dir(golang)}
	for _, tool := range []string{"make", "kpt", "sh"} { // where the system has them
		if file, err := exec.LookPath(tool); err == nil {
			path = append(path, filepath.Dir(file))
		}
	}
	command := exec.Command("sh", "-eu", "-c", script)
	command.Dir = empty
	command.Env = []string{
		"PATH=" + strings.Join(append(path, "/usr/bin", "/bin"), string(os.PathListSeparator)), "HOME=" + home, "GOPATH=" + gopath,
		"GOMODCACHE=" + ask("env", "GOMODCACHE"), "GOCACHE=" + ask("env", "GOCACHE"), "GOPROXY=" + ask("env", "GOPROXY"), "GOTOOLCHAIN=" + ask("env", "GOTOOLCHAIN"), "GOFLAGS=" + ask("env", "GOFLAGS"),
		"REAL_GIT=" + git, "REAL_GO=" + golang, "REAL_MAKE=" + must(exec.LookPath("make")), "REPOSITORY=" + repository,
		"KUSTOMIZE=" + ask("tool", "-n", toolsModule, "kustomize"), "KUSTOMIZE_VERSION=" + ask("list", toolsModule, "-m", "-f", "{{.Version}}", "sigs.k8s.io/kustomize/kustomize/v5"),
	}
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	return string(out)
}
