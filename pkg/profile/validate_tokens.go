package profile

import (
	"slices"
	"strconv"
	"strings"
)

// sessions refuses session issuers that could not be told from the cluster's own.
func (r *refusals) sessions(s Spec) {
	const path = "spec.identity.sessionIssuers"
	if s.Identity.SessionIssuers == nil {
		return
	}
	r.exact(path, s.Identity.SessionIssuers, "list the issuers that people log in with, or leave it out")
	for i, issuer := range s.Identity.SessionIssuers {
		if slices.Contains(s.Cluster.Tokens.Issuers, issuer) {
			r.add(at(path, i), issuer, "is one of cluster.tokens.issuers, whose tokens belong to service accounts", "name the issuer that people log in with")
		}
	}
}

// verifyTokens refuses what the waypoint could not verify, or would verify for nobody.
func (r *refusals) verifyTokens(s Spec) {
	const path = "spec.waypoint.verifyTokens"
	w := s.Waypoint
	if w.VerifyTokens && s.Identity.UserIDPrefix != "" {
		// Istio: outputClaimToHeaders copies a claim as it is.
		r.add(path, "true", "cannot work with identity.userIDPrefix, because a waypoint copies the claim without it", "leave one of the two out")
	}
	if w.VerifyTokensFor == nil {
		return
	}
	if len(w.VerifyTokensFor) == 0 {
		r.add(path+"For", "[]", "is empty and would close every Service to the ingress", "list names of Services, or leave it out for all of them")
	}
	if len(w.VerifyTokensFor) > mostTargets {
		r.add(path+"For", strconv.Itoa(len(w.VerifyTokensFor)), "is more Services than one policy can name", "list at most 16, or leave it out for all of them")
	}
	seen := map[string]string{}
	for i, name := range w.VerifyTokensFor {
		r.label(at(path+"For", i), name)
		r.unique(seen, at(path+"For", i), name)
	}
	if !w.VerifyTokens {
		r.add(path+"For", strings.Join(w.VerifyTokensFor, ", "), "has no effect without waypoint.verifyTokens", "set verifyTokens to true, or leave it out")
	}
}

// mostTargets is what targetRefs holds (Istio: RequestAuthentication CRD).
const mostTargets = 16
