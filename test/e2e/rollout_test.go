package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/controlplane"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// The stages of the rollout in docs/rollout.md and of its way back, and what is so after each: written down by hand.
var rolloutStages = []struct {
	directory, name string
	sidecar         bool     // of the notebook's pod
	waypoint        string   // of its Service, for clients in the mesh
	l4              []string // the policies that ztunnel holds for it
	waits           []string // policies that nothing accepts yet
}{
	{"1-policies", "1-policies", true, "", []string{"alice/ns-l4-waypoint", "alice/ns-owner-access-istio", "alice/scraper", "istio-system/global-deny-all"}, []string{"ml-pipeline-visualizationserver-l7-ml-pipeline", "ns-l7-allow-k8s-token", "ns-owner-access-istio-l7-allow"}},
	{"2-waypoints", "2-waypoints", true, "", []string{"alice/ns-l4-waypoint", "alice/ns-owner-access-istio", "alice/scraper", "istio-system/global-deny-all"}, []string{"ml-pipeline-visualizationserver-l7-ml-pipeline"}},
	{"3-alice-labels", "3-alice-labels", false, "alice/waypoint", []string{"alice/ns-l4-waypoint", "alice/ns-owner-access-istio", "istio-system/global-deny-all"}, nil},
	{"back/1-alice-sidecars", "back/1-alice-sidecars", true, "alice/waypoint", []string{"alice/ns-l4-waypoint", "alice/ns-owner-access-istio", "istio-system/global-deny-all"}, nil},
	{"back/2-alice", "2-waypoints", true, "", []string{"alice/ns-l4-waypoint", "alice/ns-owner-access-istio", "alice/scraper", "istio-system/global-deny-all"}, []string{"ml-pipeline-visualizationserver-l7-ml-pipeline"}},
	{"back/3-waypoints", "1-policies", true, "", []string{"alice/ns-l4-waypoint", "alice/ns-owner-access-istio", "alice/scraper", "istio-system/global-deny-all"}, []string{"ml-pipeline-visualizationserver-l7-ml-pipeline", "ns-l7-allow-k8s-token", "ns-owner-access-istio-l7-allow"}},
	{"back/4-policies", "", true, "", []string{"alice/ns-owner-access-istio", "alice/scraper", "istio-system/global-deny-all"}, nil},
}

// A namespace moves from sidecars to the mesh and back by the commands that rollout prints, with the real kubectl and Istio's real injector. After each
// stage the verification says that it is done, istiod accepts what it can, and what ztunnel gets is what the referee judges by.
func TestRolloutWalksAllStages(t *testing.T) {
	needsControlPlane(t)
	if _, err := exec.LookPath("kubectl"); err != nil {
		t.Skipf("NOT RUN: %v", err)
	}
	r := startRollout(t)
	r.verified(t, "# DONE: the beginning")
	r.samePlanOfTheCluster(t)
	for _, stage := range rolloutStages {
		ok := t.Run(strings.ReplaceAll(stage.directory, "/", "-"), func(t *testing.T) {
			r.run(t, filepath.Join("stages", stage.directory, "commands.sh"))
			headline := "# DONE: stage " + stage.name
			if stage.name == "" {
				headline = "# DONE: the beginning"
			}
			said := r.verified(t, headline)
			for _, policy := range []string{"ml-pipeline-visualizationserver-l7-ml-pipeline", "ns-l7-allow-k8s-token", "ns-owner-access-istio-l7-allow"} {
				waits := strings.Contains(said, "# WAITS: AuthorizationPolicy alice/"+policy+": ")
				if waits != slices.Contains(stage.waits, policy) {
					t.Errorf("%s waits: %v\n%s", policy, waits, said)
				}
			}
			r.accepted(t, stage.waits)
			want := view{!stage.sidecar, stage.waypoint, strings.Join(stage.l4, ",")}
			await(t, "what ztunnel gets", func() (string, error) {
				if is := ztunnelView(t); is != want {
					return fmt.Sprintf("%+v, want %+v", is, want), nil
				}
				return "", nil
			})
			if is := r.judged(t); is != want {
				t.Errorf("the referee judges by %+v, want %+v", is, want)
			}
			if stage.directory == "3-alice-labels" {
				r.seesWhatIsLacking(t)
			}
		})
		if !ok {
			t.FailNow() // the next stage would start from something else
		}
		count.steps++
	}
}

