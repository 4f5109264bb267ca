package enroll

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// stillRequiresToken reports whether the input's own policy denies every request without a token, except
// on the login's paths and on other exact paths, which a warning lists. A policy that requires less is
// kept as well, but ours is needed in addition: DENY policies add up.
func stillRequiresToken(plan generate.Plan, notes *survey.Notes, item *manifest.Item, ours generate.Object) bool {
	exempt, strict := exemptPaths(plan.Platform, manifest.Field(item.Node, "spec"))
	switch {
	case !strict && item.ID == idOf(ours): // ours replaces it, with a warning
	case !strict:
		notes.Warn(diagnostic.LoginPolicyTooOpen, item, "allows requests without a token beyond the login's paths",
			"clients without a session would reach the Services behind the Gateway, so policy "+ours.Name+" was added, which requires a token everywhere except on the login's paths",
			"delete it, or make it exempt exact paths only")
	case len(exempt) > 0:
		notes.Warn(diagnostic.LoginPolicyExempts, item, "was kept, but exempts "+strings.Join(exempt, ", ")+" from the login",
			"clients without a session reach these paths, and only the policies behind the Gateway protect them",
			"remove the paths from notPaths, unless that is intended")
	}
	warnLoginPaths(plan, notes, item, "denies requests without a token on ", "nobody can log in there")
	return strict
}

// warnLoginPaths reports that a policy which was kept is in force on paths of the login.
func warnLoginPaths(plan generate.Plan, notes *survey.Notes, item *manifest.Item, found, effect string) {
	if denied := deniedLogin(plan.Platform, manifest.Field(item.Node, "spec")); plan.Platform.LoginListed && len(denied) > 0 {
		notes.Warn(diagnostic.LoginPathsDenied, item, found+inWords(denied)+", which spec.identity.loginPaths lists", effect,
			"add "+strings.Join(denied, ", ")+" to notPaths of its rules, or delete it")
	}
}

// deniedLogin returns the paths of the login on which a policy requires a token.
func deniedLogin(platform *generate.Platform, spec *yaml.Node) (out []string) {
	for _, path := range platform.LoginPaths {
		if slices.ContainsFunc(survey.RulesOf(spec), func(rule *yaml.Node) bool {
			rule = manifest.Dealias(rule)
			return deniesAnonymous(rule) && (len(operationsOf(rule)) == 0 || slices.ContainsFunc(operationsOf(rule), func(o *yaml.Node) bool {
				return manifest.Field(o, "paths") == nil && !slices.ContainsFunc(manifest.Strings(manifest.Field(o, "notPaths")), func(not string) bool {
					beginning, all := strings.CutSuffix(not, "*")
					return not == path || all && strings.HasPrefix(path, beginning)
				})
			}))
		}) {
			out = append(out, path)
		}
	}
	return out
}

// exemptPaths returns the exact paths, other than the login's, on which a policy requires no token. A
// policy is not strict if it exempts more than exact paths. Rules, and the operations of a rule, each
// deny on their own, so only what all of them exempt is exempt.
func exemptPaths(platform *generate.Platform, spec *yaml.Node) (exempt []string, strict bool) {
	for _, rule := range survey.RulesOf(spec) {
		rule = manifest.Dealias(rule)
		if !onlyKeys(rule, "from", "to") || !deniesAnonymous(rule) {
			continue
		}
		operations := manifest.Content(manifest.Field(rule, "to"))
		if len(operations) == 0 {
			return nil, true
		}
		for _, o := range operations {
			paths, exact := operationExempts(platform, manifest.Field(manifest.Dealias(o), "operation"))
			switch {
			case !exact:
			case !strict:
				exempt, strict = paths, true
			default:
				exempt = slices.DeleteFunc(exempt, func(p string) bool { return !slices.Contains(paths, p) })
			}
		}
	}
	return exempt, strict
}

// deniesAnonymous reports whether a rule applies to every request without a token at least. Any value
// of notRequestPrincipals does: a request without a principal has none that matches (Istio: authz,
// requestPrincipal).
func deniesAnonymous(rule *yaml.Node) bool {
	from := manifest.Content(manifest.Field(rule, "from"))
	return len(from) == 0 || slices.ContainsFunc(from, func(f *yaml.Node) bool {
		source := manifest.Field(manifest.Dealias(f), "source")
		return source != nil && onlyKeys(source, "notRequestPrincipals") && len(manifest.Strings(manifest.Field(source, "notRequestPrincipals"))) > 0
	})
}

// operationExempts returns the exact paths, other than the login's, that an operation leaves out. It is
// not exact if it leaves out anything else.
func operationExempts(platform *generate.Platform, operation *yaml.Node) (paths []string, exact bool) {
	if operation == nil || !onlyKeys(operation, "notPaths") || manifest.Field(operation, "notPaths") == nil {
		return nil, false
	}
	for _, path := range manifest.Strings(manifest.Field(operation, "notPaths")) {
		literal, _, pattern := strings.Cut(strings.ReplaceAll(path, "{", "*"), "*")
		switch {
		case platform.OpenToLogin(literal, pattern):
		case pattern || path == "":
			return nil, false
		default:
			paths = append(paths, fmt.Sprintf("%q", path))
		}
	}
	return paths, true
}

// onlyKeys reports whether a map has no other keys than these.
func onlyKeys(n *yaml.Node, keys ...string) bool {
	if n == nil || n.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if !slices.Contains(keys, n.Content[i].Value) {
			return false
		}
	}
	return true
}
