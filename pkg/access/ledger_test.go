package access

import (
	"go/parser"
	gotoken "go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	istioannotation "istio.io/api/annotation"
	istioextensions "istio.io/api/extensions/v1alpha1"
	istiolabel "istio.io/api/label"
	istiomesh "istio.io/api/mesh/v1alpha1"
	istionetworking "istio.io/api/networking/v1alpha3"
	istioproxy "istio.io/api/networking/v1beta1"
	istiosecurity "istio.io/api/security/v1beta1"
	istiotelemetry "istio.io/api/telemetry/v1alpha1"
)

// istioKinds are all kinds of istio.io/api.
var istioKinds = map[groupKind]protoreflect.ProtoMessage{
	{"security.istio.io", "AuthorizationPolicy"}:   &istiosecurity.AuthorizationPolicy{},
	{"security.istio.io", "RequestAuthentication"}: &istiosecurity.RequestAuthentication{},
	{"security.istio.io", "PeerAuthentication"}:    &istiosecurity.PeerAuthentication{},
	{networkingGroup, "DestinationRule"}:           &istionetworking.DestinationRule{},
	{networkingGroup, "EnvoyFilter"}:               &istionetworking.EnvoyFilter{},
	{networkingGroup, "Gateway"}:                   &istionetworking.Gateway{},
	{networkingGroup, "ProxyConfig"}:               &istioproxy.ProxyConfig{},
	{networkingGroup, "ServiceEntry"}:              &istionetworking.ServiceEntry{},
	{networkingGroup, "Sidecar"}:                   &istionetworking.Sidecar{},
	{networkingGroup, "VirtualService"}:            &istionetworking.VirtualService{},
	{networkingGroup, "WorkloadEntry"}:             &istionetworking.WorkloadEntry{},
	{networkingGroup, "WorkloadGroup"}:             &istionetworking.WorkloadGroup{},
	{"extensions.istio.io", "WasmPlugin"}:          &istioextensions.WasmPlugin{},
	{"extensions.istio.io", "TrafficExtension"}:    &istioextensions.TrafficExtension{},
	{"telemetry.istio.io", "Telemetry"}:            &istiotelemetry.Telemetry{},
}

// fieldsOf gives the paths of all fields of a message, without those of Google's own.
func fieldsOf(d protoreflect.MessageDescriptor, path string, above []protoreflect.FullName, out map[string]bool) {
	out[path] = true
	if slices.Contains(above, d.FullName()) || strings.HasPrefix(string(d.FullName()), "google.") {
		return
	}
	for i := range d.Fields().Len() {
		f := d.Fields().Get(i)
		p := strings.TrimPrefix(path+"."+f.JSONName(), ".")
		out[p] = true
		if f.Message() != nil && !f.IsMap() {
			fieldsOf(f.Message(), p, append(above, d.FullName()), out)
		}
	}
}

// lineOf is the line that covers a path.
func (n *ledgerNode) lineOf(path string) *ledgerLine {
	for step := range strings.SplitSeq(path, ".") {
		next := n.below[step]
		if next == nil {
			return n.rest
		}
		n = next
	}
	return n.line
}

func checkLedger(t *testing.T, kind string, tree *ledgerNode, lines []ledgerLine, fields map[string]bool) {
	t.Helper()
	for path := range fields {
		if l := tree.lineOf(path); path != "" && l == nil && (path != "spec" || tree.below["spec"] == nil) {
			t.Errorf("%s %s has no line", kind, path)
		}
	}
	for _, l := range lines {
		if path := strings.TrimSuffix(strings.TrimSuffix(l.path, "*"), "."); l.release == "" && path != "" && !fields[path] && !strings.HasPrefix(path, aMap) {
			t.Errorf("%s has no field %s", kind, l.path)
		}
	}
}

// aMap has the names of variables below it, which no descriptor lists.
const aMap = "defaultConfig.proxyMetadata."

