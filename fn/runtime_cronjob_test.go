package fn

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// kubectlStandIn answers sync.sh from files, and keeps what it is to apply, label and delete.
const kubectlStandIn = `#!/bin/sh
case "$*" in
"get namespaces "*"kubeflow-profile,!ambient.kubeflow.org/enroll "*) echo alice ;;
"get namespaces "*) ;;
"get profiles"*) cat "$WORLD/input.yaml" ;;
"get authorizationpolicies"*) cat "$WORLD/there" ;;
apply*) for file; do :; done; echo --- >> "$WORLD/applied"; cat "$file" >> "$WORLD/applied" ;;
*) echo "$*" >> "$WORLD/did" ;;
esac
`

const cronJobInput = `apiVersion: v1
kind: List
items:
- apiVersion: kubeflow.org/v1
  kind: Profile
  metadata: {name: alice}
  spec: {owner: {kind: User, name: alice@example.com}}
- apiVersion: v1
  kind: Namespace
  metadata: {name: alice, annotations: {owner: alice@example.com}}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleBinding
  metadata: {name: user-bob-example-com-clusterrole-edit, namespace: alice, annotations: {user: bob@example.com, role: edit}}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: kubeflow-edit}
  subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: bob@example.com}]
`

// cronJobRun runs sync.sh with the commands of a directory first in its path, and returns what was applied, what else was done,
// and what it printed.
func cronJobRun(t *testing.T, commands, config, input, there string) (applied []*manifest.Item, did, said string) {
	t.Helper()
	world := t.TempDir()
	bin := filepath.Join(world, "bin")
	if err := errors.Join(os.Mkdir(bin, 0o755), os.Symlink(must(os.Executable()), filepath.Join(bin, "ambient-profile"))); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"input.yaml": input, "there": there, "applied": "", "did": "", "config.yaml": config, "bin/kubectl": kubectlStandIn} {
		write(t, filepath.Join(world, name), text)
	}
	if err := os.Chmod(filepath.Join(bin, "kubectl"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", must(filepath.Abs(runtimeDir+"/cronjob/sync.sh")))
	path := bin + ":" + os.Getenv("PATH")
	if commands != "" {
		path = bin + ":" + commands
		cmd.Path = filepath.Join(commands, "sh")
	}
	cmd.Env = append(os.Environ(), asPlugin+"=1", "PATH="+path, "WORLD="+world, "CONFIG="+filepath.Join(world, "config.yaml"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return must(manifest.ReadObjects([]string{filepath.Join(world, "applied")}, nil)), read(t, filepath.Join(world, "did")), string(out)
}

// busybox is a directory with the commands that Alpine has, if there is a busybox.
func busybox(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("busybox")
	if err != nil {
		return ""
	}
	dir := t.TempDir()
	for _, command := range []string{"sh", "awk", "sed", "grep", "mktemp", "rm", "cat"} {
		if err := os.Symlink(program, filepath.Join(dir, command)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// What sync.sh applies is what the function makes, in this order: policies, the label, then waypoint and routes, and the other
// labels last. With the commands of this machine, and with those of Alpine.
func TestTheCronJobsOrder(t *testing.T) {
	config := strings.Replace(read(t, runtimeDir+"/cronjob/ambientprofile.yaml"), "spec:\n", "spec:\n  waypoint: {name: gate}\n", 1)
	for what, commands := range map[string]string{"the machine's commands": "", "busybox": busybox(t)} {
		if what == "busybox" && commands == "" {
			t.Log("NOT RUN: there is no busybox")
			continue
		}
		applied, did, said := cronJobRun(t, commands, config, cronJobInput, "alice/ambient-user-eve-example-com-clusterrole-edit\nbob/ambient-user-eve-example-com-clusterrole-edit\nalice/ns-l4-waypoint\n")
		var got []string
		for _, item := range applied {
			if manifest.Value(item.Node, "metadata", "labels", "app.kubernetes.io/managed-by") == "ambient-profile" { // as kubectl selects
				got = append(got, item.Kind+" "+item.Name)
			}
		}
		want := "AuthorizationPolicy ns-l4-waypoint, AuthorizationPolicy ns-owner-access-istio-l7-allow, AuthorizationPolicy ns-l7-allow-k8s-token, " +
			"AuthorizationPolicy ml-pipeline-visualizationserver-l7-ml-pipeline, AuthorizationPolicy ambient-user-bob-example-com-clusterrole-edit, Gateway gate"
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: applied\n%s\nwant\n%s\n%s", what, strings.Join(got, ", "), want, said)
		}
		want = "label --overwrite namespace alice istio.io/use-waypoint=gate\n" +
			"delete authorizationpolicies.security.istio.io -n alice ambient-user-eve-example-com-clusterrole-edit\n" +
			"label --overwrite namespaces alice istio-injection=disabled istio.io/dataplane-mode=ambient istio.io/ingress-use-waypoint=true\n"
		if did != want {
			t.Errorf("%s: did\n%swant\n%s", what, did, want)
		}
	}
}

// A RoleBinding of the owner that names somebody else than the Profile gives nobody access.
func TestTheCronJobFollowsTheProfile(t *testing.T) {
	const eves = `- apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleBinding
  metadata: {name: namespaceAdmin, namespace: alice, annotations: {user: eve@example.com, role: admin}}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: kubeflow-admin}
  subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: eve@example.com}]
`
	applied, _, said := cronJobRun(t, "", read(t, runtimeDir+"/cronjob/ambientprofile.yaml"), cronJobInput+eves, "")
	policies := ""
	for _, item := range applied {
		if item.Kind == "AuthorizationPolicy" {
			policies += must(yaml.String(item.Node))
		}
	}
	if !strings.Contains(policies, "alice@example.com") || strings.Contains(policies, "eve@example.com") {
		t.Errorf("the policies are\n%s%s", policies, said)
	}
}

// A text in an object of a tenant is a text: it does not end its document, and what follows in it is applied by nobody.
func TestTheCronJobAppliesNoTextOfATenant(t *testing.T) {
	const planted = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: planted
  namespace: victim
  labels: {app.kubernetes.io/managed-by: ambient-profile}
spec: {rules: [{}]}
`
	for _, line := range []string{"---", "x---", "--- ", "---\t#"} {
		text := line + "\n" + planted + line + "\n"
		for _, indented := range []string{"", "  "} {
			notebook := "- apiVersion: kubeflow.org/v1\n  kind: Notebook\n  metadata:\n    name: lab\n    namespace: alice\n    annotations:\n      note: |2\n" +
				"          " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n          "+indented) + "\n"
			applied, _, said := cronJobRun(t, "", read(t, runtimeDir+"/cronjob/ambientprofile.yaml"), cronJobInput+notebook, "")
			if len(applied) < 5 {
				t.Fatalf("%q: nothing was applied:\n%s", line, said)
			}
			for _, item := range applied {
				if item.Name == "planted" {
					t.Errorf("%q: a policy from an annotation is applied", line)
				}
			}
		}
	}
}
