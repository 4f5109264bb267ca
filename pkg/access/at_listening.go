package access

import "slices"

// listening are the pods that a port of a Service leads to. One that names its targetPort leads to those that have a container port of that name, and to
// nobody where none has: neither Kubernetes nor istiod makes an endpoint of the others (Istio 1.31: serviceregistry/ambient constructServices, FindPortName;
// kube/controller FindPort). Earlier releases do not look at ports of initContainers. nil: there are none, for which the ruling is.
func (t *trip) listening(to *space, pods []*workload, svc *service, p servicePort) (out []*workload, r ruling) {
	if p.targetName == "" {
		return pods, r
	}
	unsure := ""
	for _, pod := range pods {
		switch {
		case pod.assumed, slices.ContainsFunc(pod.ports, func(c namedPort) bool { return c.name == p.targetName }):
			out = append(out, pod)
		case contains(pod.sidePorts, p.targetName), !contains(kindsWithPorts, pod.kind) || to.member(pod) == sidecar:
			unsure = pod.kind + " " + join(to.name, pod.name)
		}
	}
	switch {
	case out != nil:
		return out, r
	case unsure != "":
		return nil, ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtMesh}, "whether the pods of "+unsure+" have a port named "+p.targetName+" is not known")}
	}
	return nil, ruling{outcome: Deny, Step: stepAt(Point{Kind: AtMesh}, "no pod behind Service "+svc.id()+" has a port named "+p.targetName+", so no pod is reached")}
}

// kindsWithPorts are the kinds whose manifests say all ports of their pods.
var kindsWithPorts = []string{"Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "ReplicationController"}
