//go:build !istio130

package main

import (
	"istio.io/istio/pilot/pkg/config/memory"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pkg/config/schema/collections"
)

// newStore holds policies that the validation has already seen.
func newStore() model.ConfigStore { return memory.MakeSkipValidation(collections.Pilot) }
