//go:build linux

package fn

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

var hundredMB = flag.Bool("100mb", false, "also give 100 MB of items to BenchmarkHostile")

// BenchmarkHostile is the program, as a process of its own, on each input that was made to take
// long: its processor time, the clock's, and the most memory it had.
//
//	go test ./fn -run '^$' -bench Hostile -benchtime 1x -100mb
func BenchmarkHostile(b *testing.B) {
	program := filepath.Join(b.TempDir(), "ambient-profile")
	if out, err := exec.Command("go", "build", "-o", program, programPackage).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	for _, input := range burdens() {
		b.Run(input.name, func(b *testing.B) {
			if input.size > nearly && !*hundredMB {
				b.Skip("give -100mb")
			}
			// Through a file: a process starts with the memory of the one that it came from.
			file := filepath.Join(b.TempDir(), "stdin")
			if err := input.write(file); err != nil {
				b.Fatal(err)
			}
			var cpu, most int64
			for b.Loop() {
				cmd := exec.Command(program)
				var stderr bytes.Buffer
				cmd.Stdin, cmd.Stderr = must(os.Open(file)), &stderr
				if err := cmd.Run(); (err != nil) != input.refused {
					b.Fatalf("%v: %.500s", err, stderr.String())
				}
				usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
				cpu += (usage.Utime.Nano() + usage.Stime.Nano()) / 1e6
				most = max(most, usage.Maxrss*1024)
			}
			b.ReportMetric(float64(must(os.Stat(file)).Size())/1e6, "MB-in")
			b.ReportMetric(float64(cpu)/float64(b.N), "cpu-ms/op")
			b.ReportMetric(float64(most)/1e6, "MB-of-memory")
		})
	}
}

// burden is a ResourceList that was made to take long: a text once, others in turn up to a size,
// and the rest. NN in the others is a number that grows.
type burden struct {
	name       string
	refused    bool
	size       int
	head, tail string
	again      []string
}

func (b burden) write(file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(f)
	written, _ := out.WriteString(b.head)
	for i := 0; written < b.size; i++ {
		n, _ := out.WriteString(strings.ReplaceAll(b.again[i%len(b.again)], "NN", strconv.Itoa(i/len(b.again))))
		written += n
	}
	if _, err := out.WriteString(b.tail); err != nil {
		return err
	}
	return errors.Join(out.Flush(), f.Close())
}

const nearly = 990_000 // bytes: not quite a megabyte

// inItems is a burden in the items.
func inItems(size int, name, once string, again ...string) burden {
	return burden{name: name, size: size, head: listHead + once, tail: strings.TrimPrefix(resourceListOf(""), listHead), again: again}
}

// inConfig is a burden in the configuration.
func inConfig(name, once, again, tail string) burden {
	const head = "kind: ResourceList\napiVersion: config.kubernetes.io/v1\nitems: []\nfunctionConfig: {apiVersion: ambient.kubeflow.org/v1alpha1, kind: AmbientProfile, metadata: {name: kubeflow}, spec: {"
	return burden{name: name, size: nearly, head: head + once, tail: tail + "}}\n", again: []string{again}}
}

func (b burden) isRefused() burden { b.refused = true; return b }

func (b burden) withPlatform() burden {
	b.tail = strings.Replace(b.tail, "  spec:\n", "  spec:\n    cluster: {platform: {enabled: true}}\n", 1)
	return b
}

