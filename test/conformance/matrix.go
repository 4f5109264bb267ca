package main

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	securitypb "istio.io/api/security/v1beta1"
	typepb "istio.io/api/type/v1beta1"
)

// target files what a policy is for. One without targets is ztunnel's, so a pod
// with the selector's labels is asked, and a plain one.
func (w *words) target(ns string, refs []*typepb.PolicyTargetReference, selector *typepb.WorkloadSelector) {
	for _, ref := range refs {
		switch ref.Kind {
		case "Gateway":
			w.gateways[ns+"/"+ref.Name] = true
		case "Service":
			if !slices.Contains(w.services[ns], ref.Name) {
				w.services[ns] = append(w.services[ns], ref.Name)
			}
		}
	}
	if len(refs) > 0 {
		return
	}
	for _, labels := range []map[string]string{{"app": "plain"}, selector.GetMatchLabels()} {
		if labels != nil && !slices.ContainsFunc(w.selectors[ns], func(l map[string]string) bool { return maps.Equal(l, labels) }) {
			w.selectors[ns] = append(w.selectors[ns], labels)
		}
	}
}

// peers are nobody, a stranger and whom the policies name; near are near misses of them.
func (w *words) peers() (named, near []*Peer) {
	named = []*Peer{nil, {Namespace: "stranger", ServiceAccount: "default-editor"}}
	for _, ns := range w.namespaces {
		named = append(named, &Peer{Namespace: ns, ServiceAccount: "default-editor"})
		near = append(near, &Peer{Namespace: ns + "2", ServiceAccount: "default-editor"})
	}
	for _, p := range w.principals {
		parts := strings.Split(p, "/")
		if len(parts) != 5 {
			continue
		}
		td := parts[0]
		if td == "cluster.local" {
			td = ""
		}
		named = append(named, &Peer{td, parts[2], parts[4]})
		near = append(near, &Peer{"elsewhere.local", parts[2], parts[4]}, &Peer{td, parts[2], parts[4] + "2"})
	}
	return named, near
}

// identities are header values: each that a policy compares, and near misses.
func (w *words) identities() []map[string]string {
	out := []map[string]string{nil}
	for _, name := range slices.Sorted(maps.Keys(w.headers)) {
		key := strings.ToLower(name)
		for _, v := range w.headers[name] {
			v = strings.ReplaceAll(v, "*", "x")
			out = append(out, map[string]string{key: v}, map[string]string{key: strings.ToUpper(v)})
		}
		out = append(out, map[string]string{key: ""}, map[string]string{key: "system:serviceaccount:stranger:default-editor"})
	}
	return out
}

func (w *words) targets() []string {
	out := []string{"/", "/notebook/stranger/tet/api/kernels"}
	for _, p := range w.paths {
		p = strings.ReplaceAll(p, "{*}", "tet")
		out = append(out, p, p+"?q=1", p+"/more", "/x/.."+p)
	}
	return out
}

func (set *Set) add(c Case, r Request) {
	c.Request = filled(r, c)
	set.Cases = append(set.Cases, c)
}

func (set *Set) askWaypoint(ns, name, svc string, w words) {
	c := Case{Point: "waypoint", Namespace: ns, Name: name, Service: svc, ServiceNamespace: ns}
	named, near := w.peers()
	identities, targets := w.identities(), w.targets()
	for _, peer := range named {
		for _, headers := range identities {
			set.add(c, Request{From: peer, Headers: headers, Path: "/x"})
		}
		for _, path := range targets {
			set.add(c, Request{From: peer, Path: path})
			set.add(c, Request{From: peer, Path: path, Method: "POST"})
		}
		set.add(c, Request{From: peer, TCP: true})
	}
	if w.verified["Gateway "+ns+"/"+name] || w.verified["Service "+ns+"/"+svc] {
		set.askWithTokens(c, named, w)
	}
	for _, peer := range near {
		for _, headers := range identities[:min(2, len(identities))] {
			set.add(c, Request{From: peer, Headers: headers, Path: targets[len(targets)-1], Method: "HEAD"})
		}
	}
}

// askWithTokens asks a waypoint that verifies tokens: with each token and with
// none, and with the header of whom the policies let in.
func (set *Set) askWithTokens(c Case, peers []*Peer, w words) {
	identities := w.identities()
	for _, peer := range peers {
		for _, token := range append(w.tokens(), nil) {
			for _, headers := range identities[:min(2, len(identities))] {
				set.add(c, Request{From: peer, Token: token, Headers: headers})
			}
		}
		set.add(c, Request{From: peer, Headers: map[string]string{"authorization": "Bearer EMPTY"}})
	}
}

func (set *Set) askGateway(ns, name string, w words) {
	c := Case{Point: "gateway", Namespace: ns, Name: name}
	for _, headers := range w.identities() {
		set.add(c, Request{Headers: headers})
		preflight := maps.Clone(headers)
		if preflight == nil {
			preflight = map[string]string{}
		}
		preflight["origin"], preflight["access-control-request-method"] = "https://x", "GET"
		set.add(c, Request{Headers: preflight, Method: "OPTIONS"})
	}
	for _, token := range w.tokens() {
		for i, headers := range w.identities() {
			if i%4 == 0 {
				set.add(c, Request{Token: token, Headers: headers})
			}
		}
	}
	set.add(c, Request{TCP: true})
}

func (w *words) tokens() []map[string]any {
	out := []map[string]any{{"iss": "https://stranger", "sub": "x"}}
	for _, rule := range w.issuers {
		audiences := []any{nil, "wrong"}
		for _, a := range rule.Audiences {
			audiences = append(audiences, a, []any{"wrong", a})
		}
		for _, aud := range audiences {
			token := map[string]any{"iss": rule.Issuer, "sub": "system:serviceaccount:stranger:default-editor"}
			if aud != nil {
				token["aud"] = aud
			}
			out = append(out, token)
		}
		out = append(out, withEmail(rule, "system:serviceaccount:stranger:default-editor"))
		for _, name := range slices.Sorted(maps.Keys(w.headers)) {
			if values := w.headers[name]; len(values) > 0 && !strings.Contains(values[0], "*") {
				out = append(out, withEmail(rule, values[0]))
			}
		}
	}
	return out
}

// withEmail is a session; its e-mail may pose as a service account.
func withEmail(rule *securitypb.JWTRule, email string) map[string]any {
	t := map[string]any{"iss": rule.Issuer, "sub": "x", "email": email}
	if len(rule.Audiences) > 0 {
		t["aud"] = rule.Audiences[0]
	}
	return t
}

func (set *Set) askPod(ns, name, ip string, w words) {
	c := Case{Point: "ztunnel", Namespace: ns, Name: name}
	ports := []int{8080, 15008}
	for _, p := range w.ports {
		if n, err := strconv.Atoi(p); err == nil {
			ports = append(ports, n)
		}
	}
	named, near := w.peers()
	for _, peer := range slices.Concat(named, near) {
		for _, port := range ports {
			set.add(c, Request{From: peer, Port: port, DestIP: ip})
		}
	}
}
