package fn

import (
	"bytes"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

// question is one request to the referee, and whether it must get in.
type question struct {
	name string
	in   bool
	access.Request
}

const audience = "istio-ingressgateway.istio-system.svc.cluster.local"

// fromOutside is everybody who could come through the ingress: users, their near misses, tokens.
func (c randomConfig) fromOutside(t tenant) []question {
	var out []question
	method := "POST"
	ask := func(name string, in bool, from access.From, headers map[string]string, path string) {
		out = append(out, question{name, in, access.Request{From: from, To: access.To{Namespace: t.name, Service: "tet"}, Path: path, Headers: headers, Method: method}})
	}
	lab := "/t/" + t.name + "/lab"
	people := c.people(t)
	for _, user := range append(slices.Clone(users), strangers...) {
		ask("user", people[c.prefix+user], access.From{User: c.prefix + user}, nil, lab)
		ask("user without the prefix", people[user], access.From{User: user}, nil, lab)
	}
	for _, person := range c.prefixed(users) {
		spoofed := map[string]string{c.header: person}
		ask("nobody with a header", false, access.From{Anonymous: true}, spoofed, lab)
		ask("a stranger with a header", false, access.From{User: strangers[0]}, spoofed, lab)
		for _, trimmed := range []string{" " + person, person + " ", "\t" + person, person + "\t"} {
			ask("a session with a blank", false, access.From{User: trimmed}, nil, lab)
		}
	}
	ask("nobody", false, access.From{Anonymous: true}, nil, lab)
	robots := t.robots()
	for _, other := range c.tenants {
		for robot := range other.robots() {
			ask("token", robots[robot], access.From{Token: robot, Audience: audience}, nil, lab)
			ask("token without audience", robots[robot] && c.anyAudience, access.From{Token: robot}, nil, lab)
			ask("token for others", robots[robot] && c.anyAudience, access.From{Token: robot, Audience: "vault"}, nil, lab)
			account := strings.Replace(robot, "/", ":", 1)
			ask("a session that reads like a token", false, access.From{User: "system:serviceaccount:" + account}, nil, lab)
		}
	}
	ask("token of nobody's", false, access.From{Token: "other/default-editor", Audience: audience}, nil, lab)
	if method = "GET"; t.notebook == "/" { // the route takes the prefix away
		for _, path := range c.openPaths {
			ask("an open path by the ingress", false, access.From{User: strangers[0]}, nil, "/notebook/"+t.name+"/tet"+path)
		}
	}
	return out
}

func (c randomConfig) prefixed(names []string) []string {
	out := slices.Clone(names)
	for i := range out {
		out[i] = c.prefix + out[i]
	}
	return out
}

// fromInside is every kind of pod, by every way to a pod.
func (c randomConfig) fromInside(r *rand.Rand, t tenant) []question {
	var out []question
	service, vis := access.To{Namespace: t.name, Service: "tet"}, access.To{Namespace: t.name, Service: "ml-pipeline-visualizationserver"}
	headless, direct := access.To{Namespace: t.name, Service: "train"}, access.To{Namespace: t.name, Service: "tet", Direct: true}
	pod := access.To{Namespace: t.name, Pod: map[string]string{"app": "tet"}}
	ask := func(name string, in bool, account string, q access.Request) {
		if q.From = (access.From{ServiceAccount: account}); account == "" {
			q.From = access.From{OffMesh: true}
		}
		out = append(out, question{name, in, q})
	}
	header := func(name string) map[string]string { return map[string]string{c.header: name} }

	foreigners := []string{"", "other/default-editor", "other/" + c.waypoint, "istio-system/istiod", "monitoring/prometheus", c.pipelines, c.nbCtl}
	for _, other := range c.tenants {
		if other.name != t.name {
			foreigners = append(foreigners, other.name+"/default-editor", other.name+"/"+c.waypoint)
		}
	}
	for _, account := range foreigners {
		for to, port := range map[*access.To]int{&direct: 8888, &pod: 8888, &headless: 23456} {
			ask("a foreign pod to a pod", false, account, access.Request{To: *to, Port: port, TCP: r.IntN(2) == 0})
			ask("a foreign pod to an open path of a pod", false, account, access.Request{To: *to, Port: port, Path: "/metrics"})
		}
		for person := range c.people(t) {
			ask("a foreign pod with a header", false, account, access.Request{To: service, Path: "/x", Headers: header(person)})
		}
		for _, path := range []string{"/healthz", "/metrics", "/wait-for-drain", "/a/b.c", "/x%20y", "/", "/metrics/x", "/METRICS", "/x/../metrics"} {
			// What is not in the mesh, istiod for one, has no identity.
			open := account != "" && account != "istio-system/istiod" && slices.Contains(c.openPaths, strings.TrimPrefix(path, "/x/.."))
			ask("a foreign pod reads", open, account, access.Request{To: service, Path: path + "?q", Method: pick(r, "GET", "HEAD")})
			ask("a foreign pod writes", false, account, access.Request{To: service, Path: path, Method: pick(r, "POST", "PUT", "DELETE", "get", "OPTIONS")})
		}
	}

	own := t.name + "/" + pick(r, "default-editor", "default", "job")
	ask("its own pods to a Service", true, own, access.Request{To: service, Path: "/x", Method: "POST"})
	ask("its own pods to a pod", c.sameNamespace, own, access.Request{To: pod, TCP: true})
	ask("its own pods to an address", c.sameNamespace, own, access.Request{To: direct})
	ask("its own pods without a waypoint", c.sameNamespace, own, access.Request{To: headless, TCP: true})

	for _, user := range c.prefixed(users) {
		ask("the pipelines UI", c.people(t)[user], c.pipelinesUI, access.Request{To: service, Path: "/x", Headers: header(user)})
	}
	ask("the pipelines UI without a header", false, c.pipelinesUI, access.Request{To: service, Path: "/x"})
	ask("the pipelines API draws", c.visualization, c.pipelines, access.Request{To: vis, Path: "/x", Method: "POST"})
	kernels := "/notebook/" + t.name + "/tet/api/kernels"
	ask("the notebook controller asks", true, c.nbCtl, access.Request{To: service, Path: kernels})
	ask("the notebook controller stops", false, c.nbCtl, access.Request{To: service, Path: kernels, Method: "DELETE"})
	ask("the notebook controller asks elsewhere", false, c.nbCtl, access.Request{To: service, Path: "/notebook/else/tet/api/kernels"})
	ask("a scraper", c.scraper != "", "monitoring/prometheus", access.Request{To: direct, Port: max(c.scraped, 1)})
	ask("a scraper on another port", false, "monitoring/prometheus", access.Request{To: direct, Port: 9999})
	return out
}

// readAllItems are the items of a stream.
func readAllItems(t *testing.T, text string) []*manifest.Item {
	t.Helper()
	file := filepath.Join(t.TempDir(), "items.yaml")
	write(t, file, text)
	return must(manifest.ReadObjects([]string{file}, nil))
}

// objectsOf are the documents of a stream by identity.
func objectsOf(t *testing.T, text string) map[string]string {
	t.Helper()
	objects := map[string]string{}
	for _, item := range readAllItems(t, text) {
		if objects[item.String()] != "" {
			t.Errorf("%s comes out twice", item)
		}
		objects[item.String()] = string(item.Text)
	}
	return objects
}

// sorted are the documents of a stream in alphabetical order.
func sorted(text string) string {
	documents := strings.Split(strings.TrimSuffix(text, "\n"), "\n---\n")
	slices.Sort(documents)
	return strings.Join(documents, "\n---\n")
}

// inPackage gives every document a file, as in a kpt package.
func inPackage(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	nodes := must((&kio.ByteReader{Reader: strings.NewReader(text), OmitReaderAnnotations: true}).Read())
	for _, n := range nodes {
		if err := n.PipeE(yaml.SetAnnotation("internal.config.kubernetes.io/path", "x.yaml")); err != nil {
			t.Fatal(err)
		}
	}
	if err := (kio.ByteWriter{Writer: &out, KeepReaderAnnotations: true}).Write(nodes); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func same(t *testing.T, what, a, b string) {
	t.Helper()
	if a != b {
		t.Errorf("%s: %s", what, firstDifference(a, b))
	}
}

// written are items as documents.
func written(t *testing.T, items []*manifest.Item) string {
	t.Helper()
	var out bytes.Buffer
	if err := manifest.Write(&out, items, manifest.Form{}, nil); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
