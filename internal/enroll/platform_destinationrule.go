package enroll

import (
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// removeDestinationRules removes the sidecars' mTLS in the mesh: ztunnel and waypoints encrypt on their
// own. One for more hosts, as *.local, stays: HBONE takes its place toward pods in the mesh (Istio 1.31:
// pilot/pkg/networking/core, applyHBONETransportSocketMatches), and sidecars elsewhere may need it.
func removeDestinationRules(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	input.Live(survey.IstioNetworking, "DestinationRule", func(item *manifest.Item) {
		spec := manifest.Field(item.Node, "spec")
		traffic := manifest.Field(spec, "trafficPolicy")
		host := strings.Split(manifest.Value(spec, "host"), ".")
		if len(host) == 1 {
			host = append(host, item.Namespace)
		}
		tls := manifest.Field(traffic, "tls")
		if !inMesh(plan, host[1]) || manifest.Value(tls, "mode") != "ISTIO_MUTUAL" {
			return
		}
		if len(spec.Content) == 4 && len(traffic.Content) == 2 && len(tls.Content) == 2 {
			item.Removed = true
			notes.Warn(diagnostic.SidecarRuleRemoved, item, "was removed, because it sets tls.mode: ISTIO_MUTUAL and nothing else", "ztunnel and the waypoints encrypt this traffic on their own", "")
			return
		}
		item.Drop(traffic, "tls")
		notes.Warn(diagnostic.SidecarTLSRemoved, item, "had tls.mode: ISTIO_MUTUAL together with other settings", "the mode was removed, and the other settings were kept", "")
	})
}
