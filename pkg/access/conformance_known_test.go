package access

import (
	"maps"
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
	{"OPEN: a header that is there and empty is present (authz/matcher HeaderMatcher: * is PresentMatch)",
		func(_ recordedSet, c recordedCase, _ Verdict) bool {
			return slices.Contains(slices.Collect(maps.Values(c.Request.Headers)), "")
		}},
	{"OPEN: a rule strips its headers only when it is tried (Envoy jwt_authn verifier.cc: requires_any stops at the first that is content)",
		func(set recordedSet, c recordedCase, v Verdict) bool {
			return set.Name == "two-issuers-that-copy-into-different-headers" && c.Want.Got == "allow" && v.Outcome == Deny &&
				c.Request.Token["iss"] == "https://a.io" && c.Request.Headers["x-user"] != ""
		}},
	{"OPEN: audiences are compared without scheme and trailing slash (Envoy check_audience.cc sanitizeAudience)",
		func(_ recordedSet, c recordedCase, v Verdict) bool {
			return strings.Contains(v.Why, "audience") && strings.Contains(v.Why, "https://")
		}},
	{"OPEN: a namespace value with a slash matches accounts too (authz/model srcNamespaceGenerator: .*/ns/<value>/.*)",
		func(set recordedSet, c recordedCase, _ Verdict) bool {
			return c.Point != "ztunnel" && strings.Contains(set.Manifests, `"alice/sa"`)
		}},
	{"OPEN: two CUSTOM providers on one workload deny what either's rules match (authz/builder getBadCustomDenyRules)",
		func(set recordedSet, _ recordedCase, v Verdict) bool {
			return strings.Contains(set.Manifests, `"oauth2-proxy"`) && strings.Contains(set.Manifests, `"unknown-provider"`) && v.Outcome != Allow
		}},
	{"on TCP Istio skips CUSTOM with an HTTP provider; the referee does not look at the kind of a provider and calls it not judged",
		func(set recordedSet, c recordedCase, v Verdict) bool {
			return c.Request.TCP && v.Outcome == NotJudged && strings.Contains(set.Manifests, "CUSTOM")
		}},
}

// everyRefusal is the shape with one policy for each thing that Istio refuses.
const everyRefusal = "what-istio-refuses"

// stricter are policies that the referee calls malformed, and so never judges, and
// Istio's validation takes: a null rule becomes {} (though the API server refuses
// it), an unknown field is pruned. Both mean more than they say.
var stricter = []string{"AuthorizationPolicy alice/rule-null", "AuthorizationPolicy alice/unknown-field"}

// rootless is a path template that Istio takes and Envoy refuses, with the whole
// listener (uri_template_internal.cc: a pattern begins with /). The referee is right
// to call it malformed.
const rootless = `"api/{*}"`

// laxer are policies that the referee judges although Istio would refuse them. OPEN:
// the cluster that it judges cannot be.
var laxer = []string{
	"AuthorizationPolicy alice/account-and-not-namespace", "AuthorizationPolicy alice/account-and-principal",
	"AuthorizationPolicy alice/account-long", "AuthorizationPolicy alice/accounts-17", "AuthorizationPolicy alice/custom-by-claim",
	"AuthorizationPolicy alice/custom-by-namespace-key", "AuthorizationPolicy alice/custom-by-principal",
	"AuthorizationPolicy alice/domain-middle-star", "AuthorizationPolicy alice/domain-slash", "AuthorizationPolicy alice/domain-two-stars",
	"AuthorizationPolicy alice/dry-run-custom-false", "AuthorizationPolicy alice/provider-for-allow",
	"AuthorizationPolicy alice/selector-empty-key", "AuthorizationPolicy alice/selector-star",
	"AuthorizationPolicy alice/target-a-pod", "AuthorizationPolicy alice/target-and-targets",
	"AuthorizationPolicy alice/target-no-kind", "AuthorizationPolicy alice/target-no-name",
	"AuthorizationPolicy alice/target-other-namespace", "AuthorizationPolicy alice/target-wrong-group",
	"AuthorizationPolicy alice/when-claim-empty", "AuthorizationPolicy alice/when-domain-two-stars",
	"AuthorizationPolicy alice/when-envoy-no-bracket", "AuthorizationPolicy alice/when-header-bare",
	"AuthorizationPolicy alice/when-header-no-name", "AuthorizationPolicy alice/when-header-open",
	"AuthorizationPolicy alice/when-no-key", "AuthorizationPolicy alice/when-old-key", "AuthorizationPolicy alice/when-unknown-key",
	"RequestAuthentication alice/audience-empty", "RequestAuthentication alice/copy-bad-header",
	"RequestAuthentication alice/copy-no-header", "RequestAuthentication alice/from-header-empty",
	"RequestAuthentication alice/issuer-none", "RequestAuthentication alice/ra-selector-and-target",
	"RequestAuthentication alice/uri-bad",
}
