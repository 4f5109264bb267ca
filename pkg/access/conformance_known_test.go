package access

// A difference is one that is known, with its reason. One that no longer occurs
// fails the test, so this list only shrinks by being true.
type difference struct {
	why string
	is  func(set recordedSet, c recordedCase, v Verdict) bool
}

// An array, so that a tally can count each.
var knownDifferences = [...]difference{}

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
