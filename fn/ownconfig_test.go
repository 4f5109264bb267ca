package fn

import (
	"strings"
	"testing"
)

const profilesOfAlice = "\n  spec:\n    profiles:\n    - {name: alice, owner: {name: alice@example.com}}\n"

// listWith is a call of the function with one AmbientProfile, kubeflow, that configures alice, and with other items.
func listWith(items string) string {
	return "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n" + items +
		"functionConfig:\n  apiVersion: ambient.kubeflow.org/v1alpha1\n  kind: AmbientProfile\n  metadata: {name: kubeflow}" + profilesOfAlice
}

func ambientProfile(name, tenant string) string {
	return "- apiVersion: ambient.kubeflow.org/v1alpha1\n  kind: AmbientProfile\n  metadata: {name: " + name + "}\n" +
		"  spec:\n    profiles:\n    - {name: " + tenant + ", owner: {name: " + tenant + "@example.com}}\n"
}

// In a pipeline the function is called once for each AmbientProfile, so the others pass through.
func TestOtherAmbientProfilesPassThrough(t *testing.T) {
	other := ambientProfile("other", "zoe")
	code, stdout, stderr := execute(t, listWith(other))
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	part(t, "stdout", stdout, other)
}

// Two calls that configure the same namespace would each undo what the other did.
func TestANamespaceInTwoAmbientProfiles(t *testing.T) {
	code, stdout, stderr := execute(t, listWith(ambientProfile("other", "bob")+ambientProfile("third", "alice")+"    cluster: {enabled: false}\n"))
	if code != exitError {
		t.Errorf("exit code %d, want %d", code, exitError)
	}
	part(t, "stdout", stdout, "")
	part(t, "stderr", stderr, `AmbientProfile kubeflow: [AP0914] spec.profiles[0].name: "alice" is in AmbientProfile third as well; `)
}

// On its own the program is called once for each AmbientProfile too, and nobody comes after it: an
// input that holds another one, even in a List, is a mistake. All of a file are named.
func TestASecondAmbientProfileAmongTheInputs(t *testing.T) {
	dir := t.TempDir()
	config, inputs := dir+"/config.yaml", dir+"/inputs.yaml"
	write(t, config, strings.ReplaceAll(strings.TrimPrefix(ambientProfile("kubeflow", "alice"), "- "), "\n  ", "\n"))
	list := "apiVersion: v1\nkind: List\nitems:\n"
	write(t, inputs, list+ambientProfile("second", "zoe")+ambientProfile("third", "yan"))
	code, stdout, stderr := execute(t, "", config, inputs)
	if code != exitError {
		t.Errorf("exit code %d, want %d", code, exitError)
	}
	part(t, "stdout", stdout, "")
	part(t, "stderr", stderr, "inputs.yaml:4:3: [AP0913] AmbientProfile second: cannot be an input of AmbientProfile kubeflow; ")
	part(t, "stderr", stderr, "inputs.yaml:10:3: [AP0913] AmbientProfile third: cannot be an input of AmbientProfile kubeflow; ")
	// What kustomize build prints where resources: lists the configuration is a copy of it.
	write(t, inputs, list+ambientProfile("kubeflow", "alice"))
	code, stdout, stderr = execute(t, "", config, inputs)
	if code != exitOK || strings.Contains(stdout, "kind: AmbientProfile") {
		t.Errorf("a copy of the configuration: exit code %d: %s%s", code, stdout, stderr)
	}
}
