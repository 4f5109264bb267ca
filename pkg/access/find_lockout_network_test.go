package access

import (
	"strings"
	"testing"
)

func TestNetworkPoliciesThatStopTheMesh(t *testing.T) {
	policy := func(name, spec string) string {
		return "kind: NetworkPolicy\napiVersion: networking.k8s.io/v1\nmetadata: {name: " + name + ", namespace: alice}\nspec: " + spec + "\n---\n"
	}
	const (
		system   = "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: istio-system}}"
		waypoint = "podSelector: {matchLabels: {gateway.networking.k8s.io/gateway-name: waypoint}}"
		ingress  = "NetworkPolicy alice/a: blocks traffic from the ingress Gateway into the waypoint (TCP 15008)"
		inward   = "NetworkPolicy alice/a: blocks traffic from the waypoint into pods (TCP 15008)"
	)
	const (
		peers = "apiVersion: v1\nkind: Service\nmetadata: {name: sweep, namespace: alice}\nspec: {clusterIP: None, selector: {job: sweep}}\n---\n"
		vip   = "apiVersion: v1\nkind: Service\nmetadata: {name: board, namespace: alice}\nspec: {selector: {job: sweep}, ports: [{port: 80}]}\n---\n"
		job   = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: sweep, namespace: alice}\nspec: {template: {metadata: {labels: {job: sweep, role: worker}}, spec: {containers: [{name: a, image: b}]}}}\n---\n"
	)
	open := policy("open", "{podSelector: {}, ingress: [{}], egress: [{}]}")
	testLockouts(t, tenants(t), []lockoutCase{
		{"all of it", policy("a", "{podSelector: {}}"), []string{ingress + " and from the waypoint into pods"}},
		{"all of it, and one that opens", policy("a", "{podSelector: {}}") + open, nil},
		{"nothing", open, nil},
		{"an empty rule by null", policy("a", "{podSelector: {}, ingress: [null]}"), nil},
		{"no kind of traffic", policy("a", "{podSelector: {}, policyTypes: []}"), []string{ingress}},

		{"another port of anybody", policy("a", "{podSelector: {}, ingress: [{ports: [{port: 80}]}]}"), []string{ingress}},
		{"a port by its name", policy("a", "{podSelector: {}, ingress: [{ports: [{port: http}]}]}"), []string{ingress}},
		{"another protocol", policy("a", "{podSelector: {}, ingress: [{ports: [{protocol: UDP}, {port: 15008, protocol: SCTP}]}]}"), []string{ingress}},
		{"any port of TCP", policy("a", "{podSelector: {}, ingress: [{ports: [{protocol: TCP}]}]}"), nil},
		{"a range", policy("a", "{podSelector: {}, ingress: [{ports: [{port: 8000, endPort: 16000}]}]}"), nil},
		{"a range that ends before", policy("a", "{podSelector: {}, ingress: [{ports: [{port: 8000, endPort: 15007}]}]}"), []string{ingress}},

		{"the ingress's namespace only", policy("a", "{podSelector: {}, ingress: [{from: [{"+system+"}]}]}"), []string{inward}},
		{"the own namespace only", policy("a", "{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}"), []string{ingress}},
		{"both", policy("a", "{podSelector: {}, ingress: [{from: [{podSelector: {}}, {"+system+"}]}]}"), nil},
		{"any namespace", policy("a", "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}"), nil},
		{"other pods of the ingress's namespace", policy("a", "{podSelector: {}, ingress: [{from: [{podSelector: {}}, {"+system+", podSelector: {matchLabels: {istio: ingressgateway}}}]}]}"), []string{ingress}},
		{"the ingress by its labels", policy("a", "{podSelector: {}, ingress: [{from: [{podSelector: {}}, {"+system+", podSelector: {matchLabels: {app: ambient-ingressgateway}}}]}]}"), nil},
		{"the ingress by Istio's labels", policy("a", "{podSelector: {}, ingress: [{from: [{podSelector: {}}, {"+system+", podSelector: {matchLabels: {service.istio.io/canonical-name: ambient-ingressgateway-istio}}}]}]}"), nil},
		{"a namespace without that label", policy("a", "{podSelector: {}, ingress: [{from: [{podSelector: {}}, {namespaceSelector: {matchLabels: {team: x}}}]}]}"), []string{ingress}},
		{"all namespaces but", policy("a", "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: team, operator: DoesNotExist}]}}]}]}"), nil},
		{"addresses", policy("a", "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}"), nil},
		{"every address", policy("a", "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}"), nil},

		{"the waypoint alone", policy("a", "{"+waypoint+", ingress: [{from: [{podSelector: {}}]}]}"), []string{ingress}},
		{"the waypoint alone, which visitors reach", policy("a", "{"+waypoint+", ingress: [{from: [{"+system+"}]}]}"), nil},
		{"pods in the manifests", policy("a", "{podSelector: {matchLabels: {notebook-name: tet}}, ingress: [{ports: [{port: 8888}]}]}"), []string{inward}},
		{"pods that another policy opens", policy("a", "{podSelector: {matchLabels: {notebook-name: tet}}}") + policy("b", "{podSelector: {matchLabels: {statefulset: tet}}, ingress: [{from: [{"+waypoint+"}]}]}"), nil},
		{"pods that nobody knows", policy("a", "{podSelector: {matchLabels: {app: x}}, ingress: [{ports: [{port: 80}]}]}"), []string{inward}},
		{"pods that nobody knows and another policy may open", policy("a", "{podSelector: {matchLabels: {app: x}}}") + policy("b", "{podSelector: {matchLabels: {tier: y}}, ingress: [{}]}"), nil},
		{"peers of a job that nobody knows", peers + policy("a", "{podSelector: {matchLabels: {job: sweep}}, ingress: [{from: [{podSelector: {matchLabels: {job: sweep}}}]}]}"), nil},
		{"peers of a job", peers + job + policy("a", "{podSelector: {matchLabels: {job: sweep}}, ingress: [{from: [{podSelector: {matchLabels: {job: sweep}}}]}]}"), nil},
		{"peers of a job that have an address as well", peers + job + vip + policy("a", "{podSelector: {matchLabels: {job: sweep}}}"), []string{inward}},
		{"peers of a job of which one role has an address", peers + job + strings.Replace(vip, "{job: sweep}", "{role: worker}", 1) + policy("a", "{podSelector: {matchLabels: {job: sweep}}}"), []string{inward}},
		{"more than the peers of a job", peers + job + policy("a", "{podSelector: {matchExpressions: [{key: job, operator: Exists}]}}"), []string{inward}},
		{"pods that another policy cannot open", policy("a", "{podSelector: {matchLabels: {app: x}}}") + policy("b", "{podSelector: {matchLabels: {app: y}}, ingress: [{}]}"), []string{inward}},
		{"pods by an expression", policy("a", "{podSelector: {matchExpressions: [{key: notebook-name, operator: In, values: [tet, x]}]}}"), []string{inward}},
		{"two that close together, said once", policy("a", "{podSelector: {}}") + policy("b", "{podSelector: {}, ingress: [{ports: [{port: 80}]}]}"), []string{"blocks traffic from the ingress Gateway into the waypoint (TCP 15008) and from the waypoint into pods (TCP 15008), as does alice/b;"}},

		{"the way out", policy("a", "{podSelector: {}, policyTypes: [Egress]}"), []string{"NetworkPolicy alice/a: blocks traffic from the waypoint out to pods (TCP 15008) and from the waypoint out to istiod (TCP 15012)"}},
		{"the way to istiod", policy("a", "{"+waypoint+", policyTypes: [Egress], egress: [{to: [{podSelector: {}}]}]}"), []string{"NetworkPolicy alice/a: blocks traffic from the waypoint out to istiod (TCP 15012); the mesh uses these ports, whatever port a client asks for, so the waypoint never becomes ready"}},
		{"neither way", policy("a", "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}]}, {to: [{"+system+"}], ports: [{port: 15012}]}]}"), nil},
		{"egress rules without a type", policy("a", "{"+waypoint+", ingress: [{}], egress: [{to: [{podSelector: {}}]}]}"), []string{"from the waypoint out to istiod"}},
		{"egress rules of another type", policy("a", "{"+waypoint+", policyTypes: [Ingress], ingress: [{}], egress: [{to: [{podSelector: {}}]}]}"), nil},
		{"calls to the platform", policy("a", "{podSelector: {matchLabels: {app: x}}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kubeflow}}}], ports: [{port: 8888}]}]}"), []string{"NetworkPolicy alice/a: spec.egress[0]: is for pods of namespace kubeflow"}},
		{"calls to the platform at the mesh's port", policy("a", "{podSelector: {matchLabels: {app: x}}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kubeflow}}}], ports: [{port: 8888}, {port: 15008}]}]}"), nil},
		{"calls out of the mesh", policy("a", "{podSelector: {matchLabels: {app: x}}, policyTypes: [Egress], egress: [{to: [{"+system+"}], ports: [{port: 8888}]}, {ports: [{port: 443}]}]}"), nil},
	})
}

// Where the ingress Gateway is not in the manifests, nobody knows its pods' labels.
func TestNetworkPoliciesAndAnUnknownIngress(t *testing.T) {
	without := edit(t, tenants(t), "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata:\n  name: ambient-ingressgateway", "apiVersion: example.com/v1\nkind: Nothing\nmetadata:\n  name: ambient-ingressgateway")
	policy := func(from string) string {
		return "kind: NetworkPolicy\napiVersion: networking.k8s.io/v1\nmetadata: {name: a, namespace: alice}\nspec: {podSelector: {}, ingress: [{from: [{podSelector: {}}, " + from + "]}]}"
	}
	testLockouts(t, without, []lockoutCase{
		{"by a label", policy("{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: istio-system}}, podSelector: {matchLabels: {istio: ingressgateway}}}"), nil},
		{"from elsewhere", policy("{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ingress}}}"), []string{"NetworkPolicy alice/a: blocks traffic from the ingress Gateway"}},
	})
}
