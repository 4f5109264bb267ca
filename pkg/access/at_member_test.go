package access

import (
	"strings"
	"testing"
)

// takes is how a pod of the Namespace ns takes part, in manifests that hold it.
func takes(t *testing.T, namespace, pod, more string) (membership, string) {
	t.Helper()
	w := load(t, "kind: Namespace\napiVersion: v1\nmetadata: {name: ns, labels: {"+namespace+"}}\n---\nkind: Pod\napiVersion: v1\nmetadata: {name: p, namespace: ns, "+pod+"\n"+more)
	s := w.namespaces["ns"]
	return s.partOf(s.workloads[0])
}

const (
	ambientNS  = "istio.io/dataplane-mode: ambient"
	injectedNS = "istio-injection: enabled"
)

func TestMembership(t *testing.T) {
	const plain = "}"
	for _, c := range []struct {
		name, namespace, pod string
		want                 membership
	}{
		{"a plain pod", ambientNS, plain, captured},
		{"a plain pod elsewhere", "x: y", plain, outside},
		{"a label counts before the Namespace's", "x: y", "labels: {istio.io/dataplane-mode: ambient}}", captured},
		{"opted out", ambientNS, "labels: {istio.io/dataplane-mode: none}}", outside},
		{"any other value does not opt out", ambientNS, "labels: {istio.io/dataplane-mode: sidecar}}", captured},
		{"any other value does not opt in", "x: y", "labels: {istio.io/dataplane-mode: on}}", outside},
		{"the host's network", ambientNS, "}\nspec: {hostNetwork: true}", outside},
		{"the host's network has no sidecar", injectedNS, "labels: {sidecar.istio.io/inject: 'true'}}\nspec: {hostNetwork: true}", outside},
		{"the annotation of a sidecar without one", ambientNS, "annotations: {sidecar.istio.io/status: '{}'}}", outside},
		{"a sidecar that was injected", ambientNS, "annotations: {sidecar.istio.io/status: '{}'}}\nspec: {containers: [{name: istio-proxy}]}", sidecar},
		{"a sidecar of Kubernetes' own kind", ambientNS, "annotations: {sidecar.istio.io/status: '{}'}}\nspec: {initContainers: [{name: istio-proxy}]}", sidecar},
		{"what istio-cni writes does not count", "x: y", "annotations: {ambient.istio.io/redirection: enabled}}", outside},
		{"what istio-cni writes does not count the other way", ambientNS, "annotations: {ambient.istio.io/redirection: disabled}}", captured},

		{"a Pod of a cluster without a sidecar, where one is injected", injectedNS, "uid: 1e1e}", unclear},
		{"one that says it has one", injectedNS, "uid: 1e1e, annotations: {sidecar.istio.io/status: '{}'}}", unclear},
		{"one that has one", injectedNS, "uid: 1e1e, annotations: {sidecar.istio.io/status: '{}'}}\nspec: {containers: [{name: istio-proxy}]}", sidecar},
		{"a Pod of a cluster that says it has one, where none is injected", ambientNS, "uid: 1e1e, annotations: {sidecar.istio.io/status: '{}'}}", outside},
		{"a Pod of a cluster", ambientNS, "uid: 1e1e}", captured},

		{"injected", injectedNS, plain, sidecar},
		{"injection counts before capture", injectedNS + ", " + ambientNS, plain, sidecar},
		{"the label against it", injectedNS + ", " + ambientNS, "labels: {sidecar.istio.io/inject: 'false'}}", captured},
		{"the annotation against it", injectedNS + ", " + ambientNS, "annotations: {sidecar.istio.io/inject: 'false'}}", captured},
		{"the label before the annotation", injectedNS, "labels: {sidecar.istio.io/inject: 'true'}, annotations: {sidecar.istio.io/inject: 'false'}}", sidecar},
		{"an annotation asks nobody", ambientNS, "annotations: {sidecar.istio.io/inject: 'true'}}", captured},
		{"a label asks", ambientNS, "labels: {sidecar.istio.io/inject: 'true'}}", sidecar},
		{"a label with another value", injectedNS, "labels: {sidecar.istio.io/inject: 'maybe'}}", sidecar},
		{"a label where injection is disabled", ambientNS + ", istio-injection: disabled", "labels: {sidecar.istio.io/inject: 'true'}}", captured},
		{"disabled by any other word", "istio-injection: 'off'", "labels: {sidecar.istio.io/inject: 'true'}}", outside},
		{"the default revision", "istio.io/rev: default", plain, sidecar},
		{"the default revision and ambient", "istio.io/rev: default, " + ambientNS, plain, sidecar},
		{"another revision", "istio.io/rev: canary", plain, unclear},
		{"another revision, against it", "istio.io/rev: canary, " + ambientNS, "labels: {sidecar.istio.io/inject: 'false'}}", captured},
		{"another revision, annotated against it", "istio.io/rev: canary, " + ambientNS, "annotations: {sidecar.istio.io/inject: 'false'}}", captured},
		{"the older label counts first", "istio.io/rev: canary, " + injectedNS, plain, sidecar},
		{"the pod's revision", "x: y", "labels: {istio.io/rev: default}}", sidecar},
		{"the pod's revision is not read where the Namespace has one", "istio.io/rev: default", "labels: {istio.io/rev: canary}}", sidecar},
		{"the pod's other revision", ambientNS, "labels: {istio.io/rev: canary}}", unclear},
		{"a label to inject with another revision", ambientNS, "labels: {istio.io/rev: canary, sidecar.istio.io/inject: 'true'}}", unclear},
	} {
		if got, why := takes(t, c.namespace, c.pod, ""); got != c.want || (got == unclear) != (why != "") {
			t.Errorf("%s: %v %q, want %v", c.name, got, why, c.want)
		}
	}
	system := load(t, "kind: Namespace\napiVersion: v1\nmetadata: {name: kube-system, labels: {"+injectedNS+", "+ambientNS+"}}")
	if got := system.namespaces["kube-system"].member(&plainPod); got != outside {
		t.Errorf("kube-system: %v", got)
	}
	unknown := load(t, "kind: Pod\napiVersion: v1\nmetadata: {name: p, namespace: ns, labels: {istio.io/dataplane-mode: ambient}}").namespaces["ns"]
	if got := unknown.member(unknown.workloads[0]); got != unclear { // its Namespace may inject
		t.Errorf("without a Namespace: %v", got)
	}
}

