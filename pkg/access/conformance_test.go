package access

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// The recordings under testdata/conformance hold what Istio's own code answered
// (test/conformance makes them; see there for what is Istio's and what is not).
// The referee is held to them, point by point.
func TestConformsToIstio(t *testing.T) {
	var known [len(knownDifferences)]int
	var atPoints [len(knownAtPoints)]int
	for _, name := range recordings() {
		t.Run(name, func(t *testing.T) {
			var all tally
			for _, set := range recorded(t, name) {
				all.compare(t, set)
			}
			if all.cases == 0 {
				t.Fatal("the recording holds no case")
			}
			for i, n := range all.known {
				known[i] += n
			}
			for i, n := range all.knownAtPoints {
				atPoints[i] += n
			}
			if most := mostNotJudged(name); all.share() > most {
				t.Errorf("%.2f %% of the cases are not judged, %.2f %% were", all.share(), most)
			}
			t.Log(&all)
		})
	}
	for i, n := range known {
		if n == 0 {
			t.Errorf("no case differs any more by %q: remove it from knownDifferences", knownDifferences[i].why)
		}
	}
	for i, n := range atPoints {
		if n == 0 {
			t.Errorf("no case differs any more by %q: remove it from knownAtPoints", knownAtPoints[i].why)
		}
	}
}

// mostNotJudged are of a hundred cases those that were not judged when this was written, rounded up. They are few where the manifests are
// this function's own; random ones have routes of one age, addresses and revisions, which nobody could judge by manifests alone.
func mostNotJudged(recording string) float64 {
	switch _, part, older := strings.Cut(recording, "/"); {
	case older && part == "routes": // a fifth of the worlds, of which more have VirtualServices
		return 16
	case older:
		return mostNotJudged(part)
	case recording == "golden":
		return 0.01
	case recording == "extensions":
		return 0
	case recording == "shapes":
		return 2
	}
	return 12
}

// recordings names those of the newest release whose code is available (test/conformance/release.go), and those of each older one, which
// has a directory.
func recordings() []string {
	names := []string{"shapes", "golden", "random", "routes", "capture", "extensions"}
	for _, release := range olderReleases {
		for _, name := range []string{"shapes", "random", "routes", "capture", "extensions"} {
			names = append(names, release+"/"+name)
		}
	}
	return names
}

// olderReleases have a recording of their own. There is NONE of 1.32: the Go module proxy has no commit of it.
var olderReleases = []string{"1.30"}

// A comparison that cannot fail is worth nothing: with every recorded verdict
// turned round, every case that agreed must differ.
func TestConformanceCatchesAWrongVerdict(t *testing.T) {
	turned := map[string]string{"allow": "deny", "deny": "allow"}
	caught := 0
	for _, set := range recorded(t, "shapes") {
		w := set.world(t)
		for i, c := range set.Cases {
			var n tally
			if n.disagreement(w, set, c); n.agree == 0 || turned[c.Want.Got] == "" {
				continue
			}
			c.Want.Got = turned[c.Want.Got]
			if n.disagreement(w, set, c) == "" {
				t.Errorf("%s, case %d: a wrong verdict goes unnoticed", set.Name, i)
			}
			caught++
		}
	}
	if caught < 100 {
		t.Errorf("only %d verdicts were turned round", caught)
	}
}

// Istio's own code lets nobody through the ingress but who shows a verified token of alice, whatever a client, a route or another issuer
// has written into the headers.
func TestIstioDeniesEachImpersonation(t *testing.T) {
	verified := map[string]string{
		"a-waypoint-verifies-the-token-again": "tet", "services-verify-the-token-again": "tet model", "services-verify-and-deny-the-token": "tet",
	}
	attacks := 0
	for _, set := range recorded(t, "shapes") {
		for i, c := range set.Cases {
			if c.Service == "" || !strings.Contains(verified[set.Name], c.Service) || c.Request.From == nil || c.Request.From.NS != "istio-system" {
				continue
			}
			hers := c.Request.Method == "GET" && c.Request.Token["iss"] == dexIssuer && c.Request.Token["email"] == "alice@x.io"
			if aud := fmt.Sprint(c.Request.Token["aud"]); c.Request.Token["sub"] == "system:serviceaccount:alice:default-editor" {
				hers = hers || strings.Contains(aud, tokenAudience)
			}
			if got := c.Want.Got == "allow"; got != hers {
				t.Errorf("%s, case %d: Istio says %s: %+v", set.Name, i, c.Want.Got, c.Request)
			}
			if !hers {
				attacks++
			}
		}
	}
	if attacks < 80 {
		t.Errorf("only %d attacks", attacks)
	}
}

// A recording is stale when what it was made from has changed since.
func TestConformanceIsFresh(t *testing.T) {
	var sources []string
	for _, pattern := range []string{"*.go", "go*.mod", "shapes/*.yaml"} {
		files, err := filepath.Glob(filepath.Join("../../test/conformance", pattern))
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, files, err)
		}
		sources = append(sources, files...)
	}
	slices.Sort(sources)
	var parts [][]byte
	for _, f := range sources {
		parts = append(parts, []byte(filepath.Base(f)), bytes.ReplaceAll(read(t, f), []byte("\r\n"), []byte("\n")))
	}
	for _, release := range append([]string{""}, olderReleases...) {
		if want := strings.TrimSpace(string(read(t, filepath.Join("../../testdata/conformance", release, "inputs.sha256")))); digest(parts...) != want {
			t.Errorf("test/conformance has changed since the recording of release %q: run `make conformance`", release)
		}
	}
	judged := map[string]bool{}
	eachRecorded(t, "golden", func(set struct{ Golden string }) { judged[set.Golden] = true })
	files, err := filepath.Glob("../../testdata/golden/*/want.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if name := filepath.Base(filepath.Dir(f)); !judged[name] && bytes.Contains(read(t, f), []byte("kind: AuthorizationPolicy")) {
			t.Errorf("%s is not in the recording: run `make conformance`", name)
		}
	}
}

