package access

import (
	"fmt"
	"strings"
)

// A difference is one that is known, with its reason. One that no longer occurs
// fails the test, so this list only shrinks by being true.
type difference struct {
	why string
	is  func(set recordedSet, c recordedCase, v Verdict) bool
}

// An array, so that a tally can count each.
var knownDifferences = [...]difference{
	{"the comparison has a token lie where the rule looks, and this one lies in Authorization", func(set recordedSet, c recordedCase, _ Verdict) bool {
		return set.Name == "one-issuer-in-two-rules" && c.Name == "elsewhere" && c.Request.Token != nil
	}},
}

// A pointDifference is one at a point that has no verdict, such as a route.
type pointDifference struct {
	point, why string
	is         func(w *World, set recordedSet, c recordedCase) bool
}

// knownAtPoints, too, only shrinks by being true.
var knownAtPoints = [...]pointDifference{
	{"extension", "the referee does not read which contexts an EnvoyFilter's patches are for: one that changes no gateway clouds them", func(w *World, set recordedSet, c recordedCase) bool {
		kind, doc := set.object(extensionOn(w, c))
		return kind == "EnvoyFilter" && (strings.Contains(doc, `"context":"SIDECAR_INBOUND"`) || strings.Contains(doc, `"context":"GATEWAY"`))
	}},
	{"extension", "the referee does not read for which side of a proxy a WasmPlugin or TrafficExtension is", func(w *World, set recordedSet, c recordedCase) bool {
		kind, doc := set.object(extensionOn(w, c))
		return kind != "EnvoyFilter" && (strings.Contains(doc, `"mode":"SERVER"`) || strings.Contains(doc, `"mode":"CLIENT"}`))
	}},
}

// object finds "Kind ns/name" in the manifests of a random set.
func (set recordedSet) object(id string) (kind, doc string) {
	kind, id, _ = strings.Cut(id, " ")
	ns, name, _ := strings.Cut(id, "/")
	for _, doc := range documentsOf(set.Manifests) {
		if strings.Contains(doc, fmt.Sprintf(`"kind":%q,"metadata":{"name":%q,"namespace":%q}`, kind, name, ns)) {
			return kind, doc
		}
	}
	return kind, ""
}

// everyRefusal is the shape with one policy for each thing that Istio refuses.
const everyRefusal = "what-istio-refuses"

// stricter are policies that the referee calls malformed, and so never judges, and
// Istio's validation takes: a null rule becomes {} (though the API server refuses
// it), an unknown field is pruned; both mean more than they say. A trust domain with a
// slash and a header key without its bracket match nothing that anybody meant.
var stricter = []string{
	"AuthorizationPolicy alice/rule-null", "AuthorizationPolicy alice/unknown-field",
	"AuthorizationPolicy alice/when-domain-slash", "AuthorizationPolicy alice/when-header-glued",
}

// prunedSelectors are policies of other sets with fields in their selector that the API server prunes, or rejects where kubectl asks it to.
var prunedSelectors = map[string][]string{
	"a-deny-whose-services-are-unknown-is-warned-about":               {"AuthorizationPolicy alice/misspelt"},
	"a-selector-that-istio-does-not-know-is-warned-about-in-kubeflow": {"AuthorizationPolicy istio-system/no-deletes", "AuthorizationPolicy kubeflow/readers"},
	"a-selector-that-selects-nothing-known-is-not-converted":          {"AuthorizationPolicy alice/expressions", "AuthorizationPolicy alice/misspelt"},
}

// rootless is a path template that Istio takes and Envoy refuses, with the whole
// listener (uri_template_internal.cc: a pattern begins with /). The referee is right
// to call it malformed.
const rootless = `"api/{*}"`
