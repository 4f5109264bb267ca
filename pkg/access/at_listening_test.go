package access

import "testing"

// A Service whose targetPort names a port that no pod has leads to no pod, for any client.
func TestTargetPortsThatNoPodHas(t *testing.T) {
	const service = "{name: http, port: 80, targetPort: 8080}"
	const pod = "metadata: {name: s, namespace: a, labels: {app: s}}"
	named := edit(t, cloudWorld, service, "{name: http, port: 80, targetPort: web}")
	with := func(kind, port string) string {
		return "\n---\nkind: " + kind + "\napiVersion: apps/v1\nmetadata: {name: more, namespace: a}\nspec: {template: {metadata: {labels: {app: s}}, spec: {containers: [{name: c, ports: [{containerPort: 8080, name: " + port + "}]}]}}}"
	}
	for _, c := range []struct {
		name, text string
		want       Outcome
	}{
		{"as a number", edit(t, cloudWorld, service, "{name: http, port: 80, targetPort: 9999}"), Allow},
		{"of no pod", named, Deny},
		{"of another kind of pods", named + with("Deployment", "web"), Allow},
		{"of no kind of pods", named + with("Deployment", "admin"), Deny},
		{"of pods of an unknown kind", named + "\n---\nkind: Rocket\napiVersion: example.com/v1\nmetadata: {name: more, namespace: a}\nspec: {template: {metadata: {labels: {app: s}}, spec: {containers: [{name: c}]}}}", NotJudged},
		{"of a container that is restarted", named + "\n---\nkind: Pod\napiVersion: v1\nmetadata: {name: more, namespace: a, labels: {app: s}}\nspec: {containers: [{name: c}], initContainers: [{name: i, restartPolicy: Always, ports: [{containerPort: 8080, name: web}]}]}", NotJudged},
		{"of an init container", named + "\n---\nkind: Pod\napiVersion: v1\nmetadata: {name: more, namespace: a, labels: {app: s}}\nspec: {containers: [{name: c}], initContainers: [{name: i, ports: [{containerPort: 8080, name: web}]}]}", Deny},
		{"of pods that the manifests lack", edit(t, named, pod, "metadata: {name: s, namespace: a, labels: {app: other}}"), Allow},
	} {
		w := load(t, c.text)
		for _, q := range []string{"gateway", "waypoint"} {
			decides(t, w, cloudQuestions[q], c.want)
		}
		if t.Failed() {
			t.Fatal(c.name)
		}
	}
}
