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

// requireJWT ends the name of the policy that asks for a token.
const requireJWT = "-require-jwt"

// stillRequiresToken reports whether the input's own policy turns away everybody without a token, but on
// the login's paths and on further exact ones, which a warning lists. A policy that asks for less
// stays as well, but ours is needed beside it: DENY policies add up.
func stillRequiresToken(notes *survey.Notes, item *manifest.Item, ours generate.Object) bool {
	exempt, strict := exemptPaths(manifest.Field(item.Node, "spec"))
	switch {
	case !strict && item.ID == idOf(ours): // ours takes its place, with a warning
	case !strict:
		notes.Warn(diagnostic.Uncoded, item, "lets requests without a token get further than the login", "a client without a session would reach what is behind the Gateway; "+
			"the policy "+ours.Name+" was added beside it, which asks for a token everywhere but on the login's paths",
			"remove it, or make it exempt exact paths only")
	case len(exempt) > 0:
		notes.Warn(diagnostic.Uncoded, item, "exempts "+strings.Join(exempt, ", ")+" from the login", "everybody reaches these paths without a session, and is kept out only by the policies behind the Gateway",
			"remove the paths from notPaths unless that is meant")
	}
	return strict
}

// exemptPaths are the exact paths, beside the login's, on which a policy asks nobody for a token. It is not strict
// where it leaves out more than exact paths. Rules, and the operations of one, each deny for
// themselves, so that only what all of them exempt is exempt.
func exemptPaths(spec *yaml.Node) (exempt []string, strict bool) {
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
			paths, exact := operationExempts(manifest.Field(manifest.Dealias(o), "operation"))
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

// deniesAnonymous reports whether a rule is for everybody without a token at least. Any value of
// notRequestPrincipals is: who has no principal has none that matches (Istio: authz, requestPrincipal).
func deniesAnonymous(rule *yaml.Node) bool {
	from := manifest.Content(manifest.Field(rule, "from"))
	return len(from) == 0 || slices.ContainsFunc(from, func(f *yaml.Node) bool {
		source := manifest.Field(manifest.Dealias(f), "source")
		return source != nil && onlyKeys(source, "notRequestPrincipals") && len(manifest.Strings(manifest.Field(source, "notRequestPrincipals"))) > 0
	})
}

// operationExempts are the exact paths that an operation leaves out beside the login's. It is not
// exact where it leaves out anything else.
func operationExempts(operation *yaml.Node) (paths []string, exact bool) {
	if operation == nil || !onlyKeys(operation, "notPaths") || manifest.Field(operation, "notPaths") == nil {
		return nil, false
	}
	for _, path := range manifest.Strings(manifest.Field(operation, "notPaths")) {
		literal, _, pattern := strings.Cut(strings.ReplaceAll(path, "{", "*"), "*")
		login := slices.ContainsFunc(generate.OpenToLogin(), func(open string) bool {
			return strings.HasPrefix(literal, strings.TrimRight(open, "*"))
		})
		switch {
		case login:
		case pattern || path == "":
			return nil, false
		default:
			paths = append(paths, fmt.Sprintf("%q", path))
		}
	}
	return paths, true
}

// onlyKeys reports whether a map has no keys but these.
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
