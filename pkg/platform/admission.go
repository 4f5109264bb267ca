package platform

import "github.com/kubeflow-ambient/ambient-profile/pkg/generate"

func admission(generate.Plan) []generate.Object { return nil }