// lacks are what somebody does to the cluster after the labels, and what is said of it.
var lacks = []struct{ name, command, undo, want string }{
	{"a policy is deleted", "kubectl delete authorizationpolicy ns-l4-waypoint -n alice", "kubectl apply --server-side -f stages/1-policies", "# LACKING of stage 1-policies: AuthorizationPolicy alice/ns-l4-waypoint is not there"},
	{"a rule is added", `kubectl patch authorizationpolicy ns-l4-waypoint -n alice --type=json -p '[{"op": "add", "path": "/spec/rules/-", "value": {}}]'`, "kubectl apply --server-side --force-conflicts -f stages/1-policies", "ns-l4-waypoint spec.rules has 3 entries, not 2"},
	{"a label is changed", "kubectl label namespace alice istio.io/use-waypoint=none --overwrite", "kubectl apply --server-side --force-conflicts -f stages/3-alice-labels", `metadata.labels[istio.io/use-waypoint] is "none", not "waypoint"`},
	{"a pod gets a sidecar", "kubectl annotate pod tet-0 -n alice sidecar.istio.io/status={}", "kubectl annotate pod tet-0 -n alice sidecar.istio.io/status-", "# NOT READY: Pod alice/tet-0: has a sidecar still"},
}

// seesWhatIsLacking: what is taken away or put back is seen, and so is what is not ready.
func (r *rollout) seesWhatIsLacking(t *testing.T) {
	t.Helper()
	for _, c := range lacks {
		r.shell(t, c.command)
		if said, code := r.verify(t); code != 1 || !strings.Contains(said, c.want) {
			t.Errorf("%s: exit code %d, want %q:\n%s", c.name, code, c.want, said)
		} else {
			count.detected("rollout: " + c.name)
		}
		r.shell(t, c.undo)
		r.verified(t, "# DONE: stage 3-alice-labels")
	}
}

// rollout is a directory with the stages, and the commands.
type rollout struct {
	dir, again string
	env        []string
}

// startRollout is a cluster in which the namespace has sidecars, and the stages out of it.
func startRollout(t *testing.T) *rollout {
	t.Helper()
	ctx := t.Context()
	before, err := kube.ReadFile(project + "/testdata/rollout/before.yaml")
	must(t, err)
	injector, err := plane.Injector()
	must(t, err)
	client := namespace("e2e-client")
	client.SetLabels(map[string]string{"istio.io/dataplane-mode": "ambient"})
	visualization := service("alice", "ml-pipeline-visualizationserver", 8888) // Pipelines' own
	set(visualization, map[string]any{"app": "ml-pipeline-visualizationserver"}, "spec", "selector")
	others := []*kube.Object{
		object("v1", "ServiceAccount", "alice", "default-editor", nil), // the profile-controller's
		service("alice", "ml-pipeline-visualizationserver", 8888),      // Pipelines' own
		client,
	}
	all := slices.Concat(before, others)
	t.Cleanup(func() { removeAll(t, all) })
	t.Cleanup(func() { removeContents(t, append([]*kube.Object{injector}, made()...)) })
	apply(ctx, t, []*kube.Object{injector})
	await(t, kube.Name(injector), func() (string, error) {
		hooks, _, _ := unstructured.NestedSlice(mustGet(t, injector).Object, "webhooks")
		for _, h := range list(any(hooks)) {
			if bundle, _, _ := unstructured.NestedString(h, "clientConfig", "caBundle"); bundle == "" {
				return "istiod has not added its certificate", nil
			}
		}
		return "", nil
	})
	apply(ctx, t, all)
	runPods(t, "alice")
	r := &rollout{dir: t.TempDir()}
	must(t, os.Symlink(functionBinary(t), filepath.Join(r.dir, "ambient-profile")))
	must(t, os.CopyFS(filepath.Join(r.dir, "rollout"), os.DirFS(project+"/testdata/rollout")))
	config := filepath.Join(r.dir, "kubeconfig")
	must(t, os.WriteFile(config, fmt.Appendf(nil, `apiVersion: v1
kind: Config
clusters: [{name: e2e, cluster: {server: %q, certificate-authority: %q}}]
users: [{name: admin, user: {token: %s}}]
contexts: [{name: e2e, context: {cluster: e2e, user: admin}}]
current-context: e2e
`, plane.Admin.Host, plane.Admin.CAFile, plane.Admin.BearerToken), 0o600))
	r.env = append(os.Environ(), "PATH="+r.dir+":"+os.Getenv("PATH"), "KUBECONFIG="+config, "HOME="+r.dir)
	r.shell(t, "kubectl rollout status statefulset -n alice --timeout=1m")
	plan := r.shell(t, "ambient-profile rollout rollout/before.yaml rollout/ambientprofile.yaml -d stages")
	_, r.again, _ = strings.Cut(plan, "# How far it is, at any time: ")
	r.again, _, _ = strings.Cut(r.again, "\n")
	return r
}

