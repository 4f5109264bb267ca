package enroll

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// warnKubeflowLogin reports what the input lacks of Kubeflow's login, and so was not written, and what
// looks like another login.
func warnKubeflowLogin(plan generate.Plan, notes *survey.Notes) {
	login, mesh := plan.Platform.Login, plan.Mesh
	for _, item := range login.Undefined {
		notes.WarnAt(diagnostic.ProviderNotDefined, item, "spec.provider", "is "+survey.ProviderOf(item)+", which meshConfig in the input does not define",
			"Istio denies every request that the policy is for, so nobody can log in", "define the extension provider in meshConfig, or delete the policy")
	}
	session := hasSession(plan)
	if login.IsComplete() || session && plan.Platform.LoginListed {
		return
	}
	var lacks, without, add []string
	lack := func(service, namespace, what string, elsewhere survey.Elsewhere) {
		without = append(without, "HTTPRoute "+namespace+"/"+service)
		if elsewhere.Namespace != "" {
			lacks = append(lacks, "Service "+elsewhere.Namespace+"/"+service+" is not in the namespace "+namespace)
			add = append(add, "an HTTPRoute to Service "+elsewhere.Namespace+"/"+service)
			return
		}
		lacks, add = append(lacks, "no Namespace "+namespace+what), append(add, "the Namespace "+namespace)
	}
	if login.LacksOAuth2Proxy() {
		lack(survey.OAuth2Proxy, survey.OAuth2Proxy, "", login.ProxyElsewhere)
	}
	if login.LacksDex() {
		lack("dex", survey.DexNamespace, " (dex)", login.DexElsewhere)
	}
	if login.NoDexRule {
		without = append(without, "RequestAuthentication "+mesh.GatewayNamespace+"/"+survey.DexJWT)
	}
	if login.NoProvider {
		lacks, without = append(lacks, "no extension provider "+survey.OAuth2Proxy+" in meshConfig"), append(without, "the CUSTOM policy for oauth2-proxy")
		add = append(add, "the extension provider in meshConfig")
	}
	found := "the input does not have the whole of Kubeflow's login (" + strings.Join(lacks, ", ") + ")"
	remedy := "add " + inWords(add) + " to the input"
	if len(login.Others) > 0 {
		found += ", and has what looks like another one, " + otherLogins(login.Others)
	}
	if len(login.Others) > 0 || session {
		var do []string
		if !session {
			do = append(do, fmt.Sprintf("attach a RequestAuthentication of your login to the Gateway, which writes %s and %s", mesh.UserIDHeader, mesh.Tokens.GroupsHeader))
		}
		if !plan.Platform.LoginListed {
			do = append(do, "list in spec.identity.loginPaths the paths on which people log in ([] if there are none at the Gateway)")
		}
		remedy = inWords(do) + ", or " + remedy + " if Kubeflow's login is kept elsewhere"
	}
	notes.WarnConfig(diagnostic.OtherLogin, "spec.cluster.platform", found,
		fmt.Sprintf("%s %s not generated, so nobody can log in with it at Gateway %s/%s, which denies every request without a token%s",
			inWords(without), wasOrWere(without), mesh.GatewayNamespace, mesh.GatewayName, exceptLogin(plan)), remedy)
}

// hasSession reports whether a login of the input is in force at the ingress Gateway, or the configuration
// says that one is.
func hasSession(plan generate.Plan) bool {
	return plan.SessionsListed || slices.ContainsFunc(plan.Logins, func(rule survey.JWTRule) bool {
		return rule.Item != nil && slices.Contains(plan.Mesh.Tokens.SessionIssuers, rule.Issuer)
	})
}

// exceptLogin names the paths that the ingress Gateway requires no token on.
func exceptLogin(plan generate.Plan) string {
	if len(plan.Platform.LoginPaths) == 0 {
		return ""
	}
	return ", except on " + inWords(slices.DeleteFunc(slices.Clone(plan.Platform.LoginPaths), func(path string) bool { return strings.HasSuffix(path, "/**") }))
}

func wasOrWere(names []string) string {
	if len(names) == 1 {
		return "was"
	}
	return "were"
}

// otherLogins lists what looks like a login.
func otherLogins(found []survey.OtherLogin) string {
	var names []string
	for _, other := range found {
		names = append(names, other.Item.String()+" ("+other.Why+")")
	}
	return inWords(names)
}
