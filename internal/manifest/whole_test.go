package manifest

import (
	"strings"
	"testing"
)

// Objects that an answer of the API server leaves out are not objects that are not there.
func TestPartsOfListsAreRefused(t *testing.T) {
	const list = "apiVersion: v1\nkind: List\nmetadata: {META}\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: a}}\n"
	for _, c := range []struct{ text, why string }{
		{strings.Replace(list, "META", "continue: '', resourceVersion: '7'", 1), ""},
		{strings.Replace(list, "META", "remainingItemCount: 0", 1), ""},
		{strings.Replace(list, "META", "continue: null", 1), ""},
		{"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, continue: x}\n", ""}, // not of a list
		{"apiVersion: example.com/v1\nkind: Table\nmetadata: {name: a}\n", ""},
		{strings.Replace(list, "META", "continue: eyJ2IjoibWV0YSJ9", 1), "metadata.continue: says that the list goes on"},
		{strings.Replace(list, "META", "remainingItemCount: 12", 1), "metadata.remainingItemCount: says that the list goes on"},
		{"apiVersion: security.istio.io/v1\nkind: AuthorizationPolicyList\nmetadata: {continue: x}\nitems: []\n", "says that the list goes on"},
		{"apiVersion: meta.k8s.io/v1\nkind: Table\nrows: []\n", "is of kind Table"},
		{"apiVersion: meta.k8s.io/v1\nkind: PartialObjectMetadataList\nitems: []\n", "is of kind PartialObjectMetadataList"},
		{"apiVersion: v1\nkind: List\nitems:\n- {apiVersion: meta.k8s.io/v1, kind: PartialObjectMetadata, metadata: {name: a}}\n", "is of kind PartialObjectMetadata"},
	} {
		files, err := ReadObjects([]string{"-"}, strings.NewReader(c.text))
		if (err == nil) != (c.why == "") || err != nil && !strings.Contains(err.Error(), c.why) {
			t.Errorf("%v, want %q of %d objects in\n%s", err, c.why, len(files), c.text)
		}
		sent := "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- " + strings.ReplaceAll(strings.TrimSuffix(c.text, "\n"), "\n", "\n  ") +
			"\nfunctionConfig: {apiVersion: ambient.kubeflow.org/v1alpha1, kind: AmbientProfile, metadata: {name: kubeflow}}\n"
		if _, err = Read(strings.NewReader(sent)); (err == nil) != (c.why == "") || err != nil && !strings.Contains(err.Error(), c.why) {
			t.Errorf("in a ResourceList: %v, want %q of\n%s", err, c.why, c.text)
		}
	}
}
