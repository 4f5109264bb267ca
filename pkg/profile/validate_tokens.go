package profile

import (
	"fmt"
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// sessions refuses session issuers that could not be told from the cluster's own.
func (r *refusals) sessions(s Spec) {
	const path = "spec.identity.sessionIssuers"
	if s.Identity.SessionIssuers == nil {
		return
	}
	r.exact(path, s.Identity.SessionIssuers, "list the issuers that people log in with, or remove the line")
	for i, issuer := range s.Identity.SessionIssuers {
		if slices.Contains(s.Cluster.Tokens.Issuers, issuer) {
			r.add(diagnostic.ConfigUnusableIssuer, at(path, i), quote(issuer)+" is one of cluster.tokens.issuers, whose tokens belong to ServiceAccounts",
				"list the issuer that people log in with", "spec.cluster.tokens.issuers")
		}
	}
}

// verifyTokens refuses what the waypoint could not verify, or would verify for nobody.
func (r *refusals) verifyTokens(s Spec) {
	const path = "spec.waypoint.verifyTokens"
	w := s.Waypoint
	if w.VerifyTokens && s.Identity.UserIDPrefix != "" {
		// Istio: outputClaimToHeaders copies a claim as it is.
		r.add(diagnostic.ConfigContradiction, path, "true cannot work with identity.userIDPrefix, because a waypoint copies the claim without the prefix",
			"remove one of the two", "spec.identity.userIDPrefix")
	}
	if w.VerifyTokensFor == nil {
		return
	}
	if len(w.VerifyTokensFor) == 0 {
		r.add(diagnostic.ConfigEmptyList, path+"For", "is an empty list, which would close every Service to the ingress Gateway", "list Services, or remove the line for all of them")
	}
	if len(w.VerifyTokensFor) > mostTargets {
		r.add(diagnostic.ConfigTooMany, path+"For", fmt.Sprint("has ", len(w.VerifyTokensFor), " items, which is more than one policy can target"),
			"list at most 16 Services, or remove the line for all of them")
	}
	seen := map[string]string{}
	for i, name := range w.VerifyTokensFor {
		r.label(at(path+"For", i), "Service name", name)
		r.unique(seen, at(path+"For", i), name)
	}
	if !w.VerifyTokens {
		r.add(diagnostic.ConfigNoEffect, path+"For", "has no effect without waypoint.verifyTokens", "write verifyTokens: true, or remove this line", path)
	}
}

// mostTargets is what targetRefs holds (Istio: RequestAuthentication CRD).
const mostTargets = 16
