// Package fields compares docs/istio-fields.md with the modules that define the fields: a line that is missing, and a line too many, fail.
package fields

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"istio.io/istio/pilot/pkg/features"
	"istio.io/istio/pkg/env"
	inference "sigs.k8s.io/gateway-api-inference-extension/api/v1"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
	gatewayx "sigs.k8s.io/gateway-api/apisx/v1alpha1"
)

// ledgerRows are the names in the first columns of docs/istio-fields.md, by section. Of several names in a row, those behind the first are of its kind.
func ledgerRows(t *testing.T) map[string]map[string]bool {
	t.Helper()
	page, err := os.ReadFile("../../../docs/istio-fields.md")
	if err != nil {
		t.Fatal(err)
	}
	out, section := map[string]map[string]bool{}, ""
	for line := range strings.SplitSeq(string(page), "\n") {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			section = title
			out[section] = map[string]bool{}
		} else if row, ok := strings.CutPrefix(line, "| `"); ok {
			names, _, _ := strings.Cut(row, " | ")
			kind, _, ofKind := strings.Cut(names, " ")
			for i, name := range strings.Split(names, "`, `") {
				name, note, last := strings.Cut(name, "`")
				if i > 0 && ofKind {
					name = kind + " " + name
				}
				if out[section][name] = true; last && note != "" {
					break // values of the field
				}
			}
		}
	}
	return out
}

// elsewhere are variables that other packages of istiod register than features.
var elsewhere = map[string]bool{
	"TOKEN_AUDIENCES": true, "GRPC_KEEPALIVE_TIMEOUT": true, "GRPC_KEEPALIVE_INTERVAL": true, "COMPLIANCE_POLICY": true,
	"XDS_AUTH_PLAINTEXT": true, "METRICS_LOCALHOST_ACCESS_ONLY": true,
}

// Every variable that istiod reads has a line, and every line is of one.
func TestLedgerHasEveryFlag(t *testing.T) {
	_ = features.EnableAmbient
	rows := ledgerRows(t)["Environment variables of istiod"]
	if len(rows) < 100 {
		t.Fatal(len(rows), "lines")
	}
	known := map[string]bool{}
	for _, v := range env.VarDescriptions() {
		known[v.Name] = true
		if !rows[v.Name] && !v.Hidden {
			t.Errorf("%s has no line: %s", v.Name, v.Description)
		}
	}
	for name := range rows {
		if !known[name] && !elsewhere[name] {
			t.Errorf("istiod reads no %s", name)
		}
	}
}

// typeFields gives the paths of all fields of a type, as JSON names them.
func typeFields(of reflect.Type, path string, out map[string]bool) {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	out[path] = true
	if of.Kind() != reflect.Struct || strings.HasPrefix(of.PkgPath(), "k8s.io/") {
		return
	}
	for i := range of.NumField() {
		f := of.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case !f.IsExported():
		case name == "":
			typeFields(f.Type, path, out) // it is in line
		default:
			typeFields(f.Type, path+"."+name, out)
		}
	}
}

// Every field of the Gateway API has a line, and every line is of one.
func TestLedgerHasEveryFieldOfTheGatewayAPI(t *testing.T) {
	all := ledgerRows(t)
	for section, kinds := range map[string]map[string]any{
		"gateway.networking.k8s.io": {
			"Gateway": gateway.GatewaySpec{}, "GatewayClass": gateway.GatewayClassSpec{}, "HTTPRoute": gateway.HTTPRouteSpec{}, "GRPCRoute": gateway.GRPCRouteSpec{},
			"TCPRoute": gateway.TCPRouteSpec{}, "TLSRoute": gateway.TLSRouteSpec{}, "UDPRoute": gateway.UDPRouteSpec{}, "ListenerSet": gateway.ListenerSetSpec{},
			"ReferenceGrant": gateway.ReferenceGrantSpec{}, "BackendTLSPolicy": gateway.BackendTLSPolicySpec{},
		},
		"gateway.networking.x-k8s.io": {"XBackendTrafficPolicy": gatewayx.BackendTrafficPolicySpec{}},
		"inference.networking.k8s.io": {"InferencePool": inference.InferencePoolSpec{}},
	} {
		rows := all[section]
		for kind, spec := range kinds {
			fields := map[string]bool{}
			typeFields(reflect.TypeOf(spec), kind+" spec", fields)
			if len(fields) < 3 {
				t.Errorf("%s has %d fields", kind, len(fields))
			}
			for path := range fields {
				if !covered(rows, path) {
					t.Errorf("%s has no line", path)
				}
			}
			for row := range rows {
				if path := strings.TrimSuffix(row, ".*"); strings.HasPrefix(row, kind+" ") && !fields[path] {
					t.Errorf("the Gateway API has no %s", row)
				}
			}
		}
	}
}

// covered reports whether a path has a line of its own, or one for all below what it is in.
func covered(rows map[string]bool, path string) bool {
	if rows[path] || rows[path+".*"] {
		return true
	}
	for i := strings.LastIndexByte(path, '.'); i > 0; i = strings.LastIndexByte(path[:i], '.') {
		if rows[path[:i]+".*"] {
			return true
		}
	}
	return false
}
