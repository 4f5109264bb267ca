package generate

import "maps"

// The proxy that publishes the cluster's public keys to istiod, which may not read them from the
// API server: it trusts only its system's CAs and sends no token.
const (
	jwksProxyName = "cluster-jwks-proxy"
	jwksPath      = "/openid/v1/jwks"
)

func jwksLabels() map[string]string {
	return map[string]string{"app.kubernetes.io/name": jwksProxyName}
}

// jwksServiceAccount needs no rights of its own: Kubernetes lets every ServiceAccount read the keys
// (ClusterRoleBinding system:service-account-issuer-discovery).
func jwksServiceAccount(c Cluster) Object {
	return Object{
		APIVersion: "v1", Kind: "ServiceAccount", Namespace: c.GatewayNamespace, Name: jwksProxyName,
		Labels: jwksLabels(),
	}
}

func jwksService(c Cluster) Object {
	return Object{
		APIVersion: "v1", Kind: "Service", Namespace: c.GatewayNamespace, Name: jwksProxyName,
		Labels: jwksLabels(),
		Fields: spec(Fields{
			"ports":    []Fields{{"name": "http", "port": 80, "targetPort": "http"}},
			"selector": jwksLabels(),
		}),
	}
}

func jwksDeployment(c Cluster) Object {
	return Object{
		APIVersion: "apps/v1", Kind: "Deployment", Namespace: c.GatewayNamespace, Name: jwksProxyName,
		Labels: jwksLabels(),
		Fields: spec(Fields{
			"replicas": c.Proxy.Replicas,
			"selector": Fields{"matchLabels": jwksLabels()},
			"template": Fields{
				"metadata": Fields{"labels": c.Proxy.podLabels()},
				"spec": Fields{
					"serviceAccountName": jwksProxyName,
					"containers":         []Fields{jwksContainer(c.Proxy.Image)},
				},
			},
		}),
	}
}

// podLabels are those of the proxy's pods.
func (p *JWKSProxy) podLabels() map[string]string {
	labels := jwksLabels()
	maps.Copy(labels, p.MeshLabels)
	return labels
}

// jwksContainer proxies two paths of the API server, for reading, and nothing else.
func jwksContainer(image string) Fields {
	return Fields{
		"name":  "kubectl-proxy",
		"image": image,
		"args": []string{
			"proxy",
			"--address=0.0.0.0",
			"--port=8080",
			"--accept-hosts=.*",
			// Anchored as a whole: ^(?:a)|(?:b)$ would anchor half of each branch.
			`--accept-paths=^(/openid/v1/jwks|/\.well-known/openid-configuration)$`,
			"--reject-methods=^(POST|PUT|PATCH|DELETE|HEAD|OPTIONS|CONNECT|TRACE)$",
		},
		"ports":          []Fields{{"name": "http", "containerPort": 8080}},
		"livenessProbe":  jwksProbe(15, 15, 5),
		"readinessProbe": jwksProbe(15, 15, 5),
		"startupProbe":   jwksProbe(5, 5, 2),
		"resources": Fields{
			"requests": Fields{"cpu": "10m", "memory": "32Mi"},
			"limits":   Fields{"memory": "128Mi"},
		},
		"securityContext": Fields{
			"allowPrivilegeEscalation": false,
			"capabilities":             Fields{"drop": []string{"ALL"}},
			"readOnlyRootFilesystem":   true,
			"runAsNonRoot":             true,
			"runAsUser":                65532,
			"seccompProfile":           Fields{"type": "RuntimeDefault"},
		},
	}
}

// jwksProbe asks for the keys; delay, period and timeout are seconds.
func jwksProbe(delay, period, timeout int) Fields {
	return Fields{
		"httpGet":             Fields{"path": jwksPath, "port": "http"},
		"initialDelaySeconds": delay,
		"periodSeconds":       period,
		"timeoutSeconds":      timeout,
	}
}
