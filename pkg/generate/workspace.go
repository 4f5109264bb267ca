package generate

import (
	"fmt"

	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// workspaceService leads to a Workspace's pod. The Service of its controller has a generated name, which
// no manifest knows (kubeflow/notebooks, branch notebooks-v2: generateService).
func workspaceService(ns Namespace, w profile.Workspace) Object {
	var ports []Fields
	for _, port := range w.Ports {
		ports = append(ports, Fields{"name": fmt.Sprintf("http-%d", port.Port), "port": port.Port, "targetPort": port.Port})
	}
	return Object{
		APIVersion: "v1", Kind: "Service", Namespace: ns.Name, Name: "workspace-" + w.Name,
		Fields: Fields{"spec": Fields{
			"selector": map[string]string{"notebooks.kubeflow.org/workspace-name": w.Name, "statefulset": w.Name},
			"ports":    ports,
		}},
	}
}

// workspaceRoute leads the path of one of its ports there; the waypoint says who may open it.
func workspaceRoute(ns Namespace, w profile.Workspace, port profile.WorkspacePort) Object {
	return ns.httpRoute(ns.Name, "workspace-"+w.Name+"-"+port.ID, route{
		path: survey.WorkspacePath(ns.Name, w.Name, port.ID), service: "workspace-" + w.Name, port: port.Port,
		filters: append(rewrite(port.Rewrite), setHeaders(port.Headers)...),
	})
}
