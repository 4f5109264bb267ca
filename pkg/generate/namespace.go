package generate

import "istio.io/api/label"

// NamespaceLabels put a namespace into the mesh with ns's waypoint in front of its Services, for
// callers in the mesh and for the ingress Gateway alike.
func NamespaceLabels(ns Namespace) map[string]string {
	return map[string]string{
		label.IoIstioDataplaneMode.Name: "ambient",
		label.IoIstioUseWaypoint.Name:   ns.Waypoint.Name,
		"istio.io/ingress-use-waypoint": "true",
		// profile-controller: makes its Namespaces with `enabled` and never overwrites a key that
		// exists; an apply cannot remove another manager's label. So it is set, not left out.
		"istio-injection": "disabled",
	}
}

// namespace is the profile's Namespace, for where the input has none.
func namespace(ns Namespace) Object {
	return Object{
		APIVersion: "v1", Kind: "Namespace", Name: ns.Name,
		Labels: NamespaceLabels(ns),
		// profile-controller: refuses a Namespace without its owner's name.
		Annotations: with(keep(), "owner", ns.Owner),
		Fields:      Fields{},
	}
}

// keep tells Argo CD and Flux never to prune the object.
func keep() map[string]string {
	return map[string]string{
		"argocd.argoproj.io/sync-options":   "Prune=false",
		"kustomize.toolkit.fluxcd.io/prune": "disabled",
	}
}
