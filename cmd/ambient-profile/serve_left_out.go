//go:build noserve

package main

import "github.com/spf13/cobra"

func serveCommands() []*cobra.Command { return nil }
