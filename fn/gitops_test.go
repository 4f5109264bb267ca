package fn

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// The guard of examples/ci lets through what the function made, and nothing that it did not see.
func TestGuardCatchesASkippedFunction(t *testing.T) {
	t.Setenv(asPlugin, "1")
	tool := strings.TrimSpace(string(must(exec.Command("go", "tool", "-n", toolsModule, "kustomize").Output())))
	const leftOver = "the output still holds an AmbientProfile, so the function did not run"
	onlyTransformer := "resources: [profile.yaml]\ntransformers: [ambientprofile.yaml]\n"
	for name, test := range map[string]struct{ command, kustomization, says string }{
		"it ran":                       {tool + " build --enable-alpha-plugins --enable-exec", "", ""},
		"no --enable-exec":             {tool + " build --enable-alpha-plugins", "", leftOver},
		"kubectl":                      {"kubectl kustomize --enable-alpha-plugins", "", leftOver},
		"kubectl, plainly wired":       {"kubectl kustomize --enable-alpha-plugins", onlyTransformer, "nothing is owned by an AmbientProfile"},
		"not in transformers":          {tool + " build --enable-alpha-plugins --enable-exec", "resources: [profile.yaml, ambientprofile.yaml]\n", leftOver},
		"no function in kustomization": {tool + " build --enable-alpha-plugins --enable-exec", "resources: [profile.yaml]\n", "nothing is owned by an AmbientProfile"},
		"kustomize fails":              {tool + " build --enable-exec", "resources: [nowhere.yaml]\n", "nowhere.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			if program, _, _ := strings.Cut(test.command, " "); program == "kubectl" {
				if _, err := exec.LookPath(program); err != nil {
					t.Skipf("NOT TESTED: the guard with kubectl kustomize; kubectl is not installed: %v", err)
				}
			}
			dir := workspace(t, filepath.Join(examplesDir, "quickstart"))
			if test.kustomization != "" {
				write(t, filepath.Join(dir, "kustomization.yaml"), test.kustomization)
			}
			command := exec.Command(examplesDir+"/ci/render.sh", dir)
			command.Env = append(os.Environ(), "KUSTOMIZE="+test.command)
			code, stdout, stderr := runCommand(t, command, "")
			if test.says == "" {
				if want := read(t, examplesDir+"/quickstart/output.yaml"); code != 0 || stdout != want {
					t.Errorf("exit code %d, %s: %s", code, stderr, firstDifference(want, stdout))
				}
				return
			}
			if code == 0 {
				t.Error("the guard let it through")
			}
			part(t, "stdout", stdout, "")
			part(t, "stderr", stderr, test.says)
		})
	}
}

// Argo CD's repo-server, with the component of examples/argo-cd on top of what it has.
func TestArgoCDRepoServerGetsTheFunction(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "repo-server"), os.DirFS(examplesDir+"/argo-cd/repo-server")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "install.yaml"), "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: argocd-repo-server, namespace: argocd}\n"+
		"spec:\n  template:\n    spec:\n      containers:\n      - name: argocd-repo-server\n        volumeMounts: [{name: tmp, mountPath: /tmp}]\n"+
		"      initContainers: [{name: copyutil}]\n      volumes: [{name: tmp, emptyDir: {}}]\n---\n"+
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm, namespace: argocd}\n")
	write(t, filepath.Join(dir, "kustomization.yaml"), "resources: [install.yaml]\ncomponents: [repo-server]\n")
	out := kustomize(t, "build", dir)
	for _, want := range []string{
		"kustomize.buildOptions: --enable-alpha-plugins --enable-exec", "args:\n        - install\n        - /plugins\n", "image: " + released,
		"mountPath: /usr/local/bin/ambient-profile", "subPath: ambient-profile", "name: copyutil", "mountPath: /tmp",
	} {
		part(t, "the repo-server", out, want)
	}
}

// What Argo CD renders with those options, and the function in its PATH: labels after policies,
// and nothing pruned that would destroy or open a tenant.
func TestArgoCDOrderAndPruning(t *testing.T) {
	t.Setenv(asPlugin, "1")
	tools := t.TempDir()
	link(t, tools)
	t.Setenv("PATH", tools+string(os.PathListSeparator)+os.Getenv("PATH"))
	options := yaml.MustParse(read(t, examplesDir+"/argo-cd/repo-server/configmap.yaml")).GetDataMap()["kustomize.buildOptions"]
	out := kustomize(t, append([]string{"build", examplesDir + "/argo-cd/tenants"}, strings.Fields(options)...)...)
	waves := map[string]string{}
	for _, object := range must((&kio.ByteReader{Reader: strings.NewReader(out), OmitReaderAnnotations: true}).Read()) {
		name, annotations := object.GetKind()+" "+object.GetName(), object.GetAnnotations()
		if object.GetKind() == "Namespace" || object.GetName() == "ns-l4-waypoint" {
			if annotations["argocd.argoproj.io/sync-options"] != "Prune=false" {
				t.Errorf("%s may be pruned", name)
			}
		}
		if wave := annotations["argocd.argoproj.io/sync-wave"]; wave != "" {
			waves[name] = wave
		}
	}
	if len(waves) != 1 || waves["Namespace alice"] != "1" {
		t.Errorf("waves %v, want only the Namespace that exists in wave 1", waves)
	}
}

// The check of examples/flux fails when the sources changed and the rendered manifests did not.
func TestFluxCheckCatchesStaleManifests(t *testing.T) {
	w := newWorkplace(t, "../examples/flux")
	config := filepath.Join(w.dir, "tenants", "ambientprofile.yaml")
	write(t, config, strings.ReplaceAll(read(t, config), "owner: {name: bob@example.com}", "owner: {name: eve@example.com}"))
	link(t, filepath.Join(w.dir, "tenants"))
	var check string
	for _, m := range fence.FindAllStringSubmatch(read(t, examplesDir+"/flux/README.md"), -1) {
		if strings.Contains(m[2], "git diff") {
			check = m[2]
		}
	}
	command := exec.Command("sh", "-eu", "-c", check)
	command.Dir = w.dir
	command.Env = append(os.Environ(), "PATH="+w.path, asPlugin+"=1")
	code, stdout, stderr := runCommand(t, command, "")
	if code == 0 || !strings.Contains(stdout, "\n+      - eve@example.com\n") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}

// examples/patch: after the function a patch changes its output; before it, nothing, in silence.
func TestPatchGoesAfterTheFunction(t *testing.T) {
	t.Setenv(asPlugin, "1")
	dir := workspace(t, filepath.Join(examplesDir, "patch"))
	kustomization := filepath.Join(dir, "kustomization.yaml")
	patched := build(t, dir)
	const transformers = "resources: [profile.yaml, ambientprofile.yaml]\ntransformers: [ambientprofile.yaml, without-mutating-policies.yaml]\n"
	write(t, kustomization, transformers)
	plain := build(t, dir)
	const added = "    topology.example.com/zone: a\n"
	if strings.Count(patched, added) != 1 || strings.Replace(patched, added, "", 1) != plain {
		t.Error(firstDifference(plain, patched))
	}
	patch := yaml.MustParse(read(t, filepath.Join(dir, "waypoint-in-zone-a.yaml")))
	write(t, filepath.Join(dir, "patch.yaml"), patch.Field("patch").Value.YNode().Value)
	write(t, kustomization, transformers+"patches:\n- path: patch.yaml\n  target: {kind: Gateway, name: waypoint}\n")
	if out := build(t, dir); out != plain {
		t.Errorf("patches: did something; tell so in examples/patch: %s", firstDifference(plain, out))
	}
}
