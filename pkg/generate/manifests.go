package generate

// Manifests lists everything that plan puts into the cluster, in the order in which it comes out:
// a namespace before what lives in it, a waypoint's options before the waypoint that refers to
// them, one namespace after the other as configured, and the cluster's own objects last.
func Manifests(plan Plan) []Object {
	var out []Object
	for _, ns := range plan.Namespaces {
		out = append(out, namespaceManifests(ns)...)
	}
	if plan.Cluster != nil {
		out = append(out, clusterManifests(*plan.Cluster)...)
		if plan.Restrict {
			out = append(out, profilesClusterRole(), profilesClusterRoleBinding())
		}
	}
	for i := range out {
		out[i].Own(plan.Name)
	}
	return out
}

func namespaceManifests(ns Namespace) []Object {
	out := []Object{namespace(ns)}
	if ns.tuned() {
		out = append(out, waypointOptions(ns))
	}
	out = append(out, waypoint(ns), allowWaypointL4(ns), allowOwnerL7(ns))
	if ns.verifies() {
		out = append(out, verifyTokens(ns))
	}
	if ns.Waypoint.VerifyTokens {
		out = append(out, denyUnverified(ns))
	}
	if len(ns.TokenHeaders) > 0 {
		out = append(out, allowTokensL7(ns))
	}
	if ns.Access.VisualizationServer {
		out = append(out, allowPipelinesL7(ns))
	}
	for _, c := range ns.Contributors {
		if !c.Bound {
			out = append(out, contributorRoleBinding(ns, c))
		}
		out = append(out, allowContributorL7(ns, c))
	}
	for _, n := range ns.Notebooks {
		out = append(out, notebookRoute(ns, n))
	}
	return out
}

func clusterManifests(c Cluster) []Object {
	var out []Object
	if c.Proxy != nil {
		out = append(out, jwksServiceAccount(c), jwksService(c), jwksDeployment(c))
	}
	out = append(out, tokenIssuer(c), denyForgedIdentity(c))
	if c.KServe.Enabled {
		out = append(out, allowKServeWebhook(c))
	}
	return out
}
