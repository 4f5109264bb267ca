package survey

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// WorkspacePath is where a port of a Workspace is served, which its server knows (kubeflow/notebooks,
// branch notebooks-v2, 8b61057: workspace_controller.go workspaceConnectPathTemplate).
func WorkspacePath(namespace, name, port string) string {
	return "/workspace/connect/" + namespace + "/" + name + "/" + port + "/"
}

// workspaces gives each Workspace what the VirtualService of its controller is. The WorkspaceKind says
// which ports its image serves.
func (s *sources) workspaces(items []*manifest.Item) {
	kinds := map[string]*manifest.Item{}
	s.each(items, "kubeflow.org", "WorkspaceKind", func(item *manifest.Item) { kinds[item.Name] = item })
	s.each(items, "kubeflow.org", "Workspace", func(item *manifest.Item) {
		p := s.of(item.Namespace)
		switch {
		case p == nil:
		case item.IsGenerated():
			s.warnGenerated(item, "it gets no route")
		case s.isNew(item.Namespace, item.Name, "workspace"):
			if w, ok := s.workspace(item, kinds[manifest.Value(item.Node, "spec", "kind")]); ok {
				p.Workspaces = append(p.Workspaces, w)
			}
		}
	})
}

// workspace reads a Workspace by its kind. ok is false where no route can lead to it, which is reported.
func (s *sources) workspace(item, kind *manifest.Item) (w profile.Workspace, ok bool) {
	no := func(field, found, remedy string) (profile.Workspace, bool) {
		s.WarnAt(diagnostic.AppNotRouted, item, field, found, "it gets no route", remedy)
		return w, false
	}
	if kind == nil {
		return no("spec.kind", "names a WorkspaceKind that is not in the input", "add the WorkspaceKind to the input")
	}
	const option = "spec.podTemplate.options.imageConfig"
	image := withID(manifest.Field(kind.Node, "spec", "podTemplate", "options", "imageConfig", "values"), manifest.Value(item.Node, strings.Split(option, ".")...))
	if image == nil {
		return no(option, "is not an image of WorkspaceKind "+kind.Name, "write the id of one of its images")
	}
	w.Name = item.Name
	for _, port := range manifest.Content(manifest.Field(image, "spec", "ports")) {
		id := manifest.Value(port, "id")
		number, err := strconv.Atoi(manifest.Value(port, "port"))
		if err != nil || number < 1 || number > 65535 || !workspacePort.MatchString(id) {
			return no(option, "has a port that is not valid in WorkspaceKind "+kind.Name, "correct its ports")
		}
		w.Ports = append(w.Ports, s.workspacePort(item, kind, id, number))
	}
	name := "workspace-" + item.Name
	for _, port := range w.Ports {
		name = slices.MaxFunc([]string{name, "workspace-" + item.Name + "-" + port.ID}, func(a, b string) int { return len(a) - len(b) })
	}
	if len(w.Ports) == 0 {
		return no(option, "serves no port", "choose an image that serves one")
	}
	if d := profile.CheckApp(profile.App{Service: name}, "Workspace", "metadata.name", ""); len(d) > 0 {
		return no("metadata.name", "is too long for the Service that its route leads to", "use a shorter name")
	}
	return w, true
}

var workspacePort = regexp.MustCompile(profile.LabelPattern)

// workspacePort is a port with what the kind says of its requests.
func (s *sources) workspacePort(item, kind *manifest.Item, id string, number int) profile.WorkspacePort {
	out := profile.WorkspacePort{ID: id, Port: number}
	proxy := manifest.Field(withID(manifest.Field(kind.Node, "spec", "podTemplate", "ports"), id), "httpProxy")
	if manifest.IsTrue(proxy, "removePathPrefix") {
		out.Rewrite = "/"
	}
	headers := manifest.StringMap(manifest.Field(proxy, "requestHeaders", "set"))
	for name, value := range headers {
		value = pathOfPort.ReplaceAllStringFunc(value, func(call string) string {
			return WorkspacePath(item.Namespace, item.Name, pathOfPort.FindStringSubmatch(call)[1])
		})
		if unfit(name, value) == "" && !strings.Contains(value, "{{") && !s.identifies(name) {
			if out.Headers == nil {
				out.Headers = map[string]string{}
			}
			out.Headers[name] = value
		}
	}
	if lost := len(headers) - len(out.Headers) + len(manifest.Content(manifest.Field(proxy, "requestHeaders", "add")))/2 + len(manifest.Content(manifest.Field(proxy, "requestHeaders", "remove"))); lost > 0 {
		s.Warn(diagnostic.NotebookHeaderUnset, item, fmt.Sprintf("has %d header operations of WorkspaceKind %s that its route does not do", lost, kind.Name),
			"its server gets these headers as the client sends them", "set only headers that do not identify the user, without add and remove")
	}
	return out
}

// pathOfPort is the one function of the templates in a WorkspaceKind.
var pathOfPort = regexp.MustCompile(`\{\{-? *httpPathPrefix +['"` + "`" + `]([a-z0-9-]+)['"` + "`" + `] *-?\}\}`)

// withID is the item of a list with an id, or nil.
func withID(list *yaml.Node, id string) *yaml.Node {
	for _, n := range manifest.Content(list) {
		if n = manifest.Dealias(n); id != "" && manifest.Value(n, "id") == id {
			return n
		}
	}
	return nil
}
