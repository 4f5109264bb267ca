package enroll

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
)

// change is a field that replacing an object changes. was is nil where the field is new, and is is nil
// where it is gone.
type change struct {
	field   string
	was, is *yaml.Node
}

// differences are the fields in which two trees differ, the deepest ones that tell.
func differences(field string, was, is *yaml.Node) []change {
	if field == "spec.action" && isAllow(was) && isAllow(is) {
		return nil
	}
	if was == nil || is == nil {
		if was == is {
			return nil
		}
		return []change{{field, was, is}}
	}
	was, is = manifest.Dealias(was), manifest.Dealias(is)
	switch {
	case manifest.Equal(was, is):
		return nil
	case was.Kind == yaml.MappingNode && is.Kind == yaml.MappingNode:
		return mapDifferences(field, was, is)
	case was.Kind == yaml.SequenceNode && is.Kind == yaml.SequenceNode && !hasScalars(was) && !hasScalars(is):
		return listDifferences(field, was, is)
	}
	return []change{{field, was, is}}
}

// isAllow reports whether an action is ALLOW, which it is where it is not written.
func isAllow(n *yaml.Node) bool { return n == nil || n.Value == "ALLOW" }

func mapDifferences(field string, was, is *yaml.Node) []change {
	var all []change
	for i := 0; i+1 < len(was.Content); i += 2 {
		key := was.Content[i].Value
		all = append(all, differences(field+"."+key, was.Content[i+1], manifest.Field(is, key))...)
	}
	for i := 0; i+1 < len(is.Content); i += 2 {
		if key := is.Content[i].Value; manifest.Field(was, key) == nil {
			all = append(all, differences(field+"."+key, nil, is.Content[i+1])...)
		}
	}
	return all
}

// listDifferences compares the items that say the same issuer or name, or else those at the same index.
func listDifferences(field string, was, is *yaml.Node) []change {
	var all []change
	met := map[*yaml.Node]bool{}
	for i, item := range was.Content {
		at := counterpart(item, is, i)
		if at == nil || met[at] {
			all = append(all, change{fmt.Sprintf("%s[%d]", field, i), item, nil})
			continue
		}
		met[at] = true
		all = append(all, differences(fmt.Sprintf("%s[%d]", field, i), item, at)...)
	}
	for i, item := range is.Content {
		if !met[item] {
			all = append(all, change{fmt.Sprintf("%s[%d]", field, i), nil, item})
		}
	}
	return all
}

func counterpart(item, list *yaml.Node, i int) *yaml.Node {
	item = manifest.Dealias(item)
	for _, key := range []string{"issuer", "name"} {
		if name := manifest.Value(item, key); name != "" {
			at := slices.IndexFunc(list.Content, func(n *yaml.Node) bool { return manifest.Value(manifest.Dealias(n), key) == name })
			if at < 0 {
				return nil
			}
			return list.Content[at]
		}
	}
	if i < len(list.Content) {
		return list.Content[i]
	}
	return nil
}

func hasScalars(list *yaml.Node) bool {
	return slices.ContainsFunc(list.Content, func(n *yaml.Node) bool { return manifest.Dealias(n).Kind == yaml.ScalarNode })
}

// changesNamed is the list of changes in a message: the first few of them.
func changesNamed(all []change) string {
	const few = 8
	var texts []string
	for _, c := range all[:min(len(all), few)] {
		switch {
		case c.is == nil:
			texts = append(texts, fmt.Sprintf("%s was %s and is gone", c.field, short(inline(c.was))))
		case c.was == nil:
			texts = append(texts, fmt.Sprintf("%s is new with %s", c.field, short(inline(c.is))))
		default:
			was, is := shortBoth(inline(c.was), inline(c.is))
			texts = append(texts, fmt.Sprintf("%s was %s and is %s", c.field, was, is))
		}
	}
	if more := len(all) - few; more > 0 {
		texts = append(texts, fmt.Sprintf("%d more", more))
	}
	return strings.Join(texts, ", ")
}

// most is how many characters of a value a message shows.
const most = 120

// short is a value without its middle where it is long.
func short(value string) string {
	text := []rune(value)
	if len(text) <= most {
		return value
	}
	return string(text[:most/2]) + "..." + string(text[len(text)-most/2:])
}

