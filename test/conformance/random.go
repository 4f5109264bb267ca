package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
)

const (
	seed       = 20260901
	randomSets = 3000
)

// object is a piece of a manifest; JSON is YAML, sorted and small.
type object = map[string]any

// A dice throws policies and requests. Its words are few, so that they meet.
type dice struct{ *rand.Rand }

// random returns n clusters with a few policies each and requests that come close to them.
func random(seed uint64, n int) []Set {
	d := dice{rand.New(rand.NewPCG(seed, 1))}
	var sets []Set
	for i := range n {
		point := []string{"waypoint", "gateway", "ztunnel"}[i%3]
		set := Set{Name: fmt.Sprintf("random %d", i)}
		docs := scenery(point)
		for j := range 1 + d.IntN(3) {
			docs = append(docs, d.policy(point, fmt.Sprintf("p%d", j)))
		}
		if point != "ztunnel" && d.chance(50) {
			docs = append(docs, d.authentication(point))
		}
		set.Manifests = join(docs)
		for range 5 {
			set.Cases = append(set.Cases, d.ask(point))
		}
		sets = append(sets, set)
	}
	return sets
}

func join(docs []object) string {
	var lines []string
	for _, doc := range docs {
		raw, err := json.Marshal(doc)
		if err != nil { // text, numbers and lists always marshal; if not, parse fails
			raw = []byte(err.Error())
		}
		lines = append(lines, string(raw))
	}
	return strings.Join(lines, "\n---\n")
}

// scenery is what every random cluster holds at that point.
func scenery(point string) []object {
	switch point {
	case "waypoint":
		return []object{
			thing("v1", "Namespace", "", "alice", object{"labels": object{"istio.io/dataplane-mode": "ambient", "istio.io/use-waypoint": "waypoint"}}, nil),
			thing("v1", "Service", "alice", "tet", nil, object{"spec": object{"selector": object{"app": "tet"}, "ports": []any{object{"name": "http", "port": 80}}}}),
			gateway("alice", "waypoint", "istio-waypoint", 15008, "HBONE", object{"istio.io/waypoint-for": "service"}),
		}
	case "gateway":
		return []object{gateway("istio-system", "ingress", istioClass, 80, "HTTP", object{"app": "ingress"})}
	}
	return []object{
		thing("v1", "Namespace", "", "alice", object{"labels": object{"istio.io/dataplane-mode": "ambient"}}, nil),
		thing("v1", "Pod", "alice", "pod", object{"labels": object{"app": "tet"}}, object{
			"spec":   object{"serviceAccountName": "default-editor", "containers": []any{object{"name": "c", "image": "i"}}},
			"status": object{"phase": "Running", "podIP": "10.244.2.9", "podIPs": []any{object{"ip": "10.244.2.9"}}},
		}),
	}
}

func thing(api, kind, ns, name string, meta, rest object) object {
	o := object{"apiVersion": api, "kind": kind}
	m := object{"name": name}
	if ns != "" {
		m["namespace"] = ns
	}
	for k, v := range meta {
		m[k] = v
	}
	o["metadata"] = m
	for k, v := range rest {
		o[k] = v
	}
	return o
}

func gateway(ns, name, class string, port int, protocol string, labels object) object {
	return thing("gateway.networking.k8s.io/v1", "Gateway", ns, name, object{"labels": labels}, object{"spec": object{
		"gatewayClassName": class,
		"listeners":        []any{object{"name": "l", "port": port, "protocol": protocol}},
	}})
}

func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

func pick[T any](d dice, words []T) T { return words[d.IntN(len(words))] }

// some takes one or two words, as a list of a manifest.
func (d dice) some(words []string) []any {
	out := []any{pick(d, words)}
	if d.chance(30) {
		out = append(out, pick(d, words))
	}
	return out
}

// ask is one request, made of the words that the policies use.
func (d dice) ask(point string) Case {
	c := Case{Point: point, Namespace: "alice", Name: "pod"}
	switch point {
	case "waypoint":
		c.Name, c.Service, c.ServiceNamespace = "waypoint", "tet", "alice"
	case "gateway":
		c.Namespace, c.Name = "istio-system", "ingress"
	}
	r := Request{IP: pick(d, []string{"10.244.1.7", "10.244.1.8", "192.168.3.4"}), Port: pick(d, []int{80, 80, 8080})}
	if point != "gateway" && d.chance(90) {
		r.From = &Peer{Namespace: pick(d, []string{"alice", "alice", "bob", "alicia"}), ServiceAccount: pick(d, []string{"default-editor", "waypoint", "default-viewer"})}
		if d.chance(8) {
			r.From.TrustDomain = "other.local"
		}
	}
	r.TCP = point == "waypoint" && d.chance(20)
	if !r.TCP && point != "ztunnel" {
		d.http(&r)
	}
	c.Request = filled(r, c)
	return c
}

func (d dice) http(r *Request) {
	r.Method = pick(d, []string{"GET", "GET", "POST", "OPTIONS"})
	r.Host = pick(d, []string{"tet.alice.svc.cluster.local", "tet.alice.svc.cluster.local", "kubeflow.example.com", "KUBEFLOW.example.com:80"})
	r.Path = pick(d, []string{
		"/", "/healthz", "/healthz?full=1", "/metrics", "/notebook/alice/tet/api/kernels", "/notebook/alice/tet/lab/tree/x.ipynb",
		"/notebook/bob/tet/api/kernels", "/api/v1", "/api/", "/API/v1", "/api/v1/", "/notebook/alice//api/kernels", "/a/../metrics", "/%61pi/v1", "/api%2Fv1", "/api/a=b", "/notebook/alice/tet/x*y",
	})
	r.Headers = map[string]string{}
	if d.chance(60) {
		r.Headers["kubeflow-userid"] = pick(d, []string{"alice@x.io", "alice@x.io", "bob@x.io", "Alice@x.io", "", "system:serviceaccount:alice:default-editor"})
	}
	if d.chance(20) {
		r.Headers["x-team"] = pick(d, []string{"red", "reddish", "blue"})
	}
	if d.chance(10) {
		r.Headers["origin"], r.Headers["access-control-request-method"] = "https://evil", "GET"
	}
	if d.chance(50) {
		r.Token = d.token()
	}
}

func (d dice) token() map[string]any {
	t := map[string]any{
		"iss": pick(d, []string{"https://a.io", "https://a.io", "https://b.io/x", "https://c.io"}),
		"sub": pick(d, []string{"alice", "bob", "system:serviceaccount:alice:default-editor"}),
	}
	switch d.IntN(4) {
	case 0:
		t["aud"] = pick(d, []string{"kubeflow", "other", "https://kubeflow/"})
	case 1, 2:
		t["aud"] = []any{pick(d, []string{"kubeflow", "other"})}
	}
	if d.chance(5) {
		t["aud"] = []any{"kubeflow", "third"}
	}
	if d.chance(40) {
		t["groups"] = []any{pick(d, []string{"red", "blue"}), "all"}
	}
	if d.chance(30) {
		t["realm"] = map[string]any{"roles": []any{pick(d, []string{"admin", "user"})}}
	}
	if d.chance(20) {
		t["azp"] = "cli"
	}
	if d.chance(20) {
		t["scope"] = pick(d, []string{"read write", "read"})
	}
	if d.chance(10) {
		t["level"] = 3.0
	}
	return t
}