func TestLedgerHasEveryField(t *testing.T) {
	for k, m := range istioKinds {
		fields := map[string]bool{}
		fieldsOf(m.ProtoReflect().Descriptor(), "spec", nil, fields)
		tree, known := ledger().of(k)
		if !known || tree == nil {
			t.Errorf("%s has no line", k)
			continue
		}
		var lines []ledgerLine
		for _, p := range ledgerParts() {
			if p.group == k.group && p.kind == k.kind {
				lines = p.lines
			}
		}
		checkLedger(t, k.group+"/"+k.kind, tree, lines, fields)
	}
	fields := map[string]bool{}
	fieldsOf((&istiomesh.MeshConfig{}).ProtoReflect().Descriptor(), "", nil, fields)
	checkLedger(t, "meshConfig", ledger().mesh, meshLines, fields)
	for _, p := range ledgerParts() {
		if _, known := istioKinds[groupKind{p.group, p.kind}]; !known && strings.HasSuffix(p.group, ".istio.io") && p.kind != "*" {
			t.Errorf("istio.io/api has no %s %s", p.group, p.kind)
		}
	}
}

// The reflection must see something: a field that is taken away is missed.
func TestLedgerMissesAField(t *testing.T) {
	tree := ledgerTree(slices.DeleteFunc(policyLines(), func(l ledgerLine) bool { return l.path == "spec.rules.to.operation.paths" }))
	if tree.lineOf("spec.rules.to.operation.paths") != nil || tree.lineOf("spec.rules.to.operation.ports") == nil {
		t.Error("lineOf")
	}
	fields := map[string]bool{}
	fieldsOf((&istiosecurity.AuthorizationPolicy{}).ProtoReflect().Descriptor(), "spec", nil, fields)
	if !fields["spec.rules.to.operation.paths"] || len(fields) < 40 {
		t.Error(len(fields), "fields")
	}
}

func TestLedgerHasEveryLabelAndAnnotation(t *testing.T) {
	known := map[string]bool{}
	for _, l := range istiolabel.AllResourceLabels() {
		known[l.Name] = true
		if !slices.ContainsFunc(labelLines, func(own ledgerLine) bool { return own.path == l.Name }) {
			t.Errorf("label %s has no line", l.Name)
		}
	}
	for _, a := range istioannotation.AllResourceAnnotations() {
		known[a.Name] = true
		if !slices.ContainsFunc(slices.Concat(annotationLines, labelLines), func(own ledgerLine) bool { return own.path == a.Name }) {
			t.Errorf("annotation %s has no line", a.Name)
		}
	}
	for _, l := range slices.Concat(labelLines, annotationLines) {
		if !known[l.path] {
			t.Errorf("istio.io/api has no label or annotation %s", l.path)
		}
	}
	for _, l := range otherNames {
		if known[l.path] {
			t.Errorf("%s is in istio.io/api", l.path)
		}
	}
}

// allLines are all lines, with what they are about in front.
func allLines() []ledgerSection {
	var out []ledgerSection
	for _, p := range ledgerParts() {
		i := slices.IndexFunc(out, func(s ledgerSection) bool { return s.title == p.group })
		if i < 0 {
			i, out = len(out), append(out, ledgerSection{title: p.group})
		}
		s := &out[i]
		for _, l := range p.lines {
			l.path = p.kind + " " + l.path
			s.lines = append(s.lines, l)
		}
	}
	return append(out,
		ledgerSection{"Kinds of other API groups", otherLines},
		ledgerSection{"What a ConfigMap changes of the objects that istiod makes for a Gateway", overlayLines},
		ledgerSection{"meshConfig", meshLines},
		ledgerSection{"Labels", labelLines}, ledgerSection{"Annotations", annotationLines},
		ledgerSection{"Labels and annotations that are in no table of istio.io/api", otherNames},
		ledgerSection{"Pods", podLines},
		ledgerSection{byObjects, admissionLines},
		ledgerSection{"Environment variables of istiod", slices.Concat(flagLines, quietFlags())})
}

type ledgerSection struct {
	title string
	lines []ledgerLine
}

// A judged line names a file and a test that are there.
func TestLedgerNamesTests(t *testing.T) {
	tests := map[string]bool{}
	files, err := filepath.Glob("*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(gotoken.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for name := range f.Scope.Objects {
			tests[name] = true
		}
	}
	for _, s := range allLines() {
		for _, l := range s.lines {
			if l.why == "" {
				t.Errorf("%s gives no reason", l.path)
			}
			if l.state != isJudged && l.state != isNamed {
				continue
			}
			file, test, _ := strings.Cut(l.why, ", ")
			test, _, _ = strings.Cut(test, ":")
			if _, err := os.Stat(file); err != nil || !tests[test] || !strings.HasPrefix(test, "Test") {
				t.Errorf("%s: no file %s, or no test %s", l.path, file, test)
			}
		}
	}
}
