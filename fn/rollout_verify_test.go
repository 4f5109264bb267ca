package fn

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// At each stage, on the way on and back, the verification names the stage and what comes next.
func TestRolloutVerifyWalksAllStages(t *testing.T) {
	dir, live := stagesOfAnn(t)
	v, out := live.verified(t, dir)
	if !v.Done() || v.Stage != "" || !strings.Contains(out, "# NEXT:\n# Stage 1-policies: ") || strings.Contains(out, "WAY BACK") {
		t.Errorf("at the beginning:\n%s", out)
	}
	for _, c := range []struct{ stage, is, also, next, back string }{
		{"1-policies", "1-policies", "back/3-waypoints", "2-waypoints", "back/4-policies"},
		{"2-waypoints", "2-waypoints", "back/2-ann", "3-ann-labels", "back/3-waypoints"},
		{"3-ann-labels", "3-ann-labels", "", "", "back/1-ann-sidecars"},
		{"back/1-ann-sidecars", "back/1-ann-sidecars", "", "3-ann-labels", "back/2-ann"},
		{"back/2-ann", "2-waypoints", "back/2-ann", "3-ann-labels", "back/3-waypoints"},
		{"back/3-waypoints", "1-policies", "back/3-waypoints", "2-waypoints", "back/4-policies"},
		{"back/4-policies", "", "", "1-policies", ""},
	} {
		live.apply(t, dir, c.stage)
		v, out := live.verified(t, dir)
		next := "# NEXT:\n# Stage " + c.next + ": "
		if c.next == "" {
			next = "# NEXT: nothing"
		}
		if !v.Done() || v.Stage != c.is || c.also != "" && !slices.Contains(v.Also, c.also) || !strings.Contains(out, next) || c.back != "" && !strings.Contains(out, "# OR THE WAY BACK:\n# Stage "+c.back+": ") {
			t.Errorf("after %s: %q, %v:\n%s", c.stage, v.Stage, v.Also, out)
		}
	}
}

