//go:build !noserve

package fn

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/serve"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// ServeOptions are the settings of the command line other than the configuration.
type ServeOptions struct {
	// Listen is a host and port, or a port behind a colon.
	Listen string
	// Notebooks: routes for notebooks too.
	Notebooks bool
	// Drain is how long requests are still taken after ctx is done.
	Drain time.Duration
	Level slog.Level
}

// Serve answers metacontroller for tenants that are created at run time, until ctx is done. The log goes to stderr, as JSON.
func Serve(ctx context.Context, config string, o ServeOptions, stdin io.Reader, stderr io.Writer) error {
	in, err := manifest.ReadFiles(config, nil, stdin)
	if err != nil {
		return err
	}
	server, err := newServer(in.Config)
	if err != nil {
		return ofConfigError(in.Config, err)
	}
	server.Notebooks = o.Notebooks
	server.Log = slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: o.Level}))
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return diagnostic.Undone(diagnostic.Diagnostic{Code: diagnostic.CannotListen, Found: fmt.Sprintf("--listen %q cannot be used (%v)", o.Listen, err), Remedy: "give an address of this machine that is free, such as :8080"})
	}
	return diagnostic.Undone(server.Run(ctx, listener, o.Drain))
}

// newServer is a server for a configuration. Tenants come from requests, and the cluster's own objects
// from elsewhere.
func newServer(config *manifest.Item) (*serve.Server, error) {
	parsed, err := profile.Parse(config.Node)
	if err != nil {
		return nil, err
	}
	if err := serves(config, parsed); err != nil {
		return nil, err
	}
	spec := config.Ensure(config.Node, "spec")
	config.Set(config.Ensure(spec, "cluster"), "enabled", &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagBool, Value: "false"})
	if _, err := profile.Parse(config.Node); err != nil {
		return nil, err
	}
	return &serve.Server{
		Name:     parsed.Metadata.Name,
		Waypoint: parsed.Spec.Waypoint.Name,
		Render: func(items []*manifest.Item, waypoint string) ([]*manifest.Item, []diagnostic.Diagnostic, error) {
			own := config
			if waypoint != parsed.Spec.Waypoint.Name {
				own = withWaypoint(config, waypoint)
			}
			return process(manifest.Input{Config: own, Objects: items})
		},
	}, nil
}

// withWaypoint is a configuration with another name of the waypoint.
func withWaypoint(config *manifest.Item, name string) *manifest.Item {
	own := *config
	own.Node = yaml.CopyYNode(config.Node)
	own.Set(own.Ensure(own.Ensure(own.Node, "spec"), "waypoint"), "name", manifest.Text(name))
	return &own
}

// serves refuses a configuration that says what a server cannot do.
func serves(config *manifest.Item, p profile.AmbientProfile) error {
	var refused []diagnostic.Diagnostic
	refuse := func(field, found, effect, remedy string) {
		refused = append(refused, config.Report(diagnostic.NotForServe, field, found, effect, remedy))
	}
	if len(p.Spec.Profiles) > 0 {
		refuse("spec.profiles", "lists tenants", "serve takes its tenants from metacontroller", "keep them in an AmbientProfile of another name, and write profileSelector: {} here")
	}
	if p.Spec.FailOnWarning {
		refuse("spec.failOnWarning", "makes every warning an error", "a warning about a tenant would close its namespace", "remove the field; serve logs warnings")
	}
	if p.Spec.Cluster.Controllers == profile.Restrict {
		refuse("spec.cluster.controllers", "is Restrict", "the profile-controller would create no tenant completely", "remove the field")
	}
	if len(p.Spec.Waypoint.VerifyTokensFor) > 0 {
		refuse("spec.waypoint.verifyTokensFor", "names Services", "serve does not see Services, so no token would be verified", "remove the field; absent means all Services")
	}
	return diagnostic.Join(refused)
}
