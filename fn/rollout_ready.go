package fn

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// readiness is what of a state is in force, as the cluster's controllers say it.
func (v *verifier) readiness(state *verifyState, out *Verification) {
	for _, w := range v.ordered(state) {
		live := v.live[inNamespace(w.id)]
		if w.item == nil || live == nil || w.stage == "" {
			continue
		}
		switch w.id.Group + "/" + w.id.Kind {
		case "gateway.networking.k8s.io/Gateway":
			out.note(live, programmed(live))
		case "security.istio.io/AuthorizationPolicy":
			if waits := v.waits(state, w.item); waits != "" && conditionOf(live, waypointAccepted).reason != isAccepted {
				out.Waits = append(out.Waits, w.id.String()+": "+waits)
				continue
			}
			out.note(live, acceptance(live))
		case "apps/Deployment":
			out.note(live, rolledOut(live))
		case "/Namespace":
			v.podsReady(w.item, out)
		}
	}
}

// verdict is whether something is in force, and how that shows.
type verdict struct {
	ready bool
	why   string
}

func (v *Verification) note(live *manifest.Item, is verdict) {
	to := &v.NotReady
	if is.ready {
		to = &v.Ready
	}
	*to = append(*to, live.String()+": "+is.why)
}

const (
	ztunnelAccepted  = "ZtunnelAccepted"
	waypointAccepted = "WaypointAccepted"
	isAccepted       = "Accepted"
)

// condition is one of status.conditions.
type condition struct {
	status, reason string
	fresh          bool // it is about the object as it is now
}

func conditionOf(live *manifest.Item, kind string) condition {
	for _, c := range manifest.Content(manifest.Field(live.Node, "status", "conditions")) {
		if manifest.Value(c, "type") == kind {
			seen := manifest.Value(c, "observedGeneration")
			return condition{manifest.Value(c, "status"), manifest.Value(c, "reason"), seen != "" && seen == manifest.Value(live.Node, "metadata", "generation")}
		}
	}
	return condition{}
}

// programmed is whether a Gateway runs as it is written now (Gateway API 1.6: observedGeneration).
func programmed(live *manifest.Item) verdict {
	c := conditionOf(live, "Programmed")
	switch {
	case c.status == "":
		return verdict{false, "it has no condition Programmed"}
	case !c.fresh:
		return verdict{false, "its condition Programmed is not about its generation"}
	}
	return verdict{c.status == "True", "Programmed is " + c.status + ", reason " + c.reason}
}

// acceptance is whether istiod takes a policy, by the reason: the status is True for a policy of which a part has no effect, too (Istio 1.31: model
// PolicyReason). Of a policy that somebody else made for sidecars ztunnel reads a part only, as the proof has it.
func acceptance(live *manifest.Item) verdict {
	kind := ztunnelAccepted
	if len(targetsOf(live)) > 0 {
		kind = waypointAccepted
	}
	c := conditionOf(live, kind)
	switch {
	case c.reason == "":
		return verdict{false, "it has no condition " + kind}
	case !c.fresh:
		return verdict{false, "its condition " + kind + " is not about its generation"}
	}
	partly := kind == ztunnelAccepted && c.reason == "UnsupportedValue" && !isOwned(live.Node)
	return verdict{c.reason == isAccepted || partly, "the reason of " + kind + " is " + c.reason}
}

// isOwned reports whether this program made an object.
func isOwned(n *yaml.Node) bool {
	return manifest.Value(n, "metadata", "annotations", profile.OwnedBy) != ""
}

// targetRef is what a policy is attached to.
type targetRef struct{ manifest.ID }

func targetsOf(item *manifest.Item) (out []targetRef) {
	if item.Kind != "AuthorizationPolicy" && item.Kind != "RequestAuthentication" {
		return nil
	}
	spec := manifest.Field(item.Node, "spec")
	refs := slices.Clone(manifest.Content(manifest.Field(spec, "targetRefs")))
	if one := manifest.Field(spec, "targetRef"); one != nil {
		refs = append(refs, one)
	}
	for _, ref := range refs {
		group := manifest.Value(ref, "group")
		if group == "core" {
			group = ""
		}
		out = append(out, targetRef{manifest.NewID(group, manifest.Value(ref, "kind"), cmp.Or(manifest.Value(ref, "namespace"), item.Namespace), manifest.Value(ref, "name"))})
	}
	return out
}