// What is not as the stages leave it is named, with its stage; what the cluster adds is not.
func TestRolloutVerifyFindsWhatIsLacking(t *testing.T) {
	dir, begin := stagesOfAnn(t)
	for name, c := range map[string]struct {
		upTo int // stages that are applied
		edit func(t *testing.T, c livePlane)
		want string // a line, "" where the stage is done
	}{
		"nothing":          {3, func(*testing.T, livePlane) {}, ""},
		"a policy is gone": {3, func(_ *testing.T, c livePlane) { c.remove("AuthorizationPolicy", "ns-l4-waypoint") }, "LACKING of stage 1-policies: AuthorizationPolicy ann/ns-l4-waypoint is not there"},
		"a label was taken back": {3, func(t *testing.T, c livePlane) {
			c.edit(t, "Namespace", "ann", "metadata: {labels: {istio.io/use-waypoint: none}}")
		}, `LACKING of stage 3-ann-labels: Namespace ann metadata.labels[istio.io/use-waypoint] is "none", not "waypoint"`},
		"the label of the way back": {3, func(t *testing.T, c livePlane) {
			c.edit(t, "Namespace", "ann", "metadata: {labels: {istio-injection: enabled}}")
		}, "NOT DONE: stage back/1-ann-sidecars\n# NOT READY: Pod ann/nb-0: has no sidecar yet"},
		"a label too much": {2, func(t *testing.T, c livePlane) {
			c.edit(t, "Namespace", "ann", "metadata: {labels: {istio.io/dataplane-mode: ambient}}")
		}, `CHANGED since the stages were made: Namespace ann metadata.labels[istio.io/dataplane-mode] is "ambient", and is not to be there`},
		"a label of somebody else": {3, func(t *testing.T, c livePlane) { c.edit(t, "Namespace", "ann", "metadata: {labels: {team: a}}") }, ""},
		"a rule was added": {3, func(t *testing.T, c livePlane) {
			c.edit(t, "AuthorizationPolicy", "ns-l4-waypoint", "spec: {rules: [{from: [{source: {principals: [cluster.local/ns/ann/sa/waypoint]}}]}, {from: [{source: {namespaces: [ann]}}]}, {}]}")
		}, "LACKING of stage 1-policies: AuthorizationPolicy ann/ns-l4-waypoint spec.rules has 3 entries, not 2"},
		"a selector was added": {3, func(t *testing.T, c livePlane) {
			c.edit(t, "AuthorizationPolicy", "ns-l4-waypoint", "spec: {selector: {matchLabels: {app: x}}}")
		}, "ns-l4-waypoint spec.selector is a map, and is not to be there"},
		"an action was changed": {1, func(t *testing.T, c livePlane) {
			c.edit(t, "AuthorizationPolicy", "ns-l4-waypoint", "spec: {action: DENY}")
		}, `ns-l4-waypoint spec.action is "DENY", not "ALLOW"`},
		"what no stage has changed yet": {1, func(t *testing.T, c livePlane) {
			c.edit(t, "AuthorizationPolicy", "stock", "spec: {rules: [{}]}")
		}, "CHANGED since the stages were made: AuthorizationPolicy ann/stock spec.rules has 1 entries, not 2"},
		"half a stage": {3, func(_ *testing.T, c livePlane) {
			was := livePlane{}
			for id, n := range begin {
				was[id] = n.Copy()
			}
			for id, n := range was {
				if id.Kind == "Namespace" {
					c[id] = n
				}
			}
		}, `LACKING of stage 3-ann-labels: Namespace ann metadata.labels.istio-injection is "enabled", not "disabled", and 3 more`},
		"a waypoint that is not programmed": {2, func(t *testing.T, c livePlane) {
			c.edit(t, "Gateway", "waypoint", "status: {conditions: [{type: Programmed, status: 'False', reason: AddressNotAssigned, observedGeneration: 3}]}")
		}, "NOT READY: Gateway ann/waypoint: Programmed is False, reason AddressNotAssigned"},
		"a waypoint of an earlier generation": {2, func(t *testing.T, c livePlane) { c.edit(t, "Gateway", "waypoint", "metadata: {generation: 4}") }, "NOT READY: Gateway ann/waypoint: its condition Programmed is not about its generation"},
		"a waypoint of no generation": {2, func(t *testing.T, c livePlane) {
			c.edit(t, "Gateway", "waypoint", "metadata: {generation: null}\nstatus: {conditions: [{type: Programmed, status: 'True', reason: Programmed}]}")
		}, "NOT READY: Gateway ann/waypoint: its condition Programmed is not about its generation"},
		"a waypoint without a condition": {2, func(t *testing.T, c livePlane) { c.edit(t, "Gateway", "waypoint", "status: {conditions: []}") }, "NOT READY: Gateway ann/waypoint: it has no condition Programmed"},
		"a policy that is true for a part": {1, func(t *testing.T, c livePlane) {
			c.edit(t, "AuthorizationPolicy", "ns-l4-waypoint", "status: {conditions: [{type: ZtunnelAccepted, status: 'True', reason: UnsupportedValue, observedGeneration: 3}]}")
		}, "NOT READY: AuthorizationPolicy ann/ns-l4-waypoint: the reason of ZtunnelAccepted is UnsupportedValue"},
		"a policy at another point": {2, func(t *testing.T, c livePlane) {
			c.edit(t, "AuthorizationPolicy", "ns-l7-allow-k8s-token", "status: {conditions: [{type: ZtunnelAccepted, status: 'True', reason: Accepted, observedGeneration: 3}]}")
		}, "NOT READY: AuthorizationPolicy ann/ns-l7-allow-k8s-token: it has no condition WaypointAccepted"},
		"a policy that has no waypoint yet": {1, func(t *testing.T, c livePlane) {
			c.edit(t, "AuthorizationPolicy", "ns-l7-allow-k8s-token", "status: {conditions: [{type: WaypointAccepted, status: 'False', reason: TargetNotFound, observedGeneration: 3}]}")
		}, ""},
		"and once it has one": {2, func(t *testing.T, c livePlane) {
			c.edit(t, "AuthorizationPolicy", "ns-l7-allow-k8s-token", "status: {conditions: [{type: WaypointAccepted, status: 'False', reason: TargetNotFound, observedGeneration: 3}]}")
		}, "NOT READY: AuthorizationPolicy ann/ns-l7-allow-k8s-token: the reason of WaypointAccepted is TargetNotFound"},
		"a Service that is not there": {3, func(t *testing.T, c livePlane) {
			c.edit(t, "AuthorizationPolicy", "ml-pipeline-visualizationserver-l7-ml-pipeline", "status: {conditions: [{type: WaypointAccepted, status: 'False', reason: TargetNotFound, observedGeneration: 3}]}")
		}, ""},
		"a Service that is": {3, func(t *testing.T, c livePlane) {
			c.put(t, "{apiVersion: v1, kind: Service, metadata: {name: ml-pipeline-visualizationserver, namespace: ann}}")
			c.edit(t, "AuthorizationPolicy", "ml-pipeline-visualizationserver-l7-ml-pipeline", "status: {conditions: [{type: WaypointAccepted, status: 'False', reason: AncestorNotBound, observedGeneration: 3}]}")
		}, "NOT READY: AuthorizationPolicy ann/ml-pipeline-visualizationserver-l7-ml-pipeline: the reason of WaypointAccepted is AncestorNotBound"},
		"a pod with a sidecar":    {3, func(t *testing.T, c livePlane) { c.pod(t, true) }, "NOT READY: Pod ann/nb-0: has a sidecar still"},
		"and what starts it anew": {3, func(t *testing.T, c livePlane) { c.pod(t, true) }, "# NEXT: wait until it is ready\nkubectl wait --for=jsonpath"},
		"a pod past ztunnel": {3, func(t *testing.T, c livePlane) {
			c.edit(t, "Pod", "nb-0", "metadata: {annotations: {ambient.istio.io/redirection: pending}}")
		}, "NOT READY: Pod ann/nb-0: runs, and ztunnel does not get its traffic"},
		"a pod that has ended": {3, func(t *testing.T, c livePlane) {
			c.pod(t, true)
			c.edit(t, "Pod", "nb-0", "status: {phase: Succeeded}")
		}, ""},
		"no pods": {3, func(_ *testing.T, c livePlane) { c.remove("Pod", "") }, "NOT READY: Namespace ann: no pods are given"},
	} {
		t.Run(name, func(t *testing.T) {
			live := livePlane{}
			for id, n := range begin {
				live[id] = n.Copy()
			}
			for _, stage := range []string{"1-policies", "2-waypoints", "3-ann-labels"}[:c.upTo] {
				live.apply(t, dir, stage)
			}
			c.edit(t, live)
			v, out := live.verified(t, dir)
			if v.Done() != (c.want == "") || !strings.Contains(out, c.want) {
				t.Errorf("want %q:\n%s", c.want, out)
			}
		})
	}
}

