package access

import (
	"strings"
	"testing"
)

// The API server rejects an object of a version that it does not serve, and takes the others.
func TestVersionsThatNobodyServes(t *testing.T) {
	before := load(t, cloudWorld)
	const everyWay = "gateway, gateway no, off mesh, pod, sidecar, waypoint, waypoint no"
	const grant = "\n---\nkind: ReferenceGrant\napiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: new, namespace: a}\nspec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: b}], to: [{group: '', kind: Service}]}"
	for _, c := range []struct{ old, served, unserved, want string }{
		{"apiVersion: security.istio.io/v1\nmetadata: {name: l7", "security.istio.io/v1beta1", "security.istio.io/v2", "gateway, gateway no, waypoint, waypoint no"},
		{"apiVersion: security.istio.io/v1\nmetadata: {name: l4", "security.istio.io/v1beta1", "security.istio.io/v1alpha1", "gateway, off mesh, pod, sidecar, waypoint"},
		{"apiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: waypoint", "gateway.networking.k8s.io/v1beta1", "gateway.networking.k8s.io/v1alpha2", "gateway, gateway no, waypoint, waypoint no"},
		{"apiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: front", "gateway.networking.k8s.io/v1beta1", "gateway.networking.k8s.io/v3", "gateway, gateway no"},
		{"apiVersion: gateway.networking.k8s.io/v1\nmetadata: {name: r,", "gateway.networking.k8s.io/v1beta1", "gateway.networking.k8s.io/v1alpha2", "gateway, gateway no"},
		{"apiVersion: v1\nmetadata: {name: a,", "v1", "v2", everyWay},
		{"apiVersion: v1\nmetadata: {name: s, namespace: a}", "v1", "v2", "gateway, gateway no, off mesh, sidecar, waypoint, waypoint no"},
		{"apiVersion: v1\nmetadata: {name: s, namespace: a, labels", "v1", "v1beta1", "gateway, off mesh, pod, sidecar, waypoint"},
	} {
		version, rest, _ := strings.Cut(strings.TrimPrefix(c.old, "apiVersion: "), "\n")
		change := func(to string) *World { return load(t, edit(t, cloudWorld, c.old, "apiVersion: "+to+"\n"+rest)) }
		if got := strings.Join(cloudedBy(t, before, change(c.served)), ", "); got != "" {
			t.Errorf("%s: %s clouds %s", version, c.served, got)
		}
		after := change(c.unserved)
		if got := strings.Join(cloudedBy(t, before, after), ", "); got != c.want {
			t.Errorf("%s: clouds %q, want %q", c.unserved, got, c.want)
		}
	}
	for _, c := range []struct{ text, want string }{
		{"\n---\nkind: RequestAuthentication\napiVersion: security.istio.io/%s\nmetadata: {name: new, namespace: edge}\nspec: {jwtRules: [{issuer: x, jwks: '{}'}]}", "gateway, gateway no"},
		{"\n---\nkind: PeerAuthentication\napiVersion: security.istio.io/%s\nmetadata: {name: new, namespace: b}\nspec: {mtls: {mode: PERMISSIVE}}", ""},
		{"\n---\nkind: PeerAuthentication\napiVersion: security.istio.io/%s\nmetadata: {name: new, namespace: a}\nspec: {mtls: {mode: PERMISSIVE}}", "gateway, off mesh, pod, sidecar, waypoint"},
		{"\n---\nkind: DestinationRule\napiVersion: networking.istio.io/%s\nmetadata: {name: new, namespace: a}\nspec: {host: s.a.svc.cluster.local}", "gateway, waypoint"},
	} {
		if got := strings.Join(cloudedBy(t, before, load(t, cloudWorld+strings.Replace(c.text, "%s", "v1", 1))), ", "); got != "" {
			t.Errorf("v1 clouds %s: %s", got, c.text)
		}
		if got := strings.Join(cloudedBy(t, before, load(t, cloudWorld+strings.Replace(c.text, "%s", "v2", 1))), ", "); got != c.want {
			t.Errorf("v2 clouds %q, want %q: %s", got, c.want, c.text)
		}
	}
	if c := load(t, small+strings.Replace(grant, "k8s.io/v1\n", "k8s.io/v9\n", 1)).namespaces["a"].clouds.whole; c == nil {
		t.Error("a ReferenceGrant that nobody serves clouds nothing")
	}
}
