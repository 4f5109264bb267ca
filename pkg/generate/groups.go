package generate

import (
	"strings"

	security "istio.io/api/security/v1"
)

// members are the users of a group: those who come through the ingress Gateway with a token of a login
// that names the group. The waypoint verified that token itself. The groups header could not serve: it
// carries a list as base64 JSON (Envoy 1.39: jwt_authn claim_to_headers), and a client may send its own.
// Kubernetes tokens name no groups of people, whatever their claims say.
func (m *Mesh) members(group string) rule {
	return from(m.Ingress).when(
		&security.Condition{Key: issuerClaim, Values: m.Tokens.SessionIssuers},
		&security.Condition{Key: claimKey(m.GroupsClaim), Values: []string{group}},
	)
}

// claimKey is the key of a claim, which has its brackets already if it is nested.
func claimKey(claim string) string {
	if !strings.HasPrefix(claim, "[") {
		claim = "[" + claim + "]"
	}
	return "request.auth.claims" + claim
}