// made are what the stages make.
func made() []*kube.Object {
	return []*kube.Object{
		object("gateway.networking.k8s.io/v1", "Gateway", "alice", "waypoint", nil),
		object("security.istio.io/v1", "AuthorizationPolicy", "alice", "ns-l4-waypoint", nil),
		object("security.istio.io/v1", "AuthorizationPolicy", "alice", "ns-owner-access-istio-l7-allow", nil),
		object("security.istio.io/v1", "AuthorizationPolicy", "alice", "ns-l7-allow-k8s-token", nil),
		object("security.istio.io/v1", "AuthorizationPolicy", "alice", "ml-pipeline-visualizationserver-l7-ml-pipeline", nil),
	}
}

// run runs the commands of a file.
func (r *rollout) run(t *testing.T, file string) {
	t.Helper()
	commands, err := os.ReadFile(filepath.Join(r.dir, file))
	must(t, err)
	r.shell(t, string(commands))
}

func (r *rollout) shell(t *testing.T, commands string) string {
	t.Helper()
	said, code := r.try(t, "set -e\n"+commands)
	if code != 0 {
		t.Fatalf("exit code %d of\n%s\n%s", code, commands, said)
	}
	return said
}

func (r *rollout) try(t *testing.T, commands string) (string, int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", commands)
	cmd.Dir, cmd.Env = r.dir, r.env
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// verify runs the command that the plan gives for it.
func (r *rollout) verify(t *testing.T) (string, int) {
	t.Helper()
	return r.try(t, r.again)
}

// verified waits until the verification says so: what the commands do not wait for, such as the acceptance of a policy of an earlier stage, comes.
func (r *rollout) verified(t *testing.T, headline string) (said string) {
	t.Helper()
	await(t, "the verification", func() (string, error) {
		var code int
		if said, code = r.verify(t); code != 0 || !strings.HasPrefix(said, headline) {
			return fmt.Sprintf("exit code %d, want %q:\n%s", code, headline, said), nil
		}
		return "", nil
	})
	return said
}

// samePlanOfTheCluster makes the stages from what kubectl prints of the cluster, as they were made from the file: with the same objects, which the API
// server takes.
func (r *rollout) samePlanOfTheCluster(t *testing.T) {
	t.Helper()
	r.shell(t, "kubectl get namespace,authorizationpolicy,service,statefulset -A -o yaml > cluster.yaml\n"+
		"ambient-profile rollout cluster.yaml rollout/ambientprofile.yaml -d ofcluster > ofcluster.sh || test $? = 1\n"+
		"kubectl label namespace alice touched=yes\nkubectl label namespace alice touched-\n"+ // which makes another resourceVersion
		"for stage in 1-policies 2-waypoints 3-alice-labels; do kubectl apply --server-side --force-conflicts --dry-run=server -f ofcluster/$stage; done")
	if of, is := r.shell(t, "cd stages && find . -type f | sort"), r.shell(t, "cd ofcluster && find . -type f | sort"); is != of {
		t.Errorf("the stages of the file are\n%s\nthose of the cluster\n%s", of, is)
	}
}

// accepted asks istiod itself about the policies and Gateways that the stages made, but those that wait.
func (r *rollout) accepted(t *testing.T, waits []string) {
	t.Helper()
	var there []*kube.Object
	for _, o := range made() {
		live, err := cluster.Get(t.Context(), o)
		if err == nil && !slices.Contains(waits, o.GetName()) {
			there = append(there, live)
		}
	}
	report(t, judge(t.Context(), t, patience, there))
}

// view is how a pod and its Service take part in the mesh.
type view struct {
	captured bool
	waypoint string
	l4       string
}

// ztunnelView is what istiod sends to ztunnel of the notebook's pod and its Service.
func ztunnelView(t *testing.T) (v view) {
	t.Helper()
	body, err := controlplane.Get(plane.DebugURL + "ambientz")
	must(t, err)
	var dump struct {
		Workloads []struct {
			Name, Namespace, TunnelProtocol string
			NativeTunnel                    bool
			AuthorizationPolicies           []string
		}
		Services []struct {
			Name, Namespace string
			Waypoint        *struct {
				Hostname struct{ Namespace, Hostname string }
			}
		}
	}
	must(t, json.Unmarshal(body, &dump))
	var policies []string
	found := 0
	for _, w := range dump.Workloads {
		if w.Namespace == "alice" && w.Name == "tet-0" {
			found++
			v.captured = w.TunnelProtocol == "HBONE" && !w.NativeTunnel // where a sidecar takes HBONE itself
			policies = append(policies, w.AuthorizationPolicies...)
		}
	}
	for _, s := range dump.Services {
		if s.Namespace == "alice" && s.Name == "tet" {
			found++
			if s.Waypoint != nil {
				v.waypoint = s.Waypoint.Hostname.Namespace + "/" + strings.Split(s.Waypoint.Hostname.Hostname, ".")[0]
			}
		}
	}
	if found != 2 {
		t.Fatalf("ztunnel gets the pod or its Service not, or twice:\n%s", body)
	}
	sent, err := sentToZtunnel()
	must(t, err)
	for key, p := range sent {
		if p.Scope == "GLOBAL" || p.Scope == "" || p.Scope == "NAMESPACE" && p.Namespace == "alice" {
			policies = append(policies, key)
		}
	}
	slices.Sort(policies)
	v.l4 = strings.Join(policies, ",")
	return v
}

// judged is what the referee judges the same pod and Service by. It is shown the StatefulSet and not its pod, which says by itself that it has a
// sidecar, and whose label networking.istio.io/tunnel is NOT JUDGED.
func (r *rollout) judged(t *testing.T) (v view) {
	t.Helper()
	live := filepath.Join(r.dir, "live.yaml")
	r.shell(t, "kubectl get namespace,authorizationpolicy,gateway.gateway.networking.k8s.io,service,statefulset -A -o yaml > "+live)
	type judgement struct{ Point, Policy string }
	ask := func(question string) (all []judgement) {
		var answer struct{ Rules []judgement }
		out := r.shell(t, "ambient-profile ask -o json --from pod:e2e-client/default "+question+" 'GET /x' "+live+" 2>/dev/null")
		must(t, json.Unmarshal([]byte(out), &answer))
		return answer.Rules
	}
	var policies []string
	for _, j := range ask("--direct --to alice/tet") {
		v.captured = v.captured || j.Point == "ztunnel"
		if !slices.Contains(policies, j.Policy) {
			policies = append(policies, j.Policy)
		}
	}
	slices.Sort(policies)
	v.l4 = strings.Join(policies, ",")
	for _, j := range ask("--to alice/tet") {
		if name, is := strings.CutPrefix(j.Point, "waypoint "); is {
			v.waypoint = name
		}
	}
	return v
}

// A policy with a selector, which another manager applied, gets targetRefs instead and its selector back.
func TestRolloutMovesAPolicyOfASelector(t *testing.T) {
	needsControlPlane(t)
	if _, err := exec.LookPath("kubectl"); err != nil {
		t.Skipf("NOT RUN: %v", err)
	}
	r := startRollout(t)
	text, err := os.ReadFile(filepath.Join(r.dir, "rollout/before.yaml"))
	must(t, err)
	selecting := strings.Replace(string(text), "name: scraper\n  namespace: alice\nspec:\n", "name: scraper\n  namespace: alice\nspec:\n  selector: {matchLabels: {notebook-name: tet}}\n", 1)
	must(t, os.WriteFile(filepath.Join(r.dir, "selecting.yaml"), []byte(selecting), 0o600))
	objects, err := kube.Read([]byte(selecting))
	must(t, err)
	apply(t.Context(), t, objects)
	r.shell(t, "ambient-profile rollout selecting.yaml rollout/ambientprofile.yaml -d moved")
	r.again = strings.Replace(r.again, "-d stages", "-d moved", 1)
	for _, c := range []struct{ stage, done, has, not string }{
		{"1-policies", "stage 1-policies", "selector", "targetRefs"}, {"2-waypoints", "stage 2-waypoints", "selector", "targetRefs"},
		{"3-alice-labels", "stage 3-alice-labels", "targetRefs", "selector"}, {"back/1-alice-sidecars", "stage back/1-alice-sidecars", "targetRefs", "selector"},
		{"back/2-alice", "stage 2-waypoints", "selector", "targetRefs"},
	} {
		r.run(t, filepath.Join("moved", c.stage, "commands.sh"))
		r.verified(t, "# DONE: "+c.done)
		spec, _, _ := unstructured.NestedMap(mustGet(t, object("security.istio.io/v1", "AuthorizationPolicy", "alice", "scraper", nil)).Object, "spec")
		if spec[c.has] == nil || spec[c.not] != nil {
			t.Errorf("after %s the policy is %v", c.stage, spec)
		}
	}
}
