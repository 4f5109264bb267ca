package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/load"
)

// workload is one number of profiles, and the ways to get their objects.
type workload struct {
	contenders  []contender
	outputBytes int // of manifests
	objects     int
	lockBytes   int // of the lock file
}

// The names of the contenders in the report.
const (
	standalone  = "ours, standalone"
	function    = "ours, as a function"
	identity    = "kyaml identity on our output"
	helm        = "helm template"
	overlays    = "kustomize overlays"
	inKustomize = "ours, inside kustomize"
	hello       = "hello, world"
	startUp     = "ours, version"
	explain     = "ours, explain"
	check       = "ours, check of one never"
	diff        = "ours, diff of one policy"
	lock        = "ours, a lock file"
	lockDiff    = "ours, diff of a lock file"
)

// noTenantReachesAnother is the claim that is checked.
const noTenantReachesAnother = `apiVersion: ambient.kubeflow.org/v1alpha1
kind: AccessCheck
metadata: {name: tenants}
spec:
  never:
  - name: no tenant reaches another
    each: profile
    from: {notNamespaces: [$profile, istio-system, kubeflow, monitoring]}
    to: {namespace: $profile}
    request: {notPaths: [/healthz, /metrics, /wait-for-drain]}
`

// prepare writes the input of each contender for n profiles into a directory of its own.
func prepare(t tools, parent string, n int) (workload, error) {
	dir := filepath.Join(parent, fmt.Sprint(n))
	d := directory{root: dir}
	config := d.write("profile.yaml", load.Profiles(n))
	list := d.write("list.yaml", load.ResourceList(n, nil))
	if d.err != nil {
		return workload{}, d.err
	}
	w := workload{contenders: []contender{
		{name: standalone, args: []string{t.ours, config}},
		{name: function, args: []string{t.ours}, stdin: list},
	}}
	answer, err := w.contenders[1].output()
	if err != nil {
		return workload{}, err
	}
	rendered, err := w.contenders[0].output()
	if err != nil {
		return workload{}, err
	}
	manifests, claim := d.write("rendered.yaml", string(rendered)), d.write("check.yaml", noTenantReachesAnother)
	w.contenders = append(w.contenders,
		contender{name: explain, args: []string{t.ours, "explain", manifests}},
		contender{name: check, args: []string{t.ours, "check", claim, manifests}},
		contender{name: diff, args: []string{t.ours, "diff", manifests, d.write("changed.yaml", oneMore(string(rendered), n))}},
	)
	locked, err := contender{name: lock, args: []string{t.ours, "explain", "-o", "lock", manifests}}.output()
	if err != nil {
		return workload{}, err
	}
	w.lockBytes = len(locked)
	w.contenders = append(w.contenders,
		contender{name: lock, args: []string{t.ours, "explain", "-o", "lock", manifests}},
		contender{name: lockDiff, args: []string{t.ours, "diff", d.write("access.lock.yaml", string(locked)), manifests}},
	)
	model, err := newModel(t, d)
	if err != nil {
		return workload{}, err
	}
	model.writeChart(&d, n)
	w.contenders = append(w.contenders,
		contender{name: identity, args: []string{t.identity}, stdin: d.write("answer.yaml", string(answer))},
		contender{name: helm, args: []string{t.helm, "template", "bench", filepath.Join(dir, "chart")}},
	)
	if n <= *kustomizeMax {
		model.writeOverlays(&d, n)
		writeTransformer(&d, t, n)
		w.contenders = append(w.contenders,
			contender{name: overlays, args: []string{t.kustomize, "build", filepath.Join(dir, "overlays")}},
			contender{name: inKustomize, args: []string{t.kustomize, "build", "--enable-alpha-plugins", "--enable-exec", filepath.Join(dir, "transformer")}},
		)
	}
	if n == 1 {
		w.contenders = append(w.contenders,
			contender{name: hello, args: []string{t.hello}},
			contender{name: startUp, args: []string{t.ours, "version"}},
		)
	}
	return w, d.err
}

// oneMore is the output for n profiles, of which the one in the middle lets another user in.
func oneMore(rendered string, n int) string {
	owner := "      - " + load.Name(n/2) + "@example.com\n"
	return strings.Replace(rendered, owner, owner+"      - mallory@example.com\n", 1)
}

// writeTransformer is the function as it is wired into a kustomization.
func writeTransformer(d *directory, t tools, n int) {
	d.write("transformer/kustomization.yaml", "resources: [profile.yaml]\ntransformers: [profile.yaml]\n")
	annotation := fmt.Sprintf("metadata:\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: %s}\n", t.ours)
	d.write("transformer/profile.yaml", strings.Replace(load.Profiles(n), "metadata:\n", annotation, 1))
}

// directory writes files below a root and remembers the first error.
type directory struct {
	root string
	err  error
}

func (d *directory) write(name, text string) string {
	file := filepath.Join(d.root, name)
	if d.err == nil {
		d.err = os.MkdirAll(filepath.Dir(file), 0o755)
	}
	if d.err == nil {
		d.err = os.WriteFile(file, []byte(text), 0o644)
	}
	return file
}
