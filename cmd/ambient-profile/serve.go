//go:build !noserve

package main

import (
	"fmt"
	"log/slog"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubeflow-ambient/ambient-profile/fn"
	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// drainTime is how long a Pod that stops still gets requests: until every node knows that it is not ready.
const drainTime = 5 * time.Second

// serveCommands is serve. The server of net/http is a seventh of the program, so the build tag noserve leaves it out.
func serveCommands() []*cobra.Command {
	c := &cobra.Command{
		Use:   "serve CONFIG.yaml --listen ADDR",
		Short: "Answer metacontroller's hooks for tenants that are created at run time",
		Long: `Answer metacontroller's hooks for tenants that are created at run time

A DecoratorController for Namespaces sends each tenant to POST /sync and POST /customize, and gets back its
labels and objects, made by the same function. GET /healthz and GET /metrics are for the kubelet and Prometheus.
It calls no API server and needs no credentials. CONFIG.yaml has a profileSelector and lists no profiles; the objects
of the cluster are not among what it makes. See docs/runtime.md and examples/runtime.`,
		Example:               `  ambient-profile serve ambientprofile.yaml --listen :8080`,
		DisableFlagsInUseLine: true,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return misuse(c, diagnostic.WrongArguments, fmt.Sprintf("serve takes one configuration, got %d arguments", len(args)), "")
			}
			return nil
		},
		ValidArgsFunction: completeFiles,
	}
	listen := c.Flags().String("listen", "", "the address to listen on, such as :8080")
	notebooks := c.Flags().Bool("notebooks", false, "make HTTPRoutes for Notebooks as well")
	drain := c.Flags().Duration("drain", drainTime, "how long to take requests after SIGTERM")
	debug := c.Flags().Bool("debug", false, "log every request")
	c.RunE = func(c *cobra.Command, args []string) error {
		if *listen == "" {
			return misuse(c, diagnostic.WrongFlag, "--listen is missing", "give the address to listen on, such as --listen :8080")
		}
		level := slog.LevelInfo
		if *debug {
			level = slog.LevelDebug
		}
		ctx, stop := signal.NotifyContext(c.Context(), syscall.SIGTERM, syscall.SIGINT)
		defer stop()
		return fn.Serve(ctx, args[0], fn.ServeOptions{Listen: *listen, Notebooks: *notebooks, Drain: *drain, Level: level}, c.InOrStdin(), c.ErrOrStderr())
	}
	return []*cobra.Command{c}
}
