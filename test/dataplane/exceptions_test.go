package dataplane

import (
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/question"
)

// exception is a way in which the referee is known to differ from the proxies. One that no question needs any more fails
// the run, so that the list shrinks when the referee learns.
type exception struct {
	name   string
	envoys string // the versions in which it shows, as a prefix
	reason string
	is     func(world string, r question.Row) bool
}

var exceptions = []exception{
	{
		name:   "a session on a path that is exempt from login",
		reason: "A browser has a cookie; oauth2-proxy turns it into a token only where the CUSTOM policy asks for it. The referee judges a user as if the token were on every request, so a DENY on a claim of it is applied on /dex and /oauth2 too.",
		is: func(world string, r question.Row) bool {
			return world == "the ingress denies bob's session" && r.Case.From.User == "bob@example.com" && exempt(r) && r.Referee.Got == "deny"
		},
	},
	{
		name:   "a session where nobody asks for a login",
		reason: "The same: without the CUSTOM policy nothing turns the cookie into a token, and require-jwt refuses. The referee judges a user as if the token were there.",
		is: func(world string, r question.Row) bool {
			return world == "no login at the ingress" && r.Case.From.User != "" && !exempt(r) && r.Referee.Got == "allow"
		},
	},
	{
		name:   "a session where no rule verifies it",
		reason: "A case with a user needs a rule for sessions. Where the manifests have none, check assumes one and prints that as assumed; the ingress answers 401 because it knows the rule for Kubernetes tokens only.",
		is: func(world string, r question.Row) bool {
			return world == "no rule for sessions" && r.Case.From.User != "" && r.Referee.Got == "allow" && strings.HasPrefix(r.Said, "401")
		},
	},
	{
		name:   "the issuer of a Kubernetes token",
		reason: "Two issuers are configured for Kubernetes tokens, and a file does not say which one the cluster has. The referee takes the one that sorts first, https://kubernetes.default.svc; a token here has the other one, which the DENY names.",
		is: func(world string, r question.Row) bool {
			return world == "the ingress denies the cluster's tokens" && r.Case.From.Token != "" && r.Referee.Got == "allow"
		},
	},
	{
		name:   "a lower-case method",
		reason: "Envoy answers 400 to a method that is not in upper case, before any policy. The referee takes it for a method like any other.",
		is: func(_ string, r question.Row) bool {
			return r.Case.Request.Method == "get" && r.Referee.Got == "allow" && strings.HasPrefix(r.Said, "400")
		},
	},
	{
		name:   "a fragment in the path",
		reason: "pilot-agent starts Envoy with http_reject_path_with_fragment off, so Envoy cuts the fragment off and judges the rest. The referee takes the path for one that Envoy answers with 400.",
		is: func(_ string, r question.Row) bool {
			return strings.Contains(r.Case.Request.Path, "#") && strings.Contains(r.Referee.By, "400: the path is not valid")
		},
	},
	{
		name:   "a dot segment with a parameter",
		reason: "Envoy 1.39 and 1.40 read `..;` in a path as `..` (1.36 does not). The referee leaves it as it stands, so an open path behind it opens, and a rule for it stays shut.",
		is:     func(_ string, r question.Row) bool { return strings.Contains(r.Case.Request.Path, "/..;/") },
	},
	{
		name:   "a preflight with a forged header",
		envoys: "1.40.",
		reason: "Envoy 1.40 strips the claim headers from a CORS preflight as well, so the DENY on a header without a token has nothing to match, and the pod sees no header. Envoy 1.39 does not strip them, and the referee judges by it.",
		is: func(_ string, r question.Row) bool {
			h := r.Case.Request.Headers
			return r.Case.Request.Method == "OPTIONS" && h["origin"] != "" && h["kubeflow-userid"] != "" && strings.Contains(r.Referee.By, "no-forged-identity rule 1")
		},
	},
}

func exempt(r question.Row) bool {
	return strings.HasPrefix(r.Case.Request.Path, "/dex/") || strings.HasPrefix(r.Case.Request.Path, "/oauth2/")
}

// explained counts rows by the exception that explains them, and returns the others.
func explained(envoy, world string, rows []question.Row, needed map[string]int) (wrong []question.Row) {
	for _, r := range rows {
		known := false
		for _, e := range exceptions {
			if !known && strings.HasPrefix(envoy, e.envoys) && e.is(world, r) {
				known = true
				needed[e.name]++
			}
		}
		if !known {
			wrong = append(wrong, r)
		}
	}
	return wrong
}
