package envoy

import (
	"fmt"
	"net"
	"strconv"
)

// Node is what a proxy says of itself to istiod.
type Node struct {
	Kind            string // router for a gateway, waypoint for a waypoint
	Namespace, Name string // of the Deployment
	ServiceAccount  string
	IP              string
	Labels          map[string]string
	XDS             string // host:port of its agent
	Admin           string // host:port for its admin interface
	// Config is the ProxyConfig of the pod's annotation proxy.istio.io/config, which pilot-agent reads.
	Config map[string]any
}

type fields = map[string]any

// bootstrap is pilot-agent's, less metrics, tracing and what only Istio's own build understands.
func (n Node) bootstrap() fields {
	ads := fields{"ads": fields{}, "initial_fetch_timeout": "0s", "resource_api_version": "V3"}
	return fields{
		"node": fields{
			"id":       fmt.Sprintf("%s~%s~%s-0.%s~%s.svc.cluster.local", n.Kind, n.IP, n.Name, n.Namespace, n.Namespace),
			"cluster":  n.Name + "." + n.Namespace,
			"metadata": n.metadata(),
		},
		"layered_runtime": fields{"layers": []fields{{"name": "static", "static_layer": fields{
			"envoy.reloadable_features.http_reject_path_with_fragment": false, // as pilot-agent's: the fragment is cut off
			"re2.max_program_size.error_level":                         32768,
		}}}},
		"bootstrap_extensions": []fields{{"name": "envoy.bootstrap.internal_listener", "typed_config": fields{
			"@type": "type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener", "buffer_size_kb": 64,
		}}},
		"admin": fields{"address": address(n.Admin)},
		"dynamic_resources": fields{
			"lds_config": ads, "cds_config": ads,
			"ads_config": fields{
				"api_type": "DELTA_GRPC", "set_node_on_first_message_only": true, "transport_api_version": "V3",
				"grpc_services": []fields{{"envoy_grpc": fields{"cluster_name": "xds-grpc"}}},
			},
		},
		// istiod names both clusters: configuration and certificates come from the agent, as with pilot-agent.
		"static_resources": fields{"clusters": []fields{grpc("xds-grpc", n.XDS), grpc("sds-grpc", n.XDS)}},
	}
}

func (n Node) metadata() fields {
	return fields{
		"NAME": n.Name + "-0", "NAMESPACE": n.Namespace, "SERVICE_ACCOUNT": n.ServiceAccount, "WORKLOAD_NAME": n.Name,
		"CLUSTER_ID": "Kubernetes", "MESH_ID": "cluster.local", "ISTIO_VERSION": "1.31.0", "NODE_NAME": "node1",
		"INSTANCE_IPS": n.IP, "LABELS": n.Labels, "INTERCEPTION_MODE": "REDIRECT", "ENABLE_HBONE": "true", "PROXY_CONFIG": n.config(),
		"OWNER": fmt.Sprintf("kubernetes://apis/apps/v1/namespaces/%s/deployments/%s", n.Namespace, n.Name),
	}
}

func (n Node) config() fields {
	if n.Config == nil {
		return fields{}
	}
	return n.Config
}

func grpc(name, to string) fields {
	const options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
	return fields{
		"name": name, "type": "STATIC", "connect_timeout": "1s",
		"typed_extension_protocol_options": fields{options: fields{
			"@type":                "type.googleapis.com/" + options,
			"explicit_http_config": fields{"http2_protocol_options": fields{}},
		}},
		"load_assignment": fields{"cluster_name": name, "endpoints": []fields{{
			"lb_endpoints": []fields{{"endpoint": fields{"address": address(to)}}},
		}}},
	}
}

func address(hostport string) fields {
	host, port, _ := net.SplitHostPort(hostport)
	n, _ := strconv.Atoi(port)
	return fields{"socket_address": fields{"address": host, "port_value": n}}
}
