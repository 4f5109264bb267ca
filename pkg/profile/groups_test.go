package profile

import "testing"

// A claim names groups by its name, by a URL, or by the path of a nested one; none that people choose
// themselves does, and none that Istio would read as another.
func TestClaimsThatNameGroups(t *testing.T) {
	const at = "t.yaml:9:27: spec.identity.groupsClaim: "
	for claim, want := range map[string]string{
		"groups":                     "",
		"cognito:groups":             "",
		"https://example.com/groups": "",
		"[realm_access][roles]":      "",
		"[a.b]":                      "",
		"realm_access.roles":         `"realm_access.roles" is not the name of a claim; write groupsClaim: '[realm_access][roles]' for a nested claim, or groupsClaim: '[realm_access.roles]' for a claim with dots in its name`,
		"realm_access][roles":        `"realm_access][roles" is not the name of a claim; write the name of a claim, for example groupsClaim: groups`,
		"groups*":                    `"groups*" is not the name of a claim; write the name of a claim, for example groupsClaim: groups`,
		"my groups":                  `"my groups" is not the name of a claim; write the name of a claim, for example groupsClaim: groups`,
		"[nickname]":                 `"[nickname]" is a claim that people choose themselves, so anyone could name a group; write a claim that only the identity provider sets, for example groupsClaim: groups`,
	} {
		c := refusalCase{replacement: "  identity: {groupsClaim: '" + claim + "'}\n  waypoint: {verifyTokens: true}\n"}
		if want != "" {
			c.want = []string{"AP0240 " + at + want}
		}
		c.run(t)
	}
}