// shortBoth are two values without what they have in common at their beginnings and ends, where they are long: what differs is
// shown with a little of what is around it.
func shortBoth(was, is string) (string, string) {
	a, b := []rune(was), []rune(is)
	if len(a) <= most && len(b) <= most {
		return was, is
	}
	const around = 20
	shared := min(len(a), len(b))
	before, behind := 0, 0
	for before < shared && a[before] == b[before] {
		before++
	}
	for behind < shared-before && a[len(a)-1-behind] == b[len(b)-1-behind] {
		behind++
	}
	before, behind = max(before-around, 0), max(behind-around, 0)
	cut := func(text []rune) string {
		out := short(string(text[before : len(text)-behind]))
		if before > 0 {
			out = "..." + out
		}
		if behind > 0 {
			out += "..."
		}
		return out
	}
	return cut(a), cut(b)
}

// inline is a tree as YAML on one line.
func inline(n *yaml.Node) string {
	n = manifest.Dealias(n)
	var parts []string
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			parts = append(parts, flow(n.Content[i].Value)+": "+inline(n.Content[i+1]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case yaml.SequenceNode:
		for _, item := range n.Content {
			parts = append(parts, inline(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	if n.ShortTag() != yaml.NodeTagString {
		return n.Value
	}
	return flow(n.Value)
}

// whatIsLost says what the changes of an object mean: for whom something is different now.
func whatIsLost(input *survey.Index, item *manifest.Item, all []change) string {
	var effects []string
	say := func(effect string) {
		if !slices.Contains(effects, effect) {
			effects = append(effects, effect)
		}
	}
	for _, c := range all {
		if effect := effectOf(input, item, c); effect != "" {
			say(effect)
		}
	}
	say("manual edits and earlier patches to it are lost")
	return inWords(effects)
}

func effectOf(input *survey.Index, item *manifest.Item, c change) string {
	switch item.Kind {
	case "RequestAuthentication":
		return effectOnTokens(input, item, c)
	case "AuthorizationPolicy":
		switch {
		case c.field == "spec.selector" && c.was != nil:
			return "the pods that it selected no longer enforce it"
		case strings.HasPrefix(c.field, "spec.targetRefs") && c.was != nil:
			return "what it was attached to no longer enforces it"
		case strings.HasPrefix(c.field, "spec.rules") && c.was != nil:
			return "requests that only its old rules matched are decided by the new ones"
		}
	case "Deployment":
		if strings.HasPrefix(c.field, "spec.selector") {
			// Kubernetes: apps/v1 validation, the field is immutable.
			return "the API server refuses the new selector while the old Deployment exists, so it must be deleted first"
		}
	case "Service":
		if strings.HasPrefix(c.field, "spec.ports") && c.was != nil {
			return "clients of its old ports no longer reach it"
		}
	}
	return ""
}

// effectOnTokens says whose tokens are verified no longer, or refused.
func effectOnTokens(input *survey.Index, item *manifest.Item, c change) string {
	switch {
	case c.field == "spec.selector" && c.was != nil:
		if item.Namespace == survey.OldGatewayNamespace && input.SelectsOldGateway(manifest.Field(c.was, "matchLabels")) {
			return "the old gateway no longer verifies these tokens while it still serves what is routed there"
		}
		return "the pods that it selected no longer verify these tokens"
	case strings.HasPrefix(c.field, "spec.targetRefs") && c.was != nil:
		return "what it was attached to no longer verifies these tokens"
	case c.is == nil && manifest.Value(c.was, "issuer") != "":
		return "tokens of " + manifest.Value(c.was, "issuer") + " are no longer verified"
	case strings.HasSuffix(c.field, ".audiences"):
		return "tokens for other audiences than those are refused"
	case strings.HasSuffix(c.field, ".jwksUri") || strings.HasSuffix(c.field, ".jwks"):
		return "tokens are verified by other keys"
	case strings.Contains(c.field, ".fromHeaders") || strings.Contains(c.field, ".fromParams") || strings.Contains(c.field, ".fromCookies"):
		return "tokens are read from other places"
	case strings.Contains(c.field, ".outputClaimToHeaders"):
		return "other claims are written to headers"
	}
	return ""
}
