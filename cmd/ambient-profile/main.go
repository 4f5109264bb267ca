// Command ambient-profile turns an AmbientProfile into everything that a Kubeflow user namespace
// needs on Istio ambient mode. Stdout carries what was asked for and nothing else; an error leaves
// it empty.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/kubeflow-ambient/ambient-profile/fn"
	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

func main() {
	setCollector(os.Args[1:])
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// errFailed says that cases failed, which the table on stdout has shown.
var errFailed = errors.New("failed")

// run is the whole program without the process around it.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	out := &output{w: stdout}
	root := rootCommand()
	root.SetArgs(append([]string{}, args...)) // nil would mean the arguments of the process
	root.SetIn(stdin)
	root.SetOut(out)
	root.SetErr(stderr)
	err := root.Execute()
	if out.err != nil { // cobra does not look whether help and completions could be written
		err = diagnostic.Undone(diagnostic.Diagnostic{
			Code: diagnostic.CannotWrite, Position: diagnostic.Position{File: "stdout"},
			Found: fmt.Sprintf("cannot be written (%v)", out.err), Effect: "what was written is not complete", Remedy: "do not use it",
		})
	}
	if errors.Is(err, errFailed) {
		return 1
	}
	return fn.Exit(err, stderr)
}

// output keeps the first error of a writer.
type output struct {
	w   io.Writer
	err error
}

// Columns is how wide the terminal is that the writer is, 0 where it is none or does not say.
func (o *output) Columns() int {
	f, ok := o.w.(*os.File)
	if !ok {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

func (o *output) Write(data []byte) (int, error) {
	n, err := o.w.Write(data)
	if o.err == nil {
		o.err = err
	}
	return n, err
}
