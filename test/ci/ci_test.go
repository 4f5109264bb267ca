// Package ci tests what other CI systems are given: workflows, the action and the scripts behind it.
package ci

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

const root = "../.."

// actionlint reads the workflows, and what access.yml gives to action.yml.
func TestWorkflowsAreLinted(t *testing.T) {
	command := exec.Command("go", "tool", "-modfile=tools/go.mod", "actionlint", "-no-color")
	command.Dir = root
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// Every issue form asks for the version, and for an input that shows the problem.
func TestIssueFormsAskForVersionAndInput(t *testing.T) {
	files, err := filepath.Glob(root + "/.github/ISSUE_TEMPLATE/*.yml")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		if filepath.Base(file) == "config.yml" {
			continue
		}
		var form struct {
			Name, Description string
			Labels            []string
			Body              []struct {
				Type, ID    string
				Attributes  map[string]string
				Validations struct{ Required bool }
			}
		}
		decode(t, file, &form)
		if form.Name == "" || form.Description == "" {
			t.Errorf("%s: GitHub shows no form without a name and a description", file)
		}
		required := map[string]bool{}
		for _, field := range form.Body {
			switch {
			case field.Type == "markdown":
				if field.Attributes["value"] == "" {
					t.Errorf("%s: a text is empty", file)
				}
				continue
			case field.ID == "" || field.Attributes["label"] == "":
				t.Errorf("%s: a field has no id or no label", file)
			}
			if _, twice := required[field.ID]; twice {
				t.Errorf("%s: %s is there twice", file, field.ID)
			}
			required[field.ID] = field.Validations.Required
		}
		if !required["version"] || !required["input"] {
			t.Errorf("%s: version and input are not required", file)
		}
	}
}

func TestPullRequestsSayWhichAccessChanged(t *testing.T) {
	if text := read(t, root+"/.github/pull_request_template.md"); !strings.Contains(text, "\n## Which access changed\n") {
		t.Errorf("the template does not ask:\n%s", text)
	}
}

// Every module that dependabot looks at is there, and every path with an owner as well.
func TestGitHubFilesNameWhatIsThere(t *testing.T) {
	var bot struct {
		Version int
		Updates []struct {
			PackageEcosystem string   `yaml:"package-ecosystem"`
			Directories      []string `yaml:"directories"`
		}
	}
	decode(t, root+"/.github/dependabot.yml", &bot)
	modules := 0
	for _, update := range bot.Updates {
		for _, dir := range update.Directories {
			if _, err := os.Stat(filepath.Join(root, dir, "go.mod")); err != nil {
				t.Errorf("dependabot: %v", err)
			}
			modules++
		}
	}
	if bot.Version != 2 || modules == 0 {
		t.Errorf("version %d, %d modules", bot.Version, modules)
	}
	for _, line := range strings.Split(read(t, root+"/.github/CODEOWNERS"), "\n") {
		path, owners, found := strings.Cut(line, " ")
		if !found || path == "#" || path == "*" {
			continue
		}
		if _, err := os.Stat(filepath.Join(root, path)); err != nil || !strings.HasPrefix(strings.TrimSpace(owners), "@") {
			t.Errorf("CODEOWNERS: %s: %v", line, err)
		}
	}
}

// The scripts of action.yml are shell that bash can read, take no ${{ }} (what a pull request writes would
// be code there), and use only inputs that the action declares.
func TestActionIsSafeShell(t *testing.T) {
	var action struct {
		Inputs map[string]map[string]string
		Runs   struct {
			Using string
			Steps []struct {
				Name, Shell, Run, If string
				Env                  map[string]string
			}
		}
	}
	decode(t, root+"/action.yml", &action)
	text := read(t, root+"/action.yml")
	for _, used := range regexp.MustCompile(`inputs\.([a-z-]+)`).FindAllStringSubmatch(text, -1) {
		if action.Inputs[used[1]] == nil {
			t.Errorf("the input %s is not declared", used[1])
		}
	}
	for name, input := range action.Inputs {
		if input["description"] == "" || !strings.Contains(text, "inputs."+name) {
			t.Errorf("the input %s is not described, or not used", name)
		}
	}
	if action.Runs.Using != "composite" || len(action.Runs.Steps) < 3 {
		t.Fatalf("%s with %d steps", action.Runs.Using, len(action.Runs.Steps))
	}
	for _, step := range action.Runs.Steps {
		if step.Shell != "bash" || strings.Contains(step.Run, "${{") {
			t.Errorf("%s: shell %q runs %s", step.Name, step.Shell, step.Run)
		}
		command := exec.Command("bash", "-n")
		command.Stdin = strings.NewReader(step.Run)
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", step.Name, err, out)
		}
	}
}

// GitLab's jobs have only keys that GitLab knows, and their lines are shell.
func TestGitLabFile(t *testing.T) {
	var jobs map[string]map[string]any
	decode(t, root+"/examples/ci/gitlab-ci.yml", &jobs)
	if len(jobs) != 1 {
		t.Errorf("%d jobs", len(jobs))
	}
	known := "stage image rules variables before_script script artifacts"
	for name, job := range jobs {
		for key, value := range job {
			if !strings.Contains(" "+known+" ", " "+key+" ") {
				t.Errorf("%s.%s is not a key that this test knows", name, key)
			}
			if !strings.HasSuffix(key, "script") {
				continue
			}
			for _, line := range value.([]any) {
				command := exec.Command("sh", "-n")
				command.Stdin = strings.NewReader(fmt.Sprint(line))
				if out, err := command.CombinedOutput(); err != nil {
					t.Errorf("%s: %v: %s", line, err, out)
				}
			}
		}
	}
}