// burdens are inputs of nearly a megabyte, and of a hundred.
func burdens() []burden {
	const (
		inAlice    = "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: pNN, namespace: alice}, spec: "
		policy     = "- " + inAlice + "{selector: {matchLabels: {app: a}}, rules: [{when: [{key: 'request.headers[x]', values: [y]}]}]}}\n"
		service    = "- {apiVersion: v1, kind: Service, metadata: {name: sNN, namespace: alice}, spec: {selector: {app: a}, ports: [{port: 80}]}}\n"
		pod        = "- {apiVersion: v1, kind: Pod, metadata: {name: dNN, namespace: alice, labels: {app: a, b: c}}}\n"
		ofOwn      = "- {apiVersion: v1, kind: Service, metadata: {name: sNN, namespace: alice}, spec: {selector: {app: aNN}, ports: [{port: 80}]}}\n"
		podOfOwn   = "- {apiVersion: v1, kind: Pod, metadata: {name: dNN, namespace: alice, labels: {app: aNN, b: c}}}\n"
		configMap  = "- {apiVersion: v1, kind: ConfigMap, metadata: {name: nNN}}\n"
		withData   = left + "  data:\n    a: &a "
		alice      = "profiles: [{name: alice, owner: {name: a@x.io}, "
		deployment = "- apiVersion: apps/v1\n  kind: Deployment\n  metadata:\n    name: nNN\n    namespace: alice\n  spec:\n    template:\n      metadata:\n        labels:\n          app: a\n" +
			"      spec:\n        containers:\n        - name: a\n          image: b\n          env:\n"
		text    = "- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: nNN}\n  data:\n    a: |\n"
		binding = "- {apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {namespace: alice, name: user-uNN-clusterrole-edit, annotations: {user: uNN, role: edit}}, " +
			"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: kubeflow-edit}, subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: uNN}]}\n"
		webhook = "- {apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {name: wNN}, webhooks: [{name: a, clientConfig: {service: {name: sNN, namespace: kubeflow}}}]}\n"
		route   = "- {apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: rNN, namespace: alice}, " +
			"spec: {parentRefs: [{name: ambient-ingressgateway, namespace: istio-system}], rules: [{backendRefs: [{name: tet, port: 80}]}]}}\n"
	)
	return []burden{
		inItems(100*nearly, "100 MB of small objects", "", configMap),
		inItems(100*nearly, "100 MB of texts", "", text+strings.Repeat("      "+strings.Repeat("x", 90)+"\n", 2000)),
		inItems(100*nearly, "100 MB of Deployments", "", deployment+strings.Repeat("          - name: A\n            value: \"b\"\n", 30)),
		inItems(100*nearly, "100 MB of Services and Pods of one namespace", policy, ofOwn, podOfOwn),
		inItems(nearly, "small objects", "", configMap),
		inItems(nearly, "policies, Services and Pods", "", policy, service, pod),
		inItems(nearly, "policies that select", "", policy),
		inItems(nearly, "policies for the waypoint", "", "- "+inAlice+"{rules: [{when: [{key: 'request.headers[x]', values: [y]}]}]}}\n"),
		inItems(nearly, "policies of L4", "", "- "+inAlice+"{rules: [{from: [{source: {namespaces: [x]}}]}]}}\n"),
		inItems(nearly, "rules", "- apiVersion: security.istio.io/v1\n  kind: AuthorizationPolicy\n  metadata: {name: p, namespace: alice}\n  spec:\n    rules:\n", "    - from: [{source: {namespaces: [x]}}]\n"),
		inItems(nearly, "Services", policy, service),
		inItems(nearly, "Services and Pods, alike", policy, service, pod),
		inItems(nearly, "Services and Pods, one each", policy, ofOwn, podOfOwn),
		inItems(nearly, "policies of the control plane", "", strings.ReplaceAll(policy, "alice", "kubeflow")).withPlatform(),
		inItems(nearly, "webhooks of the control plane", "", strings.NewReplacer("alice", "kubeflow", "port: 80", "port: 443, targetPort: x").Replace(service),
			strings.ReplaceAll(pod, "alice", "kubeflow"), webhook).withPlatform(),
		inItems(nearly, "contributors of KFAM", "", binding),
		inItems(nearly, "Notebooks", "", "- {apiVersion: kubeflow.org/v1, kind: Notebook, metadata: {name: nNN, namespace: alice}}\n"),
		inItems(nearly, "HTTPRoutes", "", route),
		inItems(nearly, "Namespaces", "", "- {apiVersion: v1, kind: Namespace, metadata: {name: nNN, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: waypoint}}}\n"),
		inItems(nearly, "Gateways", "", "- {apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: gNN, namespace: alice}, spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}}\n"),
		inItems(nearly, "Services with one warning", "", strings.Replace(service, "namespace: alice", "namespace: alice, labels: {istio.io/use-waypoint: none}", 1)),
		inItems(nearly, "objects without a name", "", strings.Replace(service, "sNN", "[sNN]", 1)).isRefused(),
		inItems(nearly, "items that are nothing", "", "-\n"),
		inItems(nearly, "comments", left, "# x\n"),
		inItems(nearly, "many keys", left+"  data:\n", "    kNN: v\n"),
		inItems(nearly, "a key twice", left+"  data:\n    k7: v\n", "    kNN: v\n").isRefused(),
		inItems(nearly, "a long list", left+"  data:\n", "  - a\n"),
		inItems(nearly, "nesting", "- ", "[").isRefused(),
		inItems(nearly, "anchors", left+"  data:\n", "    kNN: &aNN v\n"),
		inItems(nearly, "aliases of a text", withData+"b\n", "    kNN: *a\n"),
		inItems(nearly, "aliases of a map", withData+"{a: b, c: d, e: f, g: h}\n", "    kNN: *a\n").isRefused(),
		inItems(nearly, "merge keys", withData+"{a: b}\n", "    kNN: {<<: *a}\n").isRefused(),
		inItems(0, "a bomb of aliases", left+"  data:\n    a0: &a0 x\n"+doubled("    aNN: &aNN [*aMM, *aMM]\n")).isRefused(),
		{name: "10,000 contributors", size: 531_000, head: resourceListOf("") + "      contributors:\n", again: []string{"      - name: usersNN@example.com\n        role: edit\n"}},
		inConfig("contributors", alice+"contributors: [", "{name: uNN, role: edit},", "]}]"),
		inConfig("tokens", alice+"serviceAccounts: [", "aNN,", "]}]"),
		inConfig("notebooks", alice+"notebooks: [", "{name: nNN},", "]}]"),
		inConfig("profiles", "cluster: {enabled: false}, profiles: [", "{name: tNN, owner: {name: uNN}},", "]"),
		inConfig("profiles without owners", "profiles: [", "{name: tNN},", "]").isRefused(),
		inConfig("misspelled owners", "profiles: [", "{name: tNN, onwer: {name: uNN}},", "]").isRefused(),
		inConfig("misplaced roles", "profiles: [", "{name: tNN, owner: {name: uNN}, role: edit, contributors: [{name: cNN}]},", "]").isRefused(),
		inConfig("profiles of wrong names", "profiles: [", "{name: TNN, owner: {name: a}},", "]").isRefused(),
		inConfig("unknown fields", alice, "kNN: v,", "}]").isRefused(),
		inConfig("names to select", "profileSelector: {names: [", "nNN,", "]}").isRefused(),
		inConfig("a bomb of aliases in the configuration", "a0: &a0 x, "+doubled("aNN: &aNN [*aMM, *aMM],"), "kNN: *a99, ", "").isRefused(),
	}
}

// doubled are 99 texts, each with its number for NN and the one before for MM.
func doubled(text string) string {
	var out strings.Builder
	for i := range 99 {
		out.WriteString(strings.NewReplacer("NN", strconv.Itoa(i+1), "MM", strconv.Itoa(i)).Replace(text))
	}
	return out.String()
}
