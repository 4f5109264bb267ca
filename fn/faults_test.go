package fn

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// asProcess is the program as a process of its own.
func asProcess(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("as Linux reports it")
	}
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), asPlugin+"=1")
	return cmd
}

// failsQuietly: something other than exit code 0, and nothing on stdout that could be applied.
func failsQuietly(t *testing.T, err error, stdout string) {
	t.Helper()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() == 0 {
		t.Errorf("it ended with %v", err)
	}
	if stdout != "" {
		t.Errorf("it wrote %.200q", stdout)
	}
}

func TestAReaderThatGoesAway(t *testing.T) {
	cmd := asProcess(t, must(os.Executable()))
	cmd.Stdin = strings.NewReader(resourceListOf(left))
	r, w, err := os.Pipe()
	if err == nil {
		err = r.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = w
	failsQuietly(t, cmd.Run(), "")
}

func TestAFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	cmd := asProcess(t, must(os.Executable()))
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(resourceListOf(left)), full, &stderr
	failsQuietly(t, cmd.Run(), "")
	part(t, "stderr", stderr.String(), "ambient-profile: error: write /dev/stdout: no space left on device")
}

// The signal arrives while the function still reads: it writes nothing before it has read and done everything.
func TestASignalToStop(t *testing.T) {
	cmd := asProcess(t, must(os.Executable()))
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	stdin, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err == nil {
		_, err = io.WriteString(stdin, resourceListOf(left))
	}
	if err == nil {
		err = cmd.Process.Signal(syscall.SIGTERM)
	}
	if err != nil {
		t.Fatal(err)
	}
	failsQuietly(t, cmd.Wait(), stdout.String())
}

// One gigabyte of addresses is plenty for a few items, and too little for five million.
func TestTooLittleMemory(t *testing.T) {
	call := func(items string) (string, error) {
		cmd := asProcess(t, "sh", "-c", `ulimit -v 1000000 && exec "$0"`, must(os.Executable()))
		var stdout bytes.Buffer
		cmd.Stdin, cmd.Stdout = strings.NewReader(resourceListOf(items)), &stdout
		err := cmd.Run()
		return stdout.String(), err
	}
	if _, err := call(left); err != nil {
		t.Skip("not even a few items: ", err) // the race detector needs terabytes
	}
	stdout, err := call("- [" + strings.Repeat("a,", 5_000_000) + "]\n")
	failsQuietly(t, err, stdout)
}

func TestStdinThatIsNothing(t *testing.T) {
	cmd := asProcess(t, must(os.Executable())) // exec gives it /dev/null
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	failsQuietly(t, cmd.Run(), stdout.String())
}