// On the way back, pods need their sidecars before their Namespace leaves the mesh.
func TestRolloutVerifyWaitsForSidecars(t *testing.T) {
	dir, live := stagesOfAnn(t)
	for _, stage := range []string{"1-policies", "2-waypoints", "3-ann-labels", "back/1-ann-sidecars"} {
		live.apply(t, dir, stage)
	}
	live.pod(t, false)
	if v, out := live.verified(t, dir); v.Stage != "back/1-ann-sidecars" || v.Done() || !strings.Contains(out, "NOT READY: Pod ann/nb-0: has no sidecar yet") {
		t.Errorf("%s", out)
	}
}

// A Deployment has to be rolled out.
func TestRolledOut(t *testing.T) {
	for status, want := range map[string]bool{
		"{observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2}": true,
		"{observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2}": false,
		"{observedGeneration: 2, replicas: 3, updatedReplicas: 2, availableReplicas: 3}": false,
		"{observedGeneration: 2, replicas: 2, updatedReplicas: 1, availableReplicas: 2}": false,
		"{observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 1}": false,
		"{}": false,
	} {
		items := must(manifest.ReadObjects([]string{"-"}, strings.NewReader("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, namespace: b, generation: 2}, spec: {replicas: 2}, status: "+status+"}")))
		if is := rolledOut(items[0]); is.ready != want {
			t.Errorf("%s: %+v", status, is)
		}
	}
}

