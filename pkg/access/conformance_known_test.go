package access

// A difference is one that is known, with its reason. One that no longer occurs
// fails the test, so this list only shrinks by being true.
type difference struct {
	why string
	is  func(set recordedSet, c recordedCase, v Verdict) bool
}

// An array, so that a tally can count each.
var knownDifferences = [...]difference{
	{"of two rules of one issuer Istio tries the one of the older RequestAuthentication first", func(set recordedSet, c recordedCase, _ Verdict) bool {
		list, _ := c.Request.Token["aud"].([]any)
		return set.Name == "one-issuer-in-two-rules" && c.Name == "in" && c.Request.Token != nil && (c.Request.Headers != nil || len(list) == 2 && list[0] == "first")
	}},
	{"the referee does not read spaceDelimitedClaims", func(set recordedSet, c recordedCase, _ Verdict) bool {
		return set.Name == "one-issuer-in-two-rules" && c.Name == "spaced" && c.Request.Token["groups"] == "red admin"
	}},
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
var knownAtPoints = [...]pointDifference{}

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