// A stand-in for the program: the policies are lines, and a line that is new is a gain.
const stub = `#!/bin/sh
[ "$1 $2 $3 $4" = "diff --no-new-access -o markdown" ] || { echo "unexpected: $*" >&2; exit 2; }
grep -q unreadable "$6" && exit 2
grep -q rejected "$6" && exit 1
new=$(grep -vxF -f "$5" "$6") || exit 0
echo "gained: $new"
exit 1
`

func TestAccessDiffComparesTwoCommits(t *testing.T) {
	script, err := filepath.Abs(root + "/examples/ci/access-diff.sh")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		dir, base, head  string
		code             int
		gained, markdown string
	}{
		"nothing":           {"tenants", "allow alice", "allow alice", 0, "false\n", "No access changes.\n"},
		"a gain":            {"tenants", "allow alice", "allow alice\nallow bob", 0, "true\n", "gained: allow bob\n"},
		"a new directory":   {"new", "", "allow alice", 0, "true\n", "gained: allow alice\n"},
		"cannot be read":    {"tenants", "allow alice", "unreadable", 2, "", ""},
		"is rejected":       {"tenants", "allow alice", "rejected", 1, "", ""},
		"render fails":      {"tenants", "allow alice", "", 1, "", ""},
		"render fails once": {"tenants", "", "allow alice", 1, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			repo, bin, out := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "out")
			write(t, filepath.Join(bin, "ambient-profile"), stub, 0o755)
			write(t, filepath.Join(repo, "README"), "", 0o644)
			if test.dir == "tenants" {
				write(t, filepath.Join(repo, "tenants", "policies"), test.base, 0o644)
			}
			git(t, repo, "init", "-q")
			git(t, repo, "add", ".")
			git(t, repo, "commit", "-q", "-m", "base")
			write(t, filepath.Join(repo, test.dir, "policies"), test.head, 0o644)

			command := exec.Command(script, "HEAD", out)
			command.Dir = filepath.Join(repo, test.dir)
			command.Env = append(os.Environ(), "RENDER=grep . policies", "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			said, err := command.CombinedOutput()
			if code := command.ProcessState.ExitCode(); code != test.code {
				t.Fatalf("exit code %d, want %d: %v: %s", code, test.code, err, said)
			}
			if test.code == 0 && (read(t, out+"/gained") != test.gained || read(t, out+"/diff.md") != test.markdown || string(said) != test.markdown) {
				t.Errorf("gained %q, diff %q, printed %q", read(t, out+"/gained"), read(t, out+"/diff.md"), said)
			}
			if left := git(t, repo, "worktree", "list"); strings.Count(left, "\n") != 1 {
				t.Errorf("a worktree is left over:\n%s", left)
			}
		})
	}
}

// A download that differs from checksums.txt is not unpacked.
func TestInstallReleaseComparesChecksums(t *testing.T) {
	for _, tampered := range []bool{false, true} {
		release, bin := t.TempDir(), t.TempDir()
		write(t, filepath.Join(release, "ambient-profile"), "#!/bin/sh\necho it runs\n", 0o755)
		name := "ambient-profile_v0.0.1_" + goEnv(t, "GOOS") + "_" + goEnv(t, "GOARCH") + ".tar.gz"
		shell(t, release, "tar -czf "+name+" ambient-profile && { sha256sum "+name+" || shasum -a 256 "+name+"; } > checksums.txt")
		if tampered {
			shell(t, release, "echo more >> ambient-profile && tar -czf "+name+" ambient-profile")
		}
		command := exec.Command(root + "/examples/ci/install-release.sh")
		command.Env = append(os.Environ(), "VERSION=v0.0.1", "BIN="+bin, "URL=file://"+release, "GITHUB_PATH="+bin+"/path")
		said, err := command.CombinedOutput()
		_, missing := os.Stat(bin + "/ambient-profile")
		if tampered {
			if err == nil || missing == nil || !strings.Contains(string(said), "differs from checksums.txt") {
				t.Errorf("it is installed: %v: %s", err, said)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		if out := shell(t, bin, `PATH="$(cat path)" && ambient-profile`); out != "it runs\n" {
			t.Errorf("it prints %q", out)
		}
	}
}

func decode(t *testing.T, file string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(read(t, file)), into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	command := exec.Command("git", append([]string{"-c", "user.name=test", "-c", "user.email=test@example.com"}, args...)...)
	command.Dir = dir
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func shell(t *testing.T, dir, script string) string {
	t.Helper()
	command := exec.Command("sh", "-euc", script)
	command.Dir = dir
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", script, err, out)
	}
	return string(out)
}

func goEnv(t *testing.T, key string) string {
	t.Helper()
	out, err := exec.Command("go", "env", key).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t *testing.T, file, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
