package access

import (
	"slices"
	"strings"
	"testing"
)

const localConfig = "annotations: {config.kubernetes.io/local-config: 'true'}"

// kustomize and kpt never apply what is local, so that it closes nothing and opens nothing.
func TestLocalObjects(t *testing.T) {
	q := cloudQuestions["off mesh"]
	decides(t, load(t, cloudWorld), q, Deny)
	local := edit(t, cloudWorld, "{name: l4, namespace: a}", "{name: l4, namespace: a, "+localConfig+"}")
	decides(t, load(t, local), q, Allow)
	decides(t, load(t, edit(t, local, "local-config: 'true'", "local-config: 'false'")), q, Deny)
	decides(t, load(t, edit(t, local, "local-config: 'true'", "local-config: 'yes'")), q, Allow) // as kustomize has it
}

// Of two objects of one identity the API server keeps the last.
func TestObjectsThatAreThereTwice(t *testing.T) {
	const l4 = "\n---\napiVersion: security.istio.io/%s\nkind: AuthorizationPolicy\nmetadata: {namespace: a, name: l4}\nspec: {rules: [{from: [{source: {principals: [cluster.local/ns/a/sa/%s]}}]}]}"
	more := func(version, account string) string {
		return cloudWorld + strings.NewReplacer("/%s", "/"+version, "sa/%s", "sa/"+account).Replace(l4)
	}
	if got := cloudedBy(t, load(t, cloudWorld), load(t, more("v1", "waypoint"))); len(got) > 0 {
		t.Errorf("the same once more clouds %s", got)
	}
	for name, text := range map[string]string{
		"another rule": more("v1", "other"), "another version": more("v1beta1", "waypoint"), "a second Service": cloudWorld + "\n---\nkind: Service\napiVersion: v1\nmetadata: {name: s, namespace: a}\nspec: {}",
		"two meshConfigs":     "kind: ConfigMap\napiVersion: v1\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: '{}'}\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: '{trustDomain: x}'}",
		"without a namespace": cloudWorld + "\n---\nkind: Pod\napiVersion: v1\nmetadata: {name: x, namespace: default}\n---\nkind: Pod\napiVersion: v1\nmetadata: {name: x, labels: {a: b}}",
	} {
		if _, err := Load(slices.Values(manifests(t, text))); err == nil || !strings.Contains(err.Error(), "is in the manifests twice, and the two differ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string]string{
		"of another kind":      more("v1", "waypoint") + "\n---\nkind: Pod\napiVersion: v1\nmetadata: {name: l4, namespace: a}",
		"of another namespace": cloudWorld + "\n---\nkind: Service\napiVersion: v1\nmetadata: {name: s, namespace: b}\nspec: {}",
		"that nobody reads":    "kind: Secret\napiVersion: v1\nmetadata: {name: s}\n---\nkind: Secret\napiVersion: v1\nmetadata: {name: s, labels: {a: b}}",
		"two ConfigMaps":       "kind: ConfigMap\napiVersion: v1\nmetadata: {name: s}\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: s}\ndata: {a: b}",
		"of a made up name":    "kind: Pod\napiVersion: v1\nmetadata: {generateName: s}\n---\nkind: Pod\napiVersion: v1\nmetadata: {generateName: s, labels: {a: b}}",
	} {
		if _, err := Load(slices.Values(manifests(t, text))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Aliases can put a list into itself.
func TestSameValueEnds(t *testing.T) {
	const loop = "kind: Pod\napiVersion: v1\nmetadata: {name: x}\nspec: &a [*a]"
	_, _ = Load(slices.Values(manifests(t, loop+"\n---\n"+loop)))
}
