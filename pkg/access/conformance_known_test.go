package access

import (
	"fmt"
	"slices"
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
		return set.clouds(extensionOn(w, c), "EnvoyFilter", `"context":"SIDECAR_INBOUND"`, `"context":"GATEWAY"`)
	}},
	{"extension", "the referee does not read for which side of a proxy a WasmPlugin is", func(w *World, set recordedSet, c recordedCase) bool {
		return set.clouds(extensionOn(w, c), "WasmPlugin", `"mode":"SERVER"`, `"mode":"CLIENT"}`)
	}},
}

// clouds reports whether an object ("Kind ns/name") is of a kind and says one of some words.
func (set recordedSet) clouds(id, kind string, words ...string) bool {
	ns, name, _ := strings.Cut(strings.TrimPrefix(id, kind+" "), "/")
	for _, doc := range documentsOf(set.Manifests) {
		if strings.Contains(doc, fmt.Sprintf(`"kind":%q,"metadata":{"name":%q,"namespace":%q}`, kind, name, ns)) {
			return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(doc, word) })
		}
	}
	return false
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

// rootless is a path template that Istio takes and Envoy refuses, with the whole
// listener (uri_template_internal.cc: a pattern begins with /). The referee is right
// to call it malformed.
const rootless = `"api/{*}"`