// waits says for what a policy waits that this state does not bring: without it istiod accepts no policy (Istio 1.31: ambient/policies.go, TargetNotFound and
// AncestorNotBound), and there is nothing that it could protect.
func (v *verifier) waits(state *verifyState, policy *manifest.Item) string {
	for _, target := range targetsOf(policy) {
		live := v.live[inNamespace(target.ID)]
		switch {
		case target.Kind != "Gateway" && target.Kind != "Service" && target.Kind != "ServiceEntry":
		case live == nil && state.want[inNamespace(target.ID)].item == nil:
			return target.String() + " is not there"
		case target.Kind != "Gateway" && live != nil && !v.bound(live):
			return target.String() + " has no waypoint"
		}
	}
	return ""
}

// bound reports whether a Service asks for a waypoint, itself or by its Namespace.
func (v *verifier) bound(service *manifest.Item) bool {
	const key = "istio.io/use-waypoint"
	name := service.Label(key)
	if namespace := v.live[inNamespace(manifest.NewID("", "Namespace", "", service.Namespace))]; name == "" && namespace != nil {
		name = namespace.Label(key)
	}
	return name != "" && name != "none"
}

// rolledOut is whether all pods of a Deployment are as it is written now (kubectl 1.36: rollout status).
func rolledOut(live *manifest.Item) verdict {
	number := func(path ...string) int {
		n, _ := strconv.Atoi(manifest.Value(live.Node, path...))
		return n
	}
	replicas := 1
	if manifest.Field(live.Node, "spec", "replicas") != nil {
		replicas = number("spec", "replicas")
	}
	updated, available := number("status", "updatedReplicas"), number("status", "availableReplicas")
	ready := number("status", "observedGeneration") >= number("metadata", "generation") && updated >= replicas && number("status", "replicas") <= updated && available >= updated
	return verdict{ready, fmt.Sprintf("%d of %d pods are new, and %d available", updated, replicas, available)}
}

// podsReady is whether the pods of a namespace in the mesh have started anew: without sidecars and with their traffic redirected to ztunnel, or, on the way
// back, with sidecars.
func (v *verifier) podsReady(namespace *manifest.Item, out *Verification) {
	injects := namespace.Label("istio-injection") == "enabled" || namespace.Label("istio-injection") == "" && namespace.Revision() != ""
	if namespace.Label("istio.io/dataplane-mode") != "ambient" {
		return
	}
	if len(v.pods) == 0 {
		out.NotReady = append(out.NotReady, namespace.String()+": no pods are given, so nobody knows which of them have sidecars")
		return
	}
	all, right := 0, 0
	for _, pod := range v.pods {
		if pod.Namespace != namespace.Name {
			continue
		}
		all++
		if wrong := podWrong(pod, injects); wrong != "" {
			out.NotReady = append(out.NotReady, pod.String()+": "+wrong)
		} else {
			right++
		}
	}
	if right > 0 {
		out.Ready = append(out.Ready, fmt.Sprintf("%s: %d of %d pods are as it wants them, %s sidecars", namespace.ID, right, all, map[bool]string{true: "with", false: "without"}[injects]))
	}
}

// podWrong is why a pod has to start anew, "" for no reason. The injector notes what it did in an annotation, istio-cni what it redirects in another one
// (istio.io/api 1.31: sidecar.istio.io/status, ambient.istio.io/redirection).
func podWrong(pod *manifest.Item, injects bool) string {
	phase := manifest.Value(pod.Node, "status", "phase")
	spec := manifest.Field(pod.Node, "spec")
	own := pod.Label("istio.io/dataplane-mode") == "none" || pod.Annotation("istio.io/dataplane-mode") == "none"
	switch sidecar := pod.Annotation("sidecar.istio.io/status") != ""; {
	case phase == "Succeeded", phase == "Failed", manifest.IsTrue(spec, "hostNetwork"), pod.Label("gateway.networking.k8s.io/gateway-name") != "":
	case sidecar && !injects:
		return "has a sidecar still"
	case injects && !sidecar && strings.ToLower(cmp.Or(pod.Label("sidecar.istio.io/inject"), pod.Annotation("sidecar.istio.io/inject"))) != "false":
		return "has no sidecar yet"
	case !injects && phase == "Running" && !own && pod.Annotation("ambient.istio.io/redirection") != "enabled":
		return "runs, and ztunnel does not get its traffic"
	}
	return ""
}