// What cannot be read is an error that says where.
func TestRolloutVerifyOfBadInput(t *testing.T) {
	dir, _ := stagesOfAnn(t)
	broken := t.TempDir()
	if err := os.CopyFS(filepath.Join(broken, "stages"), os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(broken, "stages", "1-policies", "99-x.yaml"), "a: [\n")
	for name, c := range map[string]struct{ live, dir, want string }{
		"broken manifests": {"a: [\n", dir, "stdin:"},
		"nothing":          {"", dir, "kubectl get "},
		"no directory":     {"{apiVersion: v1, kind: Namespace, metadata: {name: a}}", filepath.Join(dir, "x"), "x: [AP0101]"},
		"no stages":        {"{apiVersion: v1, kind: Namespace, metadata: {name: a}}", t.TempDir(), "back: [AP0101]"},
		"a broken stage":   {"{apiVersion: v1, kind: Namespace, metadata: {name: a}}", filepath.Join(broken, "stages"), "99-x.yaml"},
		"two that differ":  {"{apiVersion: v1, kind: Namespace, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {a: b}}}", dir, "stdin:3:1: [AP0912] Namespace a: is there twice"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := VerifyRollout("-", c.dir, strings.NewReader(c.live))
			var said bytes.Buffer
			if code := Exit(err, &said); code != 2 || !strings.Contains(said.String(), c.want) {
				t.Errorf("exit code %d, want 2 and %q:\n%s", code, c.want, said.String())
			}
		})
	}
}

// What kubectl get prints of an object and only the server sets is in no stage: an apply of it is refused, or meets a conflict.
func TestRolloutLeavesOutWhatTheServerSets(t *testing.T) {
	dir := t.TempDir()
	before, config, stages := filepath.Join(dir, "before.yaml"), filepath.Join(dir, "config.yaml"), filepath.Join(dir, "stages")
	live := livePlane{}
	for _, item := range must(manifest.ReadObjects([]string{"-"}, strings.NewReader(rolloutBase+rolloutSidecars))) {
		live.put(t, must(yaml.NewRNode(item.Node).String()))
	}
	live.edit(t, "Namespace", "ann", "metadata: {annotations: {kubectl.kubernetes.io/last-applied-configuration: '{}'}}\nstatus: {phase: Active}\n")
	write(t, before, live.text(t))
	write(t, config, rolloutVerified)
	r, err := RolloutOf(before, config, nil, nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.WriteTo(stages); err != nil {
		t.Fatal(err)
	}
	for name, text := range tree(t, stages) {
		for _, field := range []string{"uid:", "resourceVersion:", "generation:", "creationTimestamp:", "status:", "last-applied-configuration:", "annotations: {}"} {
			if strings.Contains(text, field) {
				t.Errorf("%s has %s\n%s", name, field, text)
			}
		}
	}
}

// A policy that loses a field is replaced, as an apply leaves what another manager owns.
func TestRolloutReplacesWhatLosesAField(t *testing.T) {
	dir := t.TempDir()
	was := strings.Replace(rolloutDeny, "spec: {", "spec: {selector: {matchLabels: {app: nb}}, ", 1)
	is := strings.Replace(rolloutDeny, "spec: {", "spec: {targetRefs: [{kind: Service, name: nb}], ", 1)
	p := rolloutFrom(t, rolloutBase+rolloutSidecars+was, rolloutBase+rolloutAmbient+is)
	stages := p.staged([]string{"no-admin", "ann"})
	if err := stages[0].write(dir, stages[0].Name); err != nil {
		t.Fatal(err)
	}
	files := tree(t, filepath.Join(dir, stages[0].Name))
	if files["replace/02-authorizationpolicy-ann-no-admin.yaml"] == "" && files["replace/01-authorizationpolicy-ann-no-admin.yaml"] == "" || !strings.Contains(files[commandsFile], "/no-admin+ann/replace\n") || strings.Count(files[commandsFile], "kubectl apply ") != 1 {
		t.Errorf("%v", files)
	}
}
