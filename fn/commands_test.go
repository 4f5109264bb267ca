package fn

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every command block (```sh) of these pages runs, in order, in a clean copy of the repository. A
// block that cannot run everywhere states that in its first line:
//
//	# needs a cluster         (or a registry: never run here)
//	# needs Docker            (and likewise kpt: run where they are)
//
// A ```text block after it is exactly what it prints. Pages in docs run in the repository's
// root, examples in their own directory.
func pages(t *testing.T) []string {
	t.Helper()
	return append(must(filepath.Glob(examplesDir+"/*/README.md")), "../docs/rollout.md", "../docs/prerequisites.md", "../docs/release.md", "../docs/access-check.md", "../docs/ask.md", "../docs/diff.md", "../docs/lint.md", "../docs/report.md", "../docs/not-judged.md", "../docs/runtime.md")
}

func TestCommandsOfThePages(t *testing.T) {
	for _, page := range pages(t) {
		t.Run(strings.TrimPrefix(page, "../"), func(t *testing.T) {
			t.Parallel()
			runPage(t, page)
		})
	}
}

var (
	fence = regexp.MustCompile("(?ms)^ *```(\\w*)\n(.*?)^ *```$")
	needs = regexp.MustCompile(`^ *# needs (.*)\n`)
)

func runPage(t *testing.T, page string) {
	text := read(t, page)
	blocks := fence.FindAllStringSubmatchIndex(text, -1)
	var place *workplace
	for i, b := range blocks {
		language, body := text[b[2]:b[3]], text[b[4]:b[5]]
		switch language {
		case "bash", "shell", "console":
			t.Errorf("%s: a block in %s is not run; write sh", page, language)
		case "sh":
			if place == nil {
				place = newWorkplace(t, strings.TrimSuffix(filepath.Dir(page), "docs"))
			}
			want, shown := output(text, blocks, i)
			t.Run("line "+itoa(1+strings.Count(text[:b[0]], "\n")), func(t *testing.T) { place.run(t, body, want, shown) })
		}
	}
}

// output is the ```text block that comes right behind a block, with only blanks between.
func output(text string, blocks [][]int, i int) (want string, shown bool) {
	if i+1 == len(blocks) {
		return "", false
	}
	next := blocks[i+1]
	if text[next[2]:next[3]] != "text" || strings.TrimSpace(text[blocks[i][1]:next[0]]) != "" {
		return "", false
	}
	return text[next[4]:next[5]], true
}

// A workplace is a clean copy of the repository and the tools that the pages call. The PATH that a
// block exports is that of the next blocks; what make build makes is in none until a block puts it there.
type workplace struct {
	page                   *testing.T
	root, dir, path, image string
}

// For a target that CI runs itself, in this test or in another step, the shim only checks that it could be made.
const makeShim = `#!/bin/sh
for word; do
  case "$word" in
  test|verify|image|image-test|release|release-test|schema) exec "$REAL_MAKE" -n "$@" > /dev/null ;;
  esac
done
exec "$REAL_MAKE" --no-print-directory -s "$@"
`

func newWorkplace(t *testing.T, dir string) *workplace {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skipf("NOT TESTED: the commands of the page; they run in a repository, and git is not installed: %v", err)
	}
	root, tools := t.TempDir(), t.TempDir()
	copyRepository(t, root)
	commitAll(t, root)
	binary := strings.TrimSpace(string(must(exec.Command("go", "tool", "-n", toolsModule, "kustomize").Output())))
	if err := os.Symlink(binary, filepath.Join(tools, "kustomize")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(tools, "make"), []byte(makeShim), 0o755); err != nil {
		t.Fatal(err)
	}
	return &workplace{page: t, root: root, dir: filepath.Join(root, strings.TrimPrefix(dir, "..")), path: tools + string(os.PathListSeparator) + os.Getenv("PATH")}
}

// commitAll makes the copy a repository of its own, and sees to it that git means this one.
func commitAll(t *testing.T, root string) {
	t.Helper()
	git := func(args ...string) string {
		out, err := exec.Command("git", append([]string{"-C", root, "-c", "user.name=t", "-c", "user.email=t@example.com"}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("git %s: %v: %s", args[0], err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q")
	if top := git("rev-parse", "--absolute-git-dir"); top != filepath.Join(must(filepath.EvalSymlinks(root)), ".git") {
		t.Fatalf("git works on %s, not on the copy", top)
	}
	git("add", "-A")
	git("commit", "-qm", "all")
}

// copyRepository copies the files, without what was built and without the repository's .git: what
// a page does to git must not reach this one.
func copyRepository(t *testing.T, root string) {
	t.Helper()
	for _, name := range must(filepath.Glob("../*")) {
		base := filepath.Base(name)
		if base == "bin" || base == "dist" || base[0] == '.' {
			continue
		}
		if info := must(os.Stat(name)); !info.IsDir() {
			if err := os.WriteFile(filepath.Join(root, base), must(os.ReadFile(name)), info.Mode()); err != nil {
				t.Fatal(err)
			}
		} else if err := os.CopyFS(filepath.Join(root, base), os.DirFS(name)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(root, ".gitignore"), read(t, "../.gitignore"))
	for _, left := range must(filepath.Glob(root + "/examples/*/ambient-profile")) { // make demo
		if err := os.Remove(left); err != nil {
			t.Fatal(err)
		}
	}
}

// run runs one block, where it can be run.
func (w *workplace) run(t *testing.T, body, want string, shown bool) {
	t.Helper()
	if out, err := exec.Command("sh", "-n", "-c", body).CombinedOutput(); err != nil {
		t.Fatalf("no shell reads this: %s", out)
	}
	if m := needs.FindStringSubmatch(body); m != nil {
		w.need(t, m[1])
	}
	if w.image != "" {
		body = strings.ReplaceAll(body, released, w.image)
	}
	left := filepath.Join(t.TempDir(), "PATH")
	command := exec.Command("sh", "-eu", "-c", body+"\nprintf %s \"$PATH\" > \"$LEFT\"\n")
	command.Dir = w.dir
	command.Env = append(os.Environ(), "PATH="+w.path, "LEFT="+left, "REAL_MAKE="+must(exec.LookPath("make")))
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\nprints\n%s", err, body, out)
	}
	w.path = read(t, left)
	if shown && string(out) != want {
		t.Errorf("it prints\n%s\nthe page says\n%s", out, want)
	}
}

// need skips a block whose tools are missing, loudly.
func (w *workplace) need(t *testing.T, what string) {
	t.Helper()
	for _, tool := range strings.Split(what, " and ") {
		switch tool {
		case "a cluster", "a registry":
			t.Skipf("NOT TESTED: these commands; they need %s (the shell reads them)", tool)
		case "kpt":
			needKpt(t)
		case "Docker":
			needDocker(t)
			if w.image == "" {
				w.useImage(w.page)
			}
		default:
			t.Fatalf("the block needs %q, which this test does not know", tool)
		}
	}
}

// useImage puts an image of this source in place of the released one, in all files of the copy and
// in the commands.
func (w *workplace) useImage(page *testing.T) {
	page.Helper()
	w.image = testImage(page)
	for name, text := range tree(page, filepath.Join(w.root, "examples")) {
		if strings.Contains(text, released) {
			write(page, filepath.Join(w.root, "examples", name), strings.ReplaceAll(text, released, w.image))
		}
	}
}
