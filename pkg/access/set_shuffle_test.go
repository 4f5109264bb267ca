package access

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// The whole report of a world is the same whatever the order of its documents is.
func TestExplainDoesNotDependOnTheOrderOfDocuments(t *testing.T) {
	at := "targetRefs: " + onAlicesWaypoint
	texts := []string{tenants(t) +
		policyOf("z", "{"+at+", rules: [{to: [{operation: {methods: [GET], paths: [/r]}}]}]}") +
		policyOf("m", "{"+at+", rules: [{to: [{operation: {paths: [/r]}}]}]}") +
		policyOf("b", "{"+at+", rules: [{to: [{operation: {paths: ['/r*']}}]}]}") +
		policyOf("y", "{action: DENY, "+at+", rules: [{to: [{operation: {methods: [PUT]}}]}]}") +
		policyOf("c", "{action: DENY, "+at+", rules: [{to: [{operation: {methods: [PUT, POST]}}]}]}")}
	trees := someTrees(t)
	texts = append(texts, trees[:(len(trees)+3)/4]...)
	for i, text := range texts {
		want := report(t, text)
		for seed := range uint64(2) {
			docs := strings.Split(strings.TrimPrefix(text, "---\n"), "\n---\n")
			rand.New(rand.NewPCG(seed, 310)).Shuffle(len(docs), func(i, j int) { docs[i], docs[j] = docs[j], docs[i] })
			if got := report(t, strings.Join(docs, "\n---\n")); got != want {
				t.Errorf("tree %d, order %d: %s", i, seed, firstDifference(got, want))
			}
		}
	}
}

// report is all that explain says of a world.
func report(t *testing.T, text string) string {
	r := load(t, text).Explain(kubeflow)
	return written(t, func(b *strings.Builder) error { return r.WriteJSON(b) })
}

// firstDifference is the first line that two texts do not share.
func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range a {
		if i >= len(b) || a[i] != b[i] {
			return "got\n" + strings.Join(a[max(0, i-1):min(len(a), i+3)], "\n") + "\nwant\n" + strings.Join(b[max(0, i-1):min(len(b), i+3)], "\n")
		}
	}
	return "got less: want\n" + strings.Join(b[len(a):], "\n")
}
