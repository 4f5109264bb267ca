package generate

// Manifests lists everything that plan puts into the cluster, in the order in which it comes out:
// a namespace before what lives in it, a waypoint's options before the waypoint that refers to
// them, one namespace after the other as configured, then the cluster's own objects, Kubeflow's
// control plane, and what the API server enforces.
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
	if plan.Platform != nil {
		out = append(out, platformManifests(*plan.Platform)...)
	}
	if plan.Admission != nil {
		out = append(out, admissionManifests(*plan.Admission)...)
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
	out = append(out, waypoint(ns), allowWaypointL4(ns))
	if ns.Layered {
		out = append(out, allowTunnels(ns.Name, ns.Waypoint.Name))
	}
	out = append(out, allowOwnerL7(ns))
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
		if c.Kind == "User" || ns.GroupsClaim != "" {
			out = append(out, allowContributorL7(ns, c))
		}
	}
	for _, n := range ns.Notebooks {
		out = append(out, notebookRoute(ns, n))
	}
	for _, w := range ns.Workspaces {
		out = append(out, workspaceService(ns, w))
		for _, port := range w.Ports {
			out = append(out, workspaceRoute(ns, w, port))
		}
	}
	for _, a := range ns.Apps {
		out = append(out, appRoute(ns, a))
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

// platformManifests are the way in, the default deny, Kubeflow's waypoint, and then one component after
// the other.
func platformManifests(p Platform) []Object {
	out := ingress(p)
	out = append(out, allowNothing(p), allowNothingOnWaypoints(p))
	out = append(out, kubeflowWaypoint(p)...)
	out = append(out, verifyReaders(p)...)
	for _, component := range []func(Platform) []Object{
		dex,
		oauth2Proxy,
		dashboard,
		profiles,
		jupyter,
		volumes,
		tensorboards,
		katib,
		models,
		pipelines,
		pipelinesUI,
		visualizations,
		profileController,
		metadata,
		mysql,
		storage,
		modelRegistryUI,
		modelCatalog,
		webhooks,
	} {
		out = append(out, component(p)...)
	}
	for i := range out {
		out[i].Yields = true
	}
	return out
}

// admissionManifests are the guardrails in users' namespaces, where users may write what the policies
// rest on. Each is a policy and its binding, which puts it in force.
func admissionManifests(a Admission) []Object {
	policies := []Object{
		podsStayInMesh(a),
		podsAndServicesUseOwnWaypoint(a),
		servicesLeadToOwnPods(a),
		routesStayUnderPrefix(a),
		nobodyRewritesUsers(a),
		notebooksLeaveUsersAlone(a),
		noGatewayButWaypoint(a),
		noTrafficRulesOfIstio(a),
		destinationRulesForOwnHosts(a),
		contributorsPassWaypoint(a),
	}
	if a.NewTenantsJoin {
		policies = append(policies, newTenantsJoinClosed(a))
	}
	var out []Object
	for _, p := range policies {
		out = append(out, p, binding(p))
	}
	return out
}
