package generate

// allowKServeWebhook: everybody who reaches the KServe controller's pods, because the API server
// calls the webhook from outside the mesh and has no identity there; only on the given ports, if any.
func allowKServeWebhook(c Cluster) Object {
	anybody := everything()
	if len(c.KServe.Ports) > 0 {
		anybody = anybody.onPorts(texts(c.KServe.Ports)...)
	}
	return policy(c.KServe.Namespace, "kserve-controller-l4-allow-all", allow(
		inFrontOf(map[string]string{"control-plane": "kserve-controller-manager"}), anybody,
	))
}