// recordedSet, recordedCase and so on are the format of test/conformance/case.go.
type recordedSet struct {
	Name, Golden, Hash, Manifests string
	Refused                       []string
	Cases                         []recordedCase
	// addresses: its policies ask for addresses or server names, which no manifest has.
	addresses bool
	release   string // "" for the newest
}

type recordedCase struct {
	Point            string          `json:"point"`
	Namespace        string          `json:"ns"`
	Name             string          `json:"name"`
	Service          string          `json:"svc"`
	ServiceNamespace string          `json:"svcNs"`
	Request          recordedRequest `json:"req"`
	Want             struct {
		Got        string
		By, Custom []string
		Sent       *sent
	} `json:"want"`
}

type recordedRequest struct {
	From                   *struct{ TD, NS, SA string }
	Method, Host, Path, IP string
	Headers                map[string]string
	Token                  map[string]any
	Port                   int
	DestIP                 string
	TCP                    bool
}

func recorded(t *testing.T, name string) (sets []recordedSet) {
	t.Helper()
	eachRecorded(t, name, func(set recordedSet) {
		if release, _, older := strings.Cut(name, "/"); older {
			set.release = release
		}
		text := set.Manifests
		if set.Golden != "" { // one that is gone fails where the set is loaded
			want, _ := os.ReadFile(filepath.Join("../../testdata/golden", set.Golden, "want.yaml"))
			text += string(want)
		}
		set.addresses = slices.ContainsFunc([]string{"pBlocks", "source.ip", "remote.ip", "destination.ip", "connection.sni"},
			func(word string) bool { return strings.Contains(text, word) })
		sets = append(sets, set)
	})
	return sets
}

// eachRecorded reads as much of each set of a recording as T has: most of a recording is its cases.
func eachRecorded[T any](t *testing.T, name string, do func(T)) {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(read(t, "../../testdata/conformance/"+name+".jsonl.gz")))
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(zip); ; {
		var set T
		switch err := dec.Decode(&set); {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			t.Fatal(err)
		}
		do(set)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func digest(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(fmt.Appendf(nil, "%d\n", len(p)))
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}

// meshOfCases is the mesh of every case: Istio's defaults and one authorizer, under the istiod that was asked.
const meshOfCases = `apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |
    trustDomain: cluster.local
    extensionProviders: [{name: oauth2-proxy, envoyExtAuthzHttp: {service: oauth2-proxy.oauth2-proxy.svc.cluster.local, port: 80}}]
`

// world loads a set, after checking that a golden output is still the one that was judged.
func (set recordedSet) world(t *testing.T) *World {
	t.Helper()
	text := set.Manifests
	if set.Golden != "" {
		want := string(read(t, filepath.Join("../../testdata/golden", set.Golden, "want.yaml")))
		if relevantDigest(want) != set.Hash {
			t.Fatalf("%s has changed since the recording: run `make conformance`", set.Golden)
		}
		text = want + "\n---\n" + text
	}
	var items []*yaml.Node
	for _, doc := range inMeshOfCases(text, set.release) {
		n, err := parsed(doc)
		if err != nil {
			t.Fatalf("%s: %v", set.Name, err)
		}
		items = append(items, n.YNode())
	}
	w, err := Load(slices.Values(items))
	if err != nil {
		t.Fatalf("%s: %v", set.Name, err)
	}
	return w
}

// meshConfigDoc is one of the case's own, which the recording did not take.
var meshConfigDoc = regexp.MustCompile(`(?m)^kind: ConfigMap\nmetadata: \{name: istio, namespace: istio-system\}|^  name: istio\n  namespace: istio-system\n`)

// inMeshOfCases are the documents of a case in the mesh of every case.
func inMeshOfCases(text, release string) []string {
	own := slices.DeleteFunc(documentsOf(text), func(doc string) bool {
		kind := kindLine.FindStringSubmatch(doc)
		return kind != nil && kind[1] == "ConfigMap" && meshConfigDoc.MatchString(doc)
	})
	return append(own, meshOfCases, istiodOf(cmp.Or(release, "1.31")))
}

func documentsOf(text string) (out []string) {
	for _, doc := range strings.Split("\n"+text, "\n---") {
		if onlyComments.ReplaceAllString(doc, "") != "" {
			out = append(out, doc)
		}
	}
	return out
}

var onlyComments = regexp.MustCompile(`^(?:[ \t]*(?:#.*)?\n?)*$`)

var kindLine = regexp.MustCompile(`(?m)^kind: (\S+)$`)

var judgedKinds = []string{
	"AuthorizationPolicy", "RequestAuthentication", "PeerAuthentication", "Gateway", "Namespace", "Service", "Pod",
}

func relevantDigest(text string) string {
	var parts [][]byte
	for _, doc := range documentsOf(text) {
		if kind := kindLine.FindStringSubmatch(doc); kind != nil && slices.Contains(judgedKinds, kind[1]) {
			parts = append(parts, []byte(strings.TrimSpace(doc)))
		}
	}
	return digest(parts...)
}
