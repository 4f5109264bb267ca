package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/load"
)

type passThroughResult struct {
	objects, bytes int
	samples        map[string][]sample
}

// measurePassThrough runs one profile and a whole Kubeflow, nearly all of which only passes
// through; the kyaml identity gets the same list.
func measurePassThrough(t tools, parent string) (passThroughResult, error) {
	documents, err := kubeflow()
	if err != nil {
		return passThroughResult{}, err
	}
	log.Printf("%d objects that pass through: the same objects from both?", len(documents))
	d := directory{root: filepath.Join(parent, "passthrough")}
	text := load.ResourceList(1, documents)
	list := d.write("list.yaml", text)
	if d.err != nil {
		return passThroughResult{}, d.err
	}
	contenders := []contender{
		{name: function, args: []string{t.ours}, stdin: list},
		{name: identity, args: []string{t.identity}, stdin: list},
	}
	if err := samePassage(contenders); err != nil {
		return passThroughResult{}, err
	}
	samples, err := measure(contenders, *rounds)
	return passThroughResult{len(documents), len(text), samples}, err
}

// samePassage checks that our output has everything that the identity's has, in addition to new objects.
func samePassage(contenders []contender) error {
	ours, err := contenders[0].output()
	if err != nil {
		return err
	}
	theirs, err := contenders[1].output()
	if err != nil {
		return err
	}
	got, err := objects(string(ours))
	if err != nil {
		return err
	}
	want, err := objects(string(theirs))
	if err != nil {
		return err
	}
	have := map[string]bool{}
	for _, object := range got {
		have[object] = true
	}
	for _, object := range want {
		if !have[object] {
			return fmt.Errorf("an object did not pass through unchanged: %.200s", object)
		}
	}
	return nil
}

func kubeflow() ([]string, error) {
	if *render == "" {
		return load.Kubeflow(), nil
	}
	data, err := os.ReadFile(*render)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(*render, ".gz") {
		r, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		if data, err = io.ReadAll(r); err != nil {
			return nil, err
		}
	}
	return load.Documents(string(data)), nil
}
