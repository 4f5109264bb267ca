package access

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// sent is a request as it leaves a proxy (test/conformance/case.go Sent).
type sent struct {
	Path, Host string
	Headers    map[string]string
	Removed    []string
}

// routing is where the referee sends a request. doubt: it does not judge that.
type routing struct {
	got   string // forward, redirect, 404, 500, 400
	to    []string
	at    *attributes
	doubt string
}

// routedAt is the adaptor: what the referee's own routing says of a request that
// comes to a gateway's port, or to a waypoint for a Service.
func routedAt(w *World, c recordedCase) routing {
	r := Request{Method: c.Request.Method, Host: c.Request.Host, Path: c.Request.Path, Port: c.Request.Port, Headers: c.Request.Headers}
	t := &trip{w: w, req: r, at: r.attributes()}
	if !t.settlePath() {
		return routing{got: "400"}
	}
	if c.Service != "" { // the referee has no routes in a waypoint
		return routing{got: "forward", to: []string{fmt.Sprintf("%s:%d", join(c.ServiceNamespace, c.Service), c.Request.Port)}, at: &t.at}
	}
	found := w.candidates(w.look(c.Namespace).gateway(c.Name)).pick(&t.at, t.query)
	switch {
	case w.virtual:
		return routing{doubt: "VirtualServices are not followed"}
	case found == nil:
		return routing{got: "404"}
	case found.doubt != "" || found.rule.doubt != "":
		return routing{doubt: found.doubt + found.rule.doubt}
	case found.rule.redirect:
		return routing{got: "redirect"}
	}
	out := routing{got: "500", at: &t.at}
	for _, b := range found.rule.backends {
		if w.permits(found.route.namespace, b) {
			out.got, out.to = "forward", append(out.to, fmt.Sprintf("%s:%d", join(b.namespace, b.name), b.port))
		}
	}
	slices.Sort(out.to)
	out.to = slices.Compact(out.to)
	found.forward(&t.at)
	return out
}

// route compares where the referee and Istio send a request, and what of it changes on the way.
func (n *tally) route(w *World, set recordedSet, c recordedCase) string {
	r := routedAt(w, c)
	return n.atPoint(w, set, c, c.reroutes(r, set.release), r.doubt != "")
}

// atPoint counts what a comparison found, and forgives what is known to differ.
func (n *tally) atPoint(w *World, set recordedSet, c recordedCase, why string, notJudged bool) string {
	switch {
	case why != "":
		for i, known := range knownAtPoints {
			if known.point == c.Point && known.is(w, set, c) {
				n.knownAtPoints[i]++
				return ""
			}
		}
	case notJudged:
		n.notJudged++
	default:
		n.agree++
	}
	return why
}

func (c recordedCase) reroutes(r routing, release string) string {
	got, to := c.Want.Got, slices.DeleteFunc(slices.Clone(c.Want.By), func(s string) bool { return s == "UnknownService" })
	switch {
	case got == "forward" && len(to) == 0:
		got = "500" // Istio sends what has no backend, or one that it must not use, to a cluster that answers 500
	case got == "404" && r.got == "500" && release == "1.30":
		got = "500" // 1.30 answers 404 to a rule without backends, 1.31 500 (gateway conversion convertHTTPRoute)
	case got == "closed":
		got = "404" // no route leads on, whether a listener says so or not
	}
	switch {
	case r.doubt != "":
		return ""
	case r.got != got || got == "forward" && !slices.Equal(r.to, to):
		return fmt.Sprintf("Istio says %s %v, the referee %s %v", c.Want.Got, to, r.got, r.to)
	case got == "forward":
		return c.changes(r.at)
	}
	return ""
}

// changes compares the request behind the route.
func (c recordedCase) changes(a *attributes) string {
	s := c.Want.Sent
	want := maps.Clone(c.Request.Headers)
	if want == nil {
		want = map[string]string{}
	}
	maps.Copy(want, s.Headers)
	for _, name := range s.Removed {
		delete(want, name)
	}
	path, _, _ := strings.Cut(s.Path, "?")
	switch {
	case a.path.s != path:
		return fmt.Sprintf("behind the route the path is %q, to the referee %q", path, a.path.s)
	case a.host.s != s.Host:
		return fmt.Sprintf("behind the route the host is %q, to the referee %q", s.Host, a.host.s)
	}
	for _, name := range []string{"kubeflow-userid", "x-env", "x-more", "x-gone"} {
		v, set := want[name]
		if got := a.header(name); set != (got.state == known) || got.s != v {
			return fmt.Sprintf("behind the route header %s is %q (%v), to the referee %q", name, v, set, got.s)
		}
	}
	return ""
}

// A route that is wrong in its destination or in what it changes must be noticed.
func TestConformanceCatchesAWrongRoute(t *testing.T) {
	caught := 0
	for _, set := range recorded(t, "routes") {
		if caught > 200 {
			return
		}
		w := set.world(t)
		for _, c := range set.Cases {
			var n tally
			if n.route(w, set, c); n.agree == 0 || c.Want.Got != "forward" || c.Want.By[0] == "UnknownService" {
				continue
			}
			for name, turn := range map[string]func(c *recordedCase){
				"destination": func(c *recordedCase) { c.Want.By = []string{"nobody/nothing:80"} },
				"answer":      func(c *recordedCase) { c.Want.Got = "404" },
				"path":        func(c *recordedCase) { c.Want.Sent.Path = "/wrong" + c.Want.Sent.Path },
				"host":        func(c *recordedCase) { c.Want.Sent.Host += "x" },
				"header":      func(c *recordedCase) { c.Want.Sent.Headers = map[string]string{"x-env": "turned"} },
			} {
				wrong, s := c, *c.Want.Sent
				wrong.Want.Sent = &s
				turn(&wrong)
				if wrong.reroutes(routedAt(w, wrong), "") == "" {
					t.Errorf("%s: a wrong %s goes unnoticed", set.Name, name)
				}
				caught++
			}
		}
	}
	if caught < 100 {
		t.Errorf("only %d routes were made wrong", caught)
	}
}
