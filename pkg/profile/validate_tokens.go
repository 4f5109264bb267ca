package profile

import (
	"fmt"
	"path"
	"slices"
	"strings"

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

// loginPaths refuses paths of the login that open more than a login, or nothing.
func (r *refusals) loginPaths(s Spec) {
	const field = "spec.identity.loginPaths"
	if s.Identity.LoginPaths == nil {
		return
	}
	seen := map[string]string{}
	for i, open := range s.Identity.LoginPaths {
		r.loginPath(at(field, i), open)
		r.unique(seen, at(field, i), open)
	}
	if !s.Cluster.Platform.Enabled {
		r.add(diagnostic.ConfigNoEffect, field, "has no effect without cluster.platform, which makes the policy that requires a token",
			"write cluster: {platform: {enabled: true}}, or remove this line and exempt the paths in your own policies", "spec.cluster.platform")
	}
}

// loginPath refuses what is neither an exact path nor all below one.
func (r *refusals) loginPath(at, open string) {
	exact, below := strings.CutSuffix(open, "/*")
	switch {
	case strings.Trim(path.Clean("/"+exact), "/*") == "":
		r.malformed(diagnostic.ConfigBadPath, at, open, "would need a session nowhere", "list the paths of the login, for example "+written(at, "/oauth2/*"))
	case strings.ContainsAny(exact, "*{"):
		r.malformed(diagnostic.ConfigBadPath, at, open, "is a pattern other than a path that ends in /*", "list each path, for example "+written(at, loginBelow(open)))
	case len(open) > 1024:
		r.add(diagnostic.ConfigTooLong, at, quote(open)+" is longer than 1024 characters", "list a shorter path")
	case pathOfLogin.MatchString(open) && path.Clean(exact) == strings.TrimSuffix(exact, "/"):
	case strings.ContainsAny(open, "?#"):
		r.add(diagnostic.ConfigBadPath, at, quote(open)+" is more than a path", "remove the part from "+open[strings.IndexAny(open, "?#"):][:1]+" on")
	case literalPath.MatchString("/" + exact):
		normal := path.Clean("/" + exact)
		if below {
			normal += "/*"
		}
		r.add(diagnostic.ConfigBadPath, at, quote(open)+" is not a normalized path that starts with /, and proxies may normalize it before they check the policy", "write "+written(at, normal))
	default:
		r.malformed(diagnostic.ConfigBadPath, at, open, "contains characters that a path cannot have", "percent-encode them")
	}
}

// loginBelow is an example of all paths below the fixed beginning of a pattern.
func loginBelow(pattern string) string {
	fixed := pattern[:strings.IndexAny(pattern, "*{")]
	if below := path.Clean("/" + fixed[:strings.LastIndex(fixed, "/")+1]); below != "/" {
		return below + "/*"
	}
	return "/oauth2/*"
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
