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

// warnSessions lists the issuers that were found, where there are several: a rule that writes both
// headers may belong to something that is not a login.
func warnSessions(plan generate.Plan, notes *survey.Notes) {
	issuers := plan.Mesh.Tokens.SessionIssuers
	last := len(issuers) - 1
	if last < 1 || plan.Cluster == nil && !plan.Mesh.Waypoint.VerifyTokens {
		return
	}
	notes.WarnConfig(diagnostic.SeveralSessionIssuers, "spec.identity.sessionIssuers", "tokens of "+strings.Join(issuers[:last], ", ")+" and "+issuers[last]+" name users",
		"an issuer that is not a login can name any user", "if one of them is not a login, list the issuers of the login here")
}

// warnNoSession reports that the third rule of the policy is left out, and what to write.
func warnNoSession(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	const object = "spec.identity.sessionIssuers"
	mesh := plan.Mesh
	found := "no login issuer is known"
	remedy, targets := fmt.Sprintf("add the RequestAuthentication of the Gateway %s/%s to the input", mesh.GatewayNamespace, mesh.GatewayName), ""
	logins := loginsElsewhere(plan, input, "")
	if len(logins) > 0 {
		found += " (" + notInForce(plan, logins, "") + ")"
		remedy, targets = toIngress(plan, input, logins)
	}
	if mesh.Waypoint.VerifyTokens {
		notes.Errs = append(notes.Errs, notes.InConfig(diagnostic.NobodyCouldLogIn, "spec.waypoint.verifyTokens", found, "the waypoints would refuse every user who logs in",
			"list the issuers in spec.identity.sessionIssuers, or "+remedy).Writes(targets))
		return
	}
	if plan.Cluster == nil {
		return
	}
	effect := fmt.Sprintf("%s does not reject a client-supplied %s that comes with another issuer's token", mesh.ForgedIdentityName(), mesh.UserIDHeader)
	remedy = "list the issuers, or " + remedy
	if input.IngressGateway() == nil && len(plan.Logins) == 0 && len(logins) == 0 {
		notes.WarnConfig(diagnostic.NoSessionIssuerYet, object, found, effect, remedy)
		return
	}
	notes.Report(notes.InConfig(diagnostic.NoSessionIssuer, object, found, effect, remedy).Writes(targets))
}

// loginsElsewhere are the RequestAuthentications of an issuer, "" for any, that write both headers
// and stand where the ingress's do, but are not in force at the ingress Gateway. Most are on the
// selector of Kubeflow's sidecar-era gateway.
func loginsElsewhere(plan generate.Plan, input *survey.Index, issuer string) []*manifest.Item {
	mesh := plan.Mesh
	near := []string{mesh.GatewayNamespace, mesh.RootNamespace, survey.OldGatewayNamespace}
	var found []*manifest.Item
	for _, item := range input.Items {
		if survey.OwnedBy(item) != "" || item.Removed || !survey.IsAuthentication(item) || !slices.Contains(near, item.Namespace) || input.OnIngress(item) {
			continue
		}
		if slices.ContainsFunc(manifest.Content(manifest.Field(item.Node, "spec", "jwtRules")), func(n *yaml.Node) bool {
			rule := survey.JWTRule{JWTRule: survey.ReadJWTRule(manifest.Dealias(n)), Item: item}
			return rule.Issuer != "" && (issuer == "" || rule.Issuer == issuer) && !plan.Mesh.Tokens.IsCluster(rule.Issuer) && len(plan.Mesh.Tokens.Unwritten(rule.JWTRule)) == 0
		}) {
			found = append(found, item)
		}
	}
	return found
}

// notInForce says what loginsElsewhere found for an issuer.
func notInForce(plan generate.Plan, logins []*manifest.Item, issuer string) string {
	var all []string
	for _, item := range logins {
		all = append(all, item.String())
	}
	write, are := "writes", "is"
	if len(all) > 1 {
		write, are = "write", "are"
	}
	headers := "both headers"
	if issuer != "" {
		headers += " for tokens of " + issuer
	}
	return fmt.Sprintf("%s %s %s but %s not in force at the Gateway %s/%s", strings.Join(all, ", "), write, headers, are, plan.Mesh.GatewayNamespace, plan.Mesh.GatewayName)
}

// toIngress says how to put a login in force at the ingress Gateway, and which targetRefs do that. Istio
// 1.31 (ShouldAttachPolicy): a targetRef names a Gateway of the policy's own namespace.
func toIngress(plan generate.Plan, input *survey.Index, logins []*manifest.Item) (remedy, targets string) {
	mesh := plan.Mesh
	in := "the one of the login in place of its selector or targetRefs"
	if len(logins) == 1 {
		in = "it in place of its targetRefs"
		if survey.WithoutTargets(manifest.Field(logins[0].Node, "spec")) {
			in = "it in place of its selector"
		}
	}
	targets = targetRefs("Gateway", mesh.GatewayName)
	remedy = "write " + targets + " in " + in
	if slices.ContainsFunc(logins, func(item *manifest.Item) bool { return item.Namespace != mesh.GatewayNamespace }) {
		remedy += ", and put it into the namespace " + mesh.GatewayNamespace
	}
	if plan.Platform == nil && slices.ContainsFunc(logins, input.AtOldGateway) {
		remedy += ", or set spec.cluster.platform.enabled: true, which does that"
	}
	return remedy, targets
}
