//go:build istio130

package main

import (
	"istio.io/istio/pilot/pkg/config/memory"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pkg/config/schema/collections"
)

// newStore is spelled otherwise in Istio 1.30.
func newStore() model.ConfigStore {
	return memory.Make(collections.Pilot, true, make(chan struct{}))
}
