package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/question"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// casesOf are the cases of an AccessCheck. A key that ask does not know would be left out of the question, so it is an error.
func casesOf(o *kube.Object) ([]question.Case, error) {
	var check struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Metadata   any    `json:"metadata"`
		Spec       struct {
			Cases []question.Case `json:"cases"`
		} `json:"spec"`
	}
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&check); err != nil {
		return nil, fmt.Errorf("AccessCheck %s: %w; ask takes spec.cases, with the fields of test/dataplane/question/case.go", o.GetName(), err)
	}
	return check.Spec.Cases, nil
}
