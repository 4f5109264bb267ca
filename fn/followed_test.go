package fn

import (
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// A reader has an input, and changes it as a message says.
type reader struct {
	t       *testing.T
	config  string
	objects []*yaml.RNode
	// cannot says why the reader cannot follow this message.
	cannot string
}

func readerOf(t *testing.T, config string, inputs ...string) *reader {
	t.Helper()
	r := &reader{t: t, config: config}
	for _, text := range inputs {
		r.add(text)
	}
	return r
}

func (r *reader) clone() *reader {
	return readerOf(r.t, r.config, r.text())
}

func (r *reader) text() string {
	var out strings.Builder
	for _, o := range r.objects {
		out.WriteString("---\n" + must(o.String()))
	}
	return out.String()
}

// run is one run of the function on the tree: what it writes, and what it says.
func (r *reader) run() (string, []diagnostic.Diagnostic) {
	r.t.Helper()
	dir := r.t.TempDir()
	config, input := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "input.yaml")
	write(r.t, config, r.config)
	write(r.t, input, r.text())
	in, err := manifest.ReadFiles(config, []string{input}, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	items, findings, err := process(in)
	if err != nil {
		r.t.Fatal(err)
	}
	var out strings.Builder
	if err := manifest.Write(&out, items, in.Form, nil); err != nil {
		r.t.Fatal(err)
	}
	return out.String(), findings
}

// add adds objects.
func (r *reader) add(text string) {
	r.t.Helper()
	nodes, err := (&kio.ByteReader{Reader: strings.NewReader(text), OmitReaderAnnotations: true}).Read()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, n := range nodes {
		if err := n.DeAnchor(); err != nil {
			r.t.Fatal(err)
		}
	}
	r.objects = append(r.objects, nodes...)
}

func is(n *yaml.RNode, o diagnostic.Object) bool {
	return n.GetKind() == o.Kind && n.GetNamespace() == o.Namespace && n.GetName() == o.Name
}

// the is an object of the tree.
func (r *reader) the(o diagnostic.Object) *yaml.RNode {
	r.t.Helper()
	at := slices.IndexFunc(r.objects, func(n *yaml.RNode) bool { return is(n, o) })
	if at < 0 {
		r.t.Fatalf("there is no %s in the tree", o)
	}
	return r.objects[at]
}

// remove removes an object.
func (r *reader) remove(o diagnostic.Object) {
	r.t.Helper()
	r.the(o)
	r.objects = slices.DeleteFunc(r.objects, func(n *yaml.RNode) bool { return is(n, o) })
}

// set writes a value, as YAML, to a path of an object: keys, with a / between them.
func (r *reader) set(o diagnostic.Object, path, value string) {
	r.t.Helper()
	steps := stepsOf(path)
	last := len(steps) - 1
	if err := r.the(o).PipeE(yaml.LookupCreate(yaml.MappingNode, steps[:last]...), yaml.SetField(steps[last], must(yaml.Parse(value)))); err != nil {
		r.t.Fatal(err)
	}
}

// drop removes the field at a path of an object.
func (r *reader) drop(o diagnostic.Object, path string) {
	r.t.Helper()
	steps := stepsOf(path)
	last := len(steps) - 1
	parent, err := r.the(o).Pipe(yaml.Lookup(steps[:last]...))
	if err == nil && parent != nil {
		_, err = parent.Pipe(yaml.Clear(steps[last]))
	}
	if err != nil || parent == nil {
		r.t.Fatalf("%s has no %s: %v", o, path, err)
	}
}

// dropItem removes from a list the item that a message names.
func (r *reader) dropItem(o diagnostic.Object, list, item string) {
	r.t.Helper()
	all, one := r.at(o, list).YNode(), r.at(o, item).YNode()
	all.Content = slices.DeleteFunc(all.Content, func(n *yaml.Node) bool { return n == one })
}

// stepsOf returns the keys of a path; ~ is a / within a key.
func stepsOf(path string) []string {
	steps := strings.Split(path, "/")
	for i := range steps {
		steps[i] = strings.ReplaceAll(steps[i], "~", "/")
	}
	return steps
}

// annotate sets an annotation.
func (r *reader) annotate(o diagnostic.Object, key, value string) {
	r.t.Helper()
	if err := r.the(o).PipeE(yaml.LookupCreate(yaml.MappingNode, "metadata", "annotations"), yaml.SetField(key, yaml.NewStringRNode(value))); err != nil {
		r.t.Fatal(err)
	}
}

// unmark removes a label or an annotation.
func (r *reader) unmark(o diagnostic.Object, in, key string) {
	r.t.Helper()
	marks, err := r.the(o).Pipe(yaml.Lookup("metadata", in))
	if err != nil || marks == nil || marks.Field(key) == nil {
		r.t.Fatalf("%s has none of the %s %s", o, in, key)
	}
	must(marks.Pipe(yaml.Clear(key)))
}

// configure sets a field of the configuration, whose path has a / between the keys.
func (r *reader) configure(path, value string) {
	r.t.Helper()
	steps := stepsOf(path)
	last := len(steps) - 1
	config := must(yaml.Parse(r.config))
	if err := config.PipeE(yaml.LookupCreate(yaml.MappingNode, steps[:last]...), yaml.SetField(steps[last], must(yaml.Parse(value)))); err != nil {
		r.t.Fatal(err)
	}
	r.config = must(config.String())
}

// at is the node at a field of an object, as a message names it.
func (r *reader) at(o diagnostic.Object, field string) *yaml.RNode {
	r.t.Helper()
	n, found := manifest.Find(r.the(o).YNode(), field)
	if !found {
		r.t.Fatalf("%s has no %s", o, field)
	}
	return yaml.NewRNode(n)
}

// like counts the messages with the code and the object of another.
func like(all []diagnostic.Diagnostic, d diagnostic.Diagnostic) (n int) {
	for _, other := range all {
		if other.Code == d.Code && other.Object.String() == d.Object.String() {
			n++
		}
	}
	return n
}

var followEach = flag.Int("follow-each", 3, "how many messages of a code are followed; 0: all of every golden case and tree of the corpus")

// Who does what a message advises gets rid of the message.
func TestFollowedRemediesEndTheirMessages(t *testing.T) {
	tried, snippets := map[diagnostic.Code]int{}, map[diagnostic.Code]int{}
	for _, c := range treesWithMessages(t) {
		t.Run(c.name, func(t *testing.T) {
			before := readerOf(t, c.config, c.input)
			out, findings := before.run()
			for _, d := range findings {
				if c.only != "" && d.Code != c.only {
					continue
				}
				checkSnippetIsAll(t, d)
				if *followEach > 0 && tried[d.Code] >= *followEach {
					continue
				}
				follow := followed[d.Code]
				if follow == nil && d.Snippet != "" {
					t.Errorf("nobody applies the snippet of %s", d.Error())
				}
				if follow == nil {
					if notFollowed[d.Code] == "" && d.Severity() == diagnostic.Warning && d.Remedy != "" && !fromReferee(d.Code) {
						t.Errorf("nobody follows %s", d.Error())
					}
					continue
				}
				after := before.clone()
				after.t = t
				if follow(after, d); after.cannot != "" {
					continue
				}
				tried[d.Code]++
				changed, now := after.run()
				if like(now, d) >= like(findings, d) {
					t.Errorf("it stays: %s", d.Error())
				}
				if d.Snippet != "" {
					checkSnippet(t, d, before, after)
					checkGains(t, d, out, changed)
					snippets[d.Code]++
				}
			}
		})
	}
	for _, code := range slices.Sorted(maps.Keys(followed)) {
		if tried[code] == 0 {
			t.Errorf("no case has %s", code)
		}
	}
	for _, code := range []diagnostic.Code{
		diagnostic.RootPolicyNotConverted, diagnostic.NoSessionIssuer, diagnostic.SessionRuleUnknown, diagnostic.RouteNotConverted, diagnostic.StaysOnOldGateway, diagnostic.OldGatewayUnknown, diagnostic.RedirectLost,
	} {
		if snippets[code] == 0 {
			t.Errorf("no snippet of %s was tried", code)
		}
	}
}

func fromReferee(code diagnostic.Code) bool { return strings.HasPrefix(string(code), "AP07") }

// stayingItems stay on the old gateway, each in its own way.
var stayingItems = []string{
	"{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: edge, namespace: istio-system}, spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: istio-ingressgateway}, maxReplicas: 5}}",
	"{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: edge, namespace: istio-system}, spec: {minAvailable: 1, selector: {matchLabels: {app: istio-ingressgateway}}}}",
	"{apiVersion: telemetry.istio.io/v1, kind: Telemetry, metadata: {name: edge, namespace: istio-system}, spec: {selector: {matchLabels: {istio: ingressgateway}}, accessLogging: [{providers: [{name: envoy}]}]}}",
	"{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: edge, namespace: shop}, spec: {ingressClassName: istio, defaultBackend: {service: {name: web, port: {number: 80}}}}}",
	"{apiVersion: networking.istio.io/v1alpha3, kind: EnvoyFilter, metadata: {name: edge, namespace: istio-system}, spec: {workloadSelector: {labels: {istio: ingressgateway}}, configPatches: [{match: {listener: {portNumber: 8080}}}]}}",
	"{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: shop, namespace: istio-system}, spec: {gatewayClassName: istio, addresses: [{type: Hostname, value: istio-ingressgateway.istio-system.svc.cluster.local}], listeners: [{name: http, port: 80, protocol: HTTP}]}}\n" +
		"---\n{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: shop, namespace: shop}, spec: {parentRefs: [{name: shop, namespace: istio-system}], hostnames: [shop.example.com], rules: [{backendRefs: [{name: web, port: 80}]}]}}",
}

// What stays on the old gateway is named, each object once, and nothing of another gateway.
func TestWhatStaysIsNamed(t *testing.T) {
	for _, item := range stayingItems {
		for _, c := range []struct {
			text string
			want int
		}{{item, 1}, {strings.NewReplacer("ingressgateway", "egressgateway", "ingressClassName: istio", "ingressClassName: nginx").Replace(item), 0}} {
			_, findings := readerOf(t, adviceConfig, c.text+"\n").run()
			n := 0
			for _, d := range findings {
				if d.Code == diagnostic.StaysOnOldGateway {
					n++
				}
			}
			if n != c.want {
				t.Errorf("%s: %d messages, want %d", c.text, n, c.want)
			}
		}
	}
}

type treeWithMessages struct {
	name, config, input string
	// only is the code of the messages that the tree is for; "" is all of them.
	only diagnostic.Code
}

func treesWithMessages(t *testing.T) (out []treeWithMessages) {
	t.Helper()
	for _, dir := range accepted(t) {
		out = append(out, treeWithMessages{filepath.Base(dir), read(t, filepath.Join(dir, "profile.yaml")), readIf(t, filepath.Join(dir, "items.yaml")), ""})
	}
	for _, dir := range must(filepath.Glob(corpusDir + "/*")) {
		for _, platform := range []bool{false, true} {
			if file := filepath.Join(dir, "tree.yaml"); exists(file) {
				out = append(out, treeWithMessages{fmt.Sprintf("%s, platform %t", filepath.Base(dir), platform), fmt.Sprintf(corpusConfig, platform), read(t, file), ""})
			}
		}
	}
	out = append(out, treeWithMessages{
		"a policy that denies the login", strings.Replace(adviceConfig, "spec: {", "spec: {identity: {loginPaths: [/dex/*, /sso/*]}, ", 1),
		"apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: istio-ingressgateway-require-jwt, namespace: istio-system}\n" +
			"spec: {action: DENY, selector: {matchLabels: {istio: ingressgateway}}, rules: [{from: [{source: {notRequestPrincipals: ['*']}}], to: [{operation: {notPaths: [/dex/*]}}]}]}\n",
		diagnostic.LoginPathsDenied,
	})
	out = append(out, treeWithMessages{"a gateway of another name", adviceConfig, strings.Replace(serversOf(terminating), "istio: ingressgateway", "app: front", 1), diagnostic.OldGatewayUnknown},
		treeWithMessages{"a redirect to https", serversConfig, serversOf(redirecting + ", " + terminating), diagnostic.RedirectLost},
		treeWithMessages{"settings of TLS", serversConfig, serversOf(strings.Replace(terminating, "mode: SIMPLE", "mode: SIMPLE, minProtocolVersion: TLSV1_3, cipherSuites: [AES128-SHA]", 1)), diagnostic.ServerSettingsLost},
		treeWithMessages{"another certificate", serversConfig, serversOf(terminating + ", " + ofTheShop), diagnostic.ServerLost})
	for _, item := range stayingItems {
		out = append(out, treeWithMessages{"what stays: " + item, adviceConfig, item + "\n", diagnostic.StaysOnOldGateway})
	}
	out = append(out, treeWithMessages{
		"a policy that asks on the login's paths", strings.Replace(adviceConfig, "spec: {", "spec: {identity: {loginPaths: [/dex/*, /sso/*]}, ", 1),
		"apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: istio-ingressgateway-oauth2-proxy, namespace: istio-system}\n" +
			"spec: {action: CUSTOM, provider: {name: oauth2-proxy}, selector: {matchLabels: {istio: ingressgateway}}, rules: [{to: [{operation: {notPaths: [/dex/*]}}], when: [{key: 'request.headers[authorization]', notValues: ['*']}]}]}\n",
		diagnostic.LoginPathsDenied,
	})
	for _, test := range adviceCases {
		out = append(out, treeWithMessages{test.name, adviceConfig, adviceTree + "---\n" + virtualService(test.namespace, test.spec), diagnostic.RouteNotConverted})
	}
	return out
}
