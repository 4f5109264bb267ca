package profile

import (
	"regexp"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

var claimName = regexp.MustCompile(ClaimPattern)

// ChosenClaims are claims that people choose themselves at many identity providers (OpenID Connect Core,
// sections 5.1 and 5.7): one of them identifies nobody.
var ChosenClaims = []string{"name", "nickname", "preferred_username", "given_name", "family_name"}

// MatchesGroups reports whether owners and contributors of kind Group get a rule: a waypoint reads
// groups only from a token that it verified itself.
func (s Spec) MatchesGroups() bool { return s.Waypoint.VerifyTokens && s.Identity.GroupsClaim != "" }

// groups refuses a claim that cannot name the groups of a user.
func (r *refusals) groups(s Spec) {
	const path = "spec.identity.groupsClaim"
	name := s.Identity.GroupsClaim
	if name == "" {
		return
	}
	switch top := strings.Trim(name, "[]"); {
	case !claimName.MatchString(name) || len(name) > 256:
		remedy := "write the name of a claim, for example groupsClaim: groups"
		if nested := strings.ReplaceAll(name, ".", "]["); claimName.MatchString("["+nested+"]") && nested != name {
			remedy = "write groupsClaim: '[" + nested + "]' for a nested claim, or groupsClaim: '[" + name + "]' for a claim with dots in its name"
		}
		r.malformed(diagnostic.ConfigBadClaim, path, name, "is not the name of a claim", remedy)
	case slices.Contains(ChosenClaims, top):
		r.add(diagnostic.ConfigBadClaim, path, quote(name)+" is a claim that people choose themselves, so anyone could name a group",
			"write a claim that only the identity provider sets, for example groupsClaim: groups")
	}
}

// claimWarnings reports a claim that no waypoint reads. It is a warning and not an error, so that a tree
// whose Profiles have groups for owners can also be built with one switch turned off.
func (s Spec) claimWarnings() []diagnostic.Diagnostic {
	if s.Identity.GroupsClaim == "" || s.MatchesGroups() {
		return nil
	}
	return []diagnostic.Diagnostic{{
		Code: diagnostic.ConfigGroupsUnread, Field: "spec.identity.groupsClaim",
		Found:  "has no effect without waypoint.verifyTokens",
		Effect: "a waypoint reads groups only from a token that it verified itself, so no rule allows the members of a group",
		Remedy: "set waypoint.verifyTokens, or remove this line",
	}}
}

// OwnerWarnings reports what would lock an owner out, in the fields of a subject at path.
func (s Spec) OwnerWarnings(path string, o Owner) []diagnostic.Diagnostic {
	switch o.Kind {
	case "User":
		return UserWarnings(path+".name", o.Name)
	case "Group":
		return s.groupWarnings(path, o.Name)
	}
	return nil
}

// ContributorWarnings reports what would lock a contributor out, or allow another one, by the name in a
// field.
func (s Spec) ContributorWarnings(field string, c Contributor) []diagnostic.Diagnostic {
	if c.Kind == "Group" {
		return s.groupWarnings(field, c.Name)
	}
	return UserWarnings(field, c.Name)
}

// groupWarnings reports a group that no rule can match.
func (s Spec) groupWarnings(field, name string) []diagnostic.Diagnostic {
	if s.MatchesGroups() {
		return nil
	}
	remedy := "set identity.groupsClaim and waypoint.verifyTokens, or list the members as contributors"
	if s.Identity.GroupsClaim != "" {
		remedy = "set waypoint.verifyTokens, or list the members as contributors"
	}
	return []diagnostic.Diagnostic{{
		Code: diagnostic.ConfigGroupOwner, Field: field,
		Found:  "is the group " + quote(name),
		Effect: "the groups header carries a list as base64 JSON, which no policy can match, so no rule allows its members",
		Remedy: remedy,
	}}
}
