package fn

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// What the hand-written setup of one namespace meant, policy by policy, in our words. Three of its
// faults are fixed: the open paths let in anyone who was logged in, the kernels' path matched every
// Service, and half of each branch of the proxy's accepted paths was not anchored.
func TestSeedMeansWhatWasWrittenByHand(t *testing.T) {
	const (
		ingress = "cluster.local/ns/istio-system/sa/ambient-ingressgateway-istio"
		kfp     = "cluster.local/ns/kubeflow/sa/"
		ns      = "kubeflow-user-example-com"
	)
	objects := seedObjects(t)
	for id, want := range map[string][]string{
		"AuthorizationPolicy " + ns + "/ns-l4-waypoint": {
			"action=ALLOW", "rules.0.from.0.source.principals=cluster.local/ns/" + ns + "/sa/waypoint",
		},
		"AuthorizationPolicy " + ns + "/ns-l7-allow-k8s-token": {
			"action=ALLOW", "targetRefs.0=Gateway waypoint", "rules.0.from.0.source.principals=" + ingress,
			"rules.0.when.0.key=request.headers[kubeflow-userid]", "rules.0.when.0.values=system:serviceaccount:" + ns + ":default-editor",
		},
		"AuthorizationPolicy " + ns + "/ns-owner-access-istio-l7-allow": {
			"action=ALLOW", "targetRefs.0=Gateway waypoint",
			"rules.0.from.0.source.principals=" + ingress + "," + kfp + "ml-pipeline-ui",
			"rules.0.when.0.key=request.headers[kubeflow-userid]", "rules.0.when.0.values=user@example.com",
			"rules.1.when.0.key=source.namespace", "rules.1.when.0.values=" + ns,
			"rules.2.from.0.source.notNamespaces=istio-system", "rules.2.from.0.source.notPrincipals=" + ingress, "rules.2.from.0.source.principals=*",
			"rules.2.to.0.operation.methods=GET,HEAD", "rules.2.to.0.operation.paths=/healthz,/metrics,/wait-for-drain",
			"rules.3.from.0.source.principals=" + kfp + "notebook-controller-service-account",
			"rules.3.to.0.operation.methods=GET", "rules.3.to.0.operation.paths=/notebook/" + ns + "/{*}/api/kernels",
		},
		"AuthorizationPolicy " + ns + "/ml-pipeline-visualizationserver-l7-ml-pipeline": {
			"action=ALLOW", "targetRefs.0=Service ml-pipeline-visualizationserver", "rules.0.from.0.source.principals=" + kfp + "ml-pipeline",
		},
		"AuthorizationPolicy kubeflow/kserve-controller-l4-allow-all": {
			"action=ALLOW", "rules.0={}", "selector.matchLabels.control-plane=kserve-controller-manager",
		},
		"Gateway " + ns + "/waypoint": {
			"gatewayClassName=istio-waypoint", "listeners.0.name=mesh", "listeners.0.port=15008", "listeners.0.protocol=HBONE",
		},
		"HTTPRoute " + ns + "/notebook-tet": {
			"parentRefs.0.name=ambient-ingressgateway", "parentRefs.0.namespace=istio-system",
			"rules.0.matches.0.path.type=PathPrefix", "rules.0.matches.0.path.value=/notebook/" + ns + "/tet/",
			"rules.0.backendRefs.0.name=tet", "rules.0.backendRefs.0.port=80",
		},
		"RequestAuthentication istio-system/m2m-token-issuer": append(append([]string{"targetRefs.0=Gateway ambient-ingressgateway"},
			jwtRule("0", "https://kubernetes.default.svc.cluster.local")...), jwtRule("1", "https://kubernetes.default.svc")...),
	} {
		got := objects[id]
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s means\n\t%s\nwant\n\t%s", id, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
		}
	}
}

func jwtRule(i, issuer string) []string {
	var out []string
	for _, fact := range []string{
		"issuer=" + issuer, "jwksUri=http://cluster-jwks-proxy.istio-system.svc.cluster.local/openid/v1/jwks", "forwardOriginalToken=true",
		"fromHeaders.0.name=Authorization", "fromHeaders.0.prefix=Bearer ",
		"outputClaimToHeaders.0.claim=sub", "outputClaimToHeaders.0.header=kubeflow-userid",
		"outputClaimToHeaders.1.claim=groups", "outputClaimToHeaders.1.header=kubeflow-groups",
	} {
		out = append(out, "jwtRules."+i+"."+fact)
	}
	return out
}

// seedObjects are the facts that each spec of the example's output states.
func seedObjects(t *testing.T) map[string][]string {
	t.Helper()
	objects := map[string][]string{}
	text := read(t, filepath.Join(examplesDir, "seed", "output.yaml"))
	for _, n := range must((&kio.ByteReader{Reader: strings.NewReader(text), OmitReaderAnnotations: true}).Read()) {
		if spec := n.Field("spec"); spec != nil {
			objects[n.GetKind()+" "+n.GetNamespace()+"/"+n.GetName()] = facts("", spec.Value.YNode())
		}
	}
	return objects
}

// facts are a tree's leaves with their paths; lists of texts and targetRefs on one line.
func facts(path string, n *yaml.Node) []string {
	switch {
	case n.Kind == yaml.ScalarNode:
		return []string{path + "=" + n.Value}
	case len(n.Content) == 0:
		return []string{path + "={}"}
	case strings.HasPrefix(path, "targetRefs."):
		ref := yaml.NewRNode(n)
		return []string{path + "=" + value(ref, "kind") + " " + value(ref, "name")}
	}
	var out, texts []string
	if n.Kind == yaml.MappingNode {
		for i := 0; i < len(n.Content); i += 2 {
			out = append(out, facts(strings.TrimPrefix(path+"."+n.Content[i].Value, "."), n.Content[i+1])...)
		}
		return out
	}
	for i, item := range n.Content {
		if item.Kind == yaml.ScalarNode {
			texts = append(texts, item.Value)
			continue
		}
		out = append(out, facts(path+"."+itoa(i), item)...)
	}
	if len(texts) > 0 {
		out = append(out, path+"="+strings.Join(texts, ","))
	}
	return out
}

func value(n *yaml.RNode, key string) string { return n.Field(key).Value.YNode().Value }
