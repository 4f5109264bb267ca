package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// A contender is one way to get the objects.
type contender struct {
	name  string
	args  []string
	stdin string // a file; "" for none
}

// A sample is what one run of a process, and of those that it waited for, took.
type sample struct {
	CPU float64 // user and system, in seconds
	RSS float64 // at its highest, in MB; of the largest process
}

// measure runs all contenders in turns.
func measure(contenders []contender, rounds int) (map[string][]sample, error) {
	samples := map[string][]sample{}
	for round := range rounds {
		if round%10 == 0 {
			log.Printf("  round %d of %d", round+1, rounds)
		}
		for _, c := range contenders {
			s, err := runOnce(c)
			if err != nil {
				return nil, err
			}
			samples[c.name] = append(samples[c.name], s)
		}
	}
	return samples, nil
}

// measureVerb makes this program run another one and print what it took. A process begins with the
// peak memory of the one that it was forked from (Linux: wait4), so that must be a small one.
const measureVerb = "measure-one-process"

func runOnce(c contender) (sample, error) {
	self, err := os.Executable()
	if err != nil {
		return sample{}, err
	}
	var out, errs bytes.Buffer
	cmd := exec.Command(self, append([]string{measureVerb, c.stdin}, c.args...)...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return sample{}, fmt.Errorf("%s: %w\n%s", c.name, err, errs.Bytes())
	}
	var s sample
	return s, json.Unmarshal(out.Bytes(), &s)
}

// measureHere is the other end of runOnce; args are a file for stdin, then the command.
func measureHere(args []string) {
	cmd := exec.Command(args[1], args[2:]...)
	if args[0] != "" {
		stdin, err := os.Open(args[0])
		if err != nil {
			log.Fatal(err)
		}
		cmd.Stdin = stdin
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		log.Fatal(err)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		log.Fatal("this system does not tell what a process used")
	}
	unit := 1024.0 // Linux
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	s := sample{
		CPU: (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(),
		RSS: float64(usage.Maxrss) * unit / 1e6,
	}
	if err := json.NewEncoder(os.Stdout).Encode(s); err != nil {
		log.Fatal(err)
	}
}

// output is what the contender prints.
func (c contender) output() ([]byte, error) {
	cmd := exec.Command(c.args[0], c.args[1:]...)
	if c.stdin != "" {
		stdin, err := os.ReadFile(c.stdin)
		if err != nil {
			return nil, err
		}
		cmd.Stdin = bytes.NewReader(stdin)
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", c.name, err, errs.Bytes())
	}
	return out, nil
}
