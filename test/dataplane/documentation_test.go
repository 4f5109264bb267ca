package dataplane

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the answers in the documentation, and fail")

// page is the documentation whose commands are run.
func page() string { return filepath.Join(tools.Checkout, "docs/dataplane.md") }

// Every command of the documentation is run unchanged, one after another in one shell, and must print the output
// that the page shows.
func TestTheDocumentationsCommandsAnswerThis(t *testing.T) {
	needsPlane(t)
	for _, program := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv(requiredEnv) != "" {
				t.Fatal(err)
			}
			note("NOT RUN: the documentation's commands: %v", err)
			t.Skipf("NOT RUN: %v", err)
		}
	}
	text, err := os.ReadFile(page())
	if err != nil {
		t.Fatal(err)
	}
	for _, binary := range tools.Envoys {
		t.Run("Envoy "+binary.Version, func(t *testing.T) {
			restart(t, binary)
			become(t, base(t))
			awaitLogin(t)
			commands := readCommands(string(text))
			runCommands(t, commands)
			for _, c := range commands {
				if c.got != c.want {
					t.Errorf("$ %s\nwant\n%s\ngot\n%s", c.text, c.want, c.got)
				}
			}
			if *update && t.Failed() {
				if err := os.WriteFile(page(), []byte(rewrite(string(text), commands)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			note("seed's commands with Envoy %s: %d, each with the answer in docs/dataplane.md", binary.Version, len(commands))
		})
	}
}

// command is one `$ ` line of a console block, with the output after it.
type command struct{ text, want, got string }

// readCommands takes the console blocks of a Markdown page apart.
func readCommands(page string) []*command {
	var all []*command
	var last *command
	inside := false
	for line := range strings.Lines(page) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "```"):
			inside, last = line == "```console", nil
		case !inside:
		case strings.HasPrefix(line, "$ "):
			last = &command{text: strings.TrimPrefix(line, "$ ")}
			all = append(all, last)
		case last != nil && last.want == "" && strings.HasSuffix(last.text, "\\"):
			last.text += "\n" + line
		case last != nil:
			last.want += line + "\n"
		}
	}
	return all
}

// rewrite puts what was answered below each command.
func rewrite(page string, commands []*command) string {
	var b strings.Builder
	for i, block := range strings.Split(page, "```console\n") {
		if i == 0 {
			b.WriteString(block)
			continue
		}
		old, rest, _ := strings.Cut(block, "```")
		b.WriteString("```console\n")
		for range readCommands("```console\n" + old) {
			fmt.Fprintf(&b, "$ %s\n%s", commands[0].text, commands[0].got)
			commands = commands[1:]
		}
		b.WriteString("```" + rest)
	}
	return b.String()
}

func runCommands(t *testing.T, commands []*command) {
	t.Helper()
	const mark = "\n@@ %d\n"
	var script strings.Builder
	script.WriteString(prelude)
	for i, c := range commands {
		fmt.Fprintf(&script, "%s\nprintf '"+strings.ReplaceAll(mark, "\n", "\\n")+"'\n", c.text, i)
	}
	var out bytes.Buffer
	cmd := exec.Command("bash", "-c", script.String())
	cmd.Env = append(os.Environ(), "STAND_IN="+standIn(t), "INGRESS="+plane.Address("istio-system/ambient-ingressgateway"), "no_proxy=10.244.2.0/24,127.0.0.1")
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Logf("the last command: %v", err)
	}
	said := out.String()
	for i, c := range commands {
		c.got, said, _ = strings.Cut(said, fmt.Sprintf(mark, i))
		if c.got != "" && !strings.HasSuffix(c.got, "\n") {
			c.got += "\n"
		}
	}
}