// What the cluster's own configuration says counts before the defaults.
func TestMembershipAsConfigured(t *testing.T) {
	hook := func(name, namespaces, pods string) string {
		return "---\nkind: MutatingWebhookConfiguration\napiVersion: admissionregistration.k8s.io/v1\nmetadata: {name: hook}\nwebhooks:\n- {name: " + name + ", namespaceSelector: {" +
			namespaces + "}, objectSelector: {" + pods + "}}\n"
	}
	config := func(name, data string) string {
		return "---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: " + name + ", namespace: istio-system}\ndata: {" + data + "}\n"
	}
	const injectorName, all = "x.sidecar-injector.istio.io", ""
	for _, c := range []struct {
		name, namespace, pod, more string
		want                       membership
	}{
		{"a revision that is installed", "istio.io/rev: canary", "}", hook(injectorName, "matchLabels: {istio.io/rev: canary}", all), sidecar},
		{"another that is not", "istio.io/rev: blue", "}", hook(injectorName, "matchLabels: {istio.io/rev: canary}", all), unclear},
		{"a webhook that is not Istio's", "istio.io/rev: canary", "}", hook("defaults.example.com", "matchLabels: {istio.io/rev: canary}", all), unclear},
		{"every pod by default", ambientNS, "}", hook(injectorName, all, "matchExpressions: [{key: sidecar.istio.io/inject, operator: DoesNotExist}]"), sidecar},
		{"a plain pod is asked about by none", ambientNS, "}", hook(injectorName, "matchLabels: {istio.io/rev: canary}", all), captured},
		{"only where pods ask", injectedNS, "}", config("istio-sidecar-injector", "config: 'policy: disabled'"), outside},
		{"only where pods ask, and one does", injectedNS, "annotations: {sidecar.istio.io/inject: 'true'}}", config("istio-sidecar-injector", "config: 'policy: disabled'"), sidecar},
		{"never", injectedNS, "labels: {app: a}}", config("istio-sidecar-injector", "config: 'neverInjectSelector: [{matchLabels: {app: a}}]'"), outside},
		{"always", injectedNS, "labels: {app: a}}", config("istio-sidecar-injector", "config: '{policy: disabled, alwaysInjectSelector: [{matchLabels: {app: a}}]}'"), sidecar},
		{"never counts before always", injectedNS, "labels: {app: a}}",
			config("istio-sidecar-injector", "config: '{alwaysInjectSelector: [{matchLabels: {app: a}}], neverInjectSelector: [{matchLabels: {app: a}}]}'"), outside},
		{"an empty selector is none", injectedNS, "labels: {app: a}}", config("istio-sidecar-injector", "config: 'neverInjectSelector: [{}]'"), sidecar},
		{"a namespace that istio-cni leaves alone", ambientNS, "}", config("istio-cni-config", "EXCLUDE_NAMESPACES: 'kube-system, ns'"), outside},
		{"another one", ambientNS, "}", config("istio-cni-config", "EXCLUDE_NAMESPACES: 'kube-system,nsx'"), captured},
		{"selectors of its own", "x: y", "labels: {mesh: 'yes'}}", config("istio-cni-config", "AMBIENT_ENABLEMENT_SELECTOR: '[{podSelector: {matchLabels: {mesh: \"yes\"}}}]'"), captured},
		{"selectors of its own leave out others", ambientNS, "}", config("istio-cni-config", "AMBIENT_ENABLEMENT_SELECTOR: '[{podSelector: {matchLabels: {mesh: \"yes\"}}}]'"), outside},
		{"another ConfigMap", ambientNS, "}", config("cni", "EXCLUDE_NAMESPACES: ns"), captured},
	} {
		if got, _ := takes(t, c.namespace, c.pod, c.more); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// A pod of which only a part of the labels is known is judged where the rest cannot matter.
func TestLabelsThatAControllerMayAdd(t *testing.T) {
	text := small + "\n---\nkind: Thing\napiVersion: example.com/v1\nmetadata: {name: t, namespace: a}\n" +
		"spec: {template: {metadata: {labels: {part: t, istio.io/dataplane-mode: none}}, spec: {containers: [{name: c}]}}}\n"
	outsider := From{OffMesh: true}
	strict := text + "---\nkind: PeerAuthentication\napiVersion: security.istio.io/v1\nmetadata: {name: default, namespace: a}\nspec: {mtls: {mode: STRICT}}\n"
	v := decides(t, load(t, strict), Request{From: outsider, To: To{Namespace: "a", Service: "s", Direct: true}}, NotJudged) // it may have app: s
	if !strings.Contains(v.By(), "whether Service s selects the pods of Thing a/t") {
		t.Error(v.By())
	}
	decides(t, load(t, edit(t, strict, "labels: {part: t, ", "labels: {app: t, ")), Request{From: outsider, To: To{Namespace: "a", Service: "s", Direct: true}}, Deny)
	decides(t, load(t, strict), Request{From: outsider, To: To{Namespace: "a", Pod: map[string]string{"part": "t"}}}, Allow)

	inside := edit(t, text, ", istio.io/dataplane-mode: none", "")
	to := To{Namespace: "a", Pod: map[string]string{"part": "t"}}
	policy := func(spec string) string {
		return inside + "---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: p, namespace: a}\nspec: " + spec
	}
	for spec, want := range map[string]Outcome{
		"{selector: {matchLabels: {app: x}}}":                                            NotJudged,
		"{selector: {matchLabels: {app: x}}, rules: [{}]}":                               Allow,
		"{selector: {matchLabels: {app: x, part: other}}}":                               Allow,
		"{selector: {matchLabels: {app: x}}, action: DENY, rules: [{}]}":                 NotJudged,
		"{selector: {matchLabels: {sidecar.istio.io/inject: x}}}":                        Allow,
		"{selector: {matchLabels: {app: x}}, action: AUDIT, rules: [{}]}":                Allow,
		"{targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: other}]}": Allow,
	} {
		decides(t, load(t, policy(spec)), Request{From: outsider, To: to}, want)
	}
	peer := inside + "---\nkind: PeerAuthentication\napiVersion: security.istio.io/v1\nmetadata: {name: p, namespace: a}\nspec: {selector: {matchLabels: {app: x}}, mtls: {mode: STRICT}}\n"
	decides(t, load(t, peer), Request{From: outsider, To: to}, NotJudged)
	decides(t, load(t, peer), Request{From: From{ServiceAccount: "b/c"}, To: to}, Allow)
}

// A Service without a selector leads to endpoints that the manifests do not show.
func TestServiceWithoutSelector(t *testing.T) {
	text := edit(t, onlyB, "spec: {selector: {app: s}, ports", "spec: {ports")
	v := decides(t, load(t, text), Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}}, NotJudged)
	if !strings.Contains(v.By(), "Service s has no selector") {
		t.Error(v.By())
	}
	decides(t, load(t, text), Request{From: From{OffMesh: true}, To: To{Namespace: "a", Service: "s"}}, NotJudged)
	closed := text + "---\nkind: AuthorizationPolicy\napiVersion: security.istio.io/v1\nmetadata: {name: l7, namespace: a}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}]}\n"
	decides(t, load(t, closed), Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}}, Deny) // at the waypoint
	decides(t, load(t, text), Request{From: From{OffMesh: true}, To: To{Namespace: "a", Service: "other"}}, Deny)       // assumed plain
}
