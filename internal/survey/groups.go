package survey

// API groups of what is read.
const (
	IstioSecurity   = "security.istio.io"
	IstioNetworking = "networking.istio.io"
	GatewayGroup    = "gateway.networking.k8s.io"
	RBACGroup       = "rbac.authorization.k8s.io"
)
