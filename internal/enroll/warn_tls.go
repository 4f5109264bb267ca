package enroll

import (
	"fmt"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// warnTLS reports a Gateway of Kubeflow that serves TLS, where the ingress Gateway does not: users would
// send their sessions in plain text.
func warnTLS(plan generate.Plan, notes *survey.Notes, item *manifest.Item) {
	if plan.Platform.TLSSecret != "" {
		return
	}
	for i, server := range manifest.Content(manifest.Field(item.Node, "spec", "servers")) {
		tls := manifest.Field(manifest.Dealias(server), "tls")
		if mode := manifest.Value(tls, "mode"); tls == nil || mode == "" || mode == "PASSTHROUGH" {
			continue
		}
		secret, remedy := manifest.Value(tls, "credentialName"), "set spec.ingress.tlsSecret to the name of a Secret with the certificate in namespace "+plan.Mesh.GatewayNamespace
		if secret != "" {
			remedy = "set spec.ingress.tlsSecret: " + secret
		}
		notes.WarnAt(diagnostic.TLSLost, item, fmt.Sprintf("spec.servers[%d].tls", i), "is how the old gateway serves HTTPS",
			"Gateway "+plan.Mesh.GatewayNamespace+"/"+plan.Mesh.GatewayName+" has no TLS listener, so users reach Kubeflow in plain HTTP only", remedy)
		return
	}
}
