package enroll

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	security "istio.io/api/security/v1"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// verifying is where a waypoint verifies tokens again, and by which rules.
type verifying struct {
	namespace, waypoint string
	// services are those whose tokens are verified; nil where all are.
	services []string
	rules    []*security.JWTRule
	tokens   *generate.Tokens
}

// verifyingIn reads from what is to be placed where a namespace's waypoint verifies tokens.
func verifyingIn(plan generate.Plan, wanted []generate.Object, places map[string]place) map[string]verifying {
	out := map[string]verifying{}
	for _, o := range wanted {
		spec, ok := o.Fields["spec"].(*security.RequestAuthentication)
		if !ok || o.Name != generate.VerifyTokensName {
			continue
		}
		v := verifying{namespace: o.Namespace, waypoint: places[o.Namespace].waypoint, rules: spec.JwtRules, tokens: plan.Mesh.Tokens}
		for _, ref := range spec.TargetRefs {
			if ref.Kind == "Service" {
				v.services = append(v.services, ref.Name)
			}
		}
		out[o.Namespace] = v
	}
	return out
}

// meets reports whether some target of a RequestAuthentication is where tokens are verified (Istio
// 1.31: ShouldAttachPolicy).
func (v verifying) meets(item *manifest.Item, root string) bool {
	return slices.ContainsFunc(survey.TargetsOf(manifest.Field(item.Node, "spec")), func(ref *yaml.Node) bool {
		name, own := manifest.Value(ref, "name"), item.Namespace == v.namespace
		switch manifest.Value(ref, "kind") {
		case "GatewayClass":
			return item.Namespace == root && name == "istio-waypoint"
		case "Gateway":
			return own && name == v.waypoint
		case "Service":
			return own && v.covers(name)
		}
		return false
	})
}

// covers reports whether the tokens of requests to a Service are verified.
func (v verifying) covers(service string) bool {
	return v.services == nil || slices.Contains(v.services, service)
}

// voids returns how a further rule allows someone whom verify-tokens does not vouch for, and who that
// is; "" if it does not. Istio accepts a token that one rule accepts, so a rule for the same issuer
// may be the one that decides, and then verify-tokens writes no header. Envoy strips a header before it
// tries a rule that writes it, and stops at the first that accepts the token (jwt_authn: requires_any).
func (v verifying) voids(rule *security.JWTRule) (found, who string) {
	userID, groups := v.tokens.UserIDHeader, v.tokens.GroupsHeader
	if rule.Issuer == "" {
		return "accepts tokens of any issuer", "anyone with its keys can sign a token as one of an issuer that names users"
	}
	var ours []*security.JWTRule
	for _, r := range v.rules {
		if r.Issuer == rule.Issuer {
			ours = append(ours, r)
		}
	}
	if len(ours) == 0 {
		return "", "" // verified-tokens-only refuses tokens of other issuers
	}
	accepts := "accepts tokens of " + rule.Issuer
	for _, header := range []string{userID, groups} {
		claims := generate.ClaimsTo(rule, header)
		switch {
		case len(claims) == 0:
			return accepts + " and does not write " + header,
				"anyone with such a token is " + anybody(header == userID) + " by the " + header + " that a client or a route writes, or no user, depending on the order of the rules"
		case !slices.ContainsFunc(ours, func(r *security.JWTRule) bool { return slices.Equal(generate.ClaimsTo(r, header), claims) }):
			return accepts + " and writes " + header + " from the claim " + strings.Join(claims, " and "), "anyone with such a token is the user that this claim names"
		}
	}
	if generate.HasKeys(rule) && !slices.ContainsFunc(ours, func(r *security.JWTRule) bool { return sameKeys(r, rule) }) {
		return accepts + " that other keys sign than those of " + generate.VerifyTokensName, "anyone with these keys can be any user"
	}
	return "", ""
}

func anybody(user bool) string {
	if user {
		return "any user"
	}
	return "a member of any group"
}

func sameKeys(a, b *security.JWTRule) bool { return a.JwksUri == b.JwksUri && a.Jwks == b.Jwks }

// warnVoid warns about the input's RequestAuthentications that void verifyTokens.
func warnVoid(plan generate.Plan, input *survey.Index, notes *survey.Notes, wanted []generate.Object) {
	verified := verifyingIn(plan, wanted, placesOf(plan))
	ours := map[manifest.ID]bool{}
	for _, o := range wanted {
		ours[idOf(o)] = true
	}
	for _, item := range input.Items {
		if !survey.IsAuthentication(item) || survey.OwnedBy(item) == plan.Name || item.Removed || ours[item.ID] {
			continue
		}
		for i, n := range manifest.Content(manifest.Field(item.Node, "spec", "jwtRules")) {
			warnVoidRule(plan, notes, item, i, survey.ReadJWTRule(manifest.Dealias(n)), verified)
		}
	}
}

// warnVoidRule names every waypoint where a rule voids verifyTokens.
func warnVoidRule(plan generate.Plan, notes *survey.Notes, item *manifest.Item, index int, rule *security.JWTRule, verified map[string]verifying) {
	var found, who string
	var waypoints []string
	for _, namespace := range generate.SortedKeys(verified) {
		v := verified[namespace]
		if f, w := v.voids(rule); f != "" && v.meets(item, plan.Mesh.RootNamespace) {
			found, who = f, w
			waypoints = append(waypoints, namespace+"/"+v.waypoint)
		}
	}
	if len(waypoints) == 0 {
		return
	}
	notes.WarnAt(diagnostic.VerifyTokensVoid, item, fmt.Sprintf("spec.jwtRules[%d]", index), "at "+plural("the waypoint", waypoints)+" "+found,
		"Istio accepts a token that any one rule accepts, so verifyTokens has no effect there and "+who,
		"remove the rule, or give it the keys and the outputClaimToHeaders of "+generate.VerifyTokensName)
}

func plural(noun string, list []string) string {
	if len(list) > 1 {
		noun += "s"
	}
	return noun + " " + strings.Join(list, ", ")
}

// reads reports whether verify-tokens finds and accepts every token that a rule does.
func (v verifying) reads(rule *security.JWTRule) bool {
	return slices.ContainsFunc(v.rules, func(r *security.JWTRule) bool {
		return r.Issuer == rule.Issuer && (!generate.HasKeys(rule) || sameKeys(r, rule)) && proto.Equal(whereIn(r), whereIn(rule)) &&
			(len(r.Audiences) == 0 || slices.Equal(r.Audiences, rule.Audiences))
	})
}

// whereIn is where a rule looks for its token; Istio: without a place, in the header Authorization.
func whereIn(rule *security.JWTRule) *security.JWTRule {
	out := &security.JWTRule{FromHeaders: rule.FromHeaders, FromParams: rule.FromParams, FromCookies: rule.FromCookies}
	if len(out.FromHeaders)+len(out.FromParams)+len(out.FromCookies) == 0 {
		out.FromHeaders = []*security.JWTHeader{{Name: "Authorization", Prefix: "Bearer "}}
	}
	return out
}
