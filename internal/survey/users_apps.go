package survey

import (
	"strconv"
	"time"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// viewersPrefix is where the volumes web app expects the PVC viewers that it makes, and one of the
// prefixes below which users may write routes (generate: routesStayUnderPrefix).
const viewersPrefix = "/pvcviewers"

// tensorboard gives a Tensorboard the route that the VirtualService of its controller is
// (kubeflow/notebooks, branch notebooks-v1: tensorboard_controller.go generateVirtualService).
func (s *sources) tensorboard(item *manifest.Item) {
	s.app(item, profile.App{
		Route: "tensorboard-" + item.Name, Path: "/tensorboard/" + item.Namespace + "/" + item.Name + "/",
		Service: item.Name, Rewrite: "/", Timeout: "300s",
	})
}

// pvcViewer does the same for a PVCViewer. Without spec.networking, its controller makes no Service
// (kubeflow/notebooks, branch notebooks-v1: pvcviewer_controller.go reconcileVirtualService).
func (s *sources) pvcViewer(item *manifest.Item) {
	networking := manifest.Field(item.Node, "spec", "networking")
	if networking == nil || len(networking.Content) == 0 {
		return
	}
	// A prefix that its user chooses could be that of another namespace.
	if prefix := manifest.Value(networking, "basePrefix"); prefix != viewersPrefix {
		if s.of(item.Namespace) != nil {
			s.WarnAt(diagnostic.AppNotRouted, item, "spec.networking.basePrefix", "is not "+viewersPrefix, "it gets no route", "write basePrefix: "+viewersPrefix)
		}
		return
	}
	path := viewersPrefix + "/" + item.Namespace + "/" + item.Name + "/"
	app := profile.App{Route: "pvcviewer-" + item.Name, Path: path, Service: "pvcviewer-" + item.Name, Timeout: span(manifest.Value(networking, "timeout"))}
	if rewrite := manifest.Value(networking, "rewrite"); rewrite != path {
		app.Rewrite = rewrite
	}
	s.app(item, app)
}

// The Service of the model registry's UI, in whatever namespace that is, and the path of its
// VirtualService (kubeflow/model-registry, manifests/kustomize/options/ui/overlays/istio).
const (
	registryUIService = "model-registry-ui-service"
	registryUIPath    = "/model-registry/"
)

// registryUI gives the model registry's UI in a profile's namespace, as June 2026 has it, the route that
// Kubeflow's VirtualService is. Its path is one for all users of the ingress Gateway, so that there
// can be only one such UI.
func (s *sources) registryUI(items []*manifest.Item) {
	var found []*manifest.Item
	for _, item := range items {
		if item.Kind == "Service" && item.Group == "" && item.Name == registryUIService {
			found = append(found, item)
		}
	}
	for _, item := range found {
		if s.of(item.Namespace) == nil {
			continue
		}
		if len(found) > 1 {
			s.Warn(diagnostic.AppNotRouted, item, "is in the input for more than one namespace", "none of them gets a route, because all would get the path "+registryUIPath,
				"add an HTTPRoute with a path of its own, or remove all Services of this name but one")
			continue
		}
		s.app(item, profile.App{Route: ModelRegistryUI, Path: registryUIPath, Service: registryUIService, Rewrite: "/", Prefix: "/model-registry"})
	}
}

// app adds the route of an object in a profile's namespace. One that no route can lead to is reported:
// nothing of it is edited, so that it stops nothing.
func (s *sources) app(item *manifest.Item, app profile.App) {
	p := s.of(item.Namespace)
	switch {
	case p == nil:
	case item.IsGenerated():
		s.warnGenerated(item, "it gets no route")
	case !s.isNew(item.Namespace, app.Route, "app"): // it is in the input twice
	default:
		if !s.passesOver(diagnostic.AppNotRouted, item, profile.CheckApp(app, item.Kind, "metadata.name", "spec.networking.rewrite"), "it gets no route") {
			p.Apps = append(p.Apps, app)
		}
	}
}

// span is a span of time as an HTTPRoute has it (Gateway API: Duration), or "" where there is none.
func span(text string) string {
	if d, err := time.ParseDuration(text); err == nil && d > 0 && d%time.Second == 0 && d < 100000*time.Second {
		return strconv.Itoa(int(d/time.Second)) + "s"
	}
	return ""
}
