package access

import (
	"cmp"
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
	at    *attributes // behind the route; nil: nobody judges it by them there
	doubt string
}

// routedAt is the adaptor: what the referee's own routing says of a request that
// comes to a gateway's port, or to a waypoint for a Service. Of several, the
// manifests do not show which.
func routedAt(w *World, c recordedCase) []routing {
	r := Request{Method: c.Request.Method, Host: c.Request.Host, Path: c.Request.Path, Port: c.Request.Port, Headers: c.Request.Headers}
	t := &trip{w: w, open: &open{}, req: r, at: r.attributes(nil)}
	g := w.look(c.Namespace).gateway(c.Name)
	switch {
	case !t.settlePath():
		return []routing{{got: "400"}}
	case c.Service != "":
		return t.routedInWaypoint(g, w.look(c.ServiceNamespace).service(c.Service))
	}
	if r, found := w.mergedWith(g, &t.at); found {
		return []routing{{doubt: r.Why}}
	}
	return t.routedByGateway(g)
}

// routedByGateway follows via and route.
func (t *trip) routedByGateway(g *gateway) (out []routing) {
	host := (*virtualHost)(nil)
	if table := t.tableAt(g); table != nil {
		host = table.host(t.req.Host)
	}
	if host == nil {
		return []routing{{got: "404"}}
	}
	for _, c := range host.pick(&t.at, t.query) {
		at := t.at
		at.headers = slices.Clone(at.headers)
		one := c.leads(func(b backend) bool { return t.w.permits(c.route.origin, b) })
		one.doubt = cmp.Or(c.doubt, c.rule.doubt)
		if slices.ContainsFunc(c.rule.backends, func(b backend) bool { return b.foreign }) { // via and poolOf judge none
			one.doubt = cmp.Or(one.doubt, "a backend that is not a Service")
		}
		c.forward(&at)
		one.at = &at
		out = append(out, one)
	}
	if len(out) == 0 {
		return []routing{{got: "404"}}
	}
	return out
}

// tableAt is that of the port; of listeners that end TLS the one for the server name, which clients take from the host. The tables are in the
// order of the listeners, and those that do not end TLS share that of their port.
func (t *trip) tableAt(g *gateway) (out *table) {
	tables, best, shared := t.w.tables(g), -1, map[int]bool{}
	for _, l := range t.w.servedListeners(g) {
		if !l.readsRequests() || l.protocol == "HTTP" && shared[l.port] {
			continue
		}
		rank := 0
		if shared[l.port] = l.protocol == "HTTP"; !shared[l.port] {
			rank = hostRank(orStar(l.hostname), hostWithoutPort(t.req.Host))
		}
		if l.port == t.req.Port && rank > best {
			best, out = rank, tables[0]
		}
		tables = tables[1:]
	}
	return out
}

// leads are the destinations of a match.
func (c *candidate) leads(may func(backend) bool) routing {
	out := routing{got: "500"}
	if c.rule.redirect {
		return routing{got: "redirect"}
	}
	for _, b := range c.rule.backends {
		if may(b) {
			out.got, out.to = "forward", append(out.to, fmt.Sprintf("%s:%d", join(b.namespace, b.name), b.port))
		}
	}
	slices.Sort(out.to)
	out.to = slices.Compact(out.to)
	return out
}

// routedInWaypoint follows leaveWaypoint. Behind it only ztunnel judges, which sees no path, host or header.
func (t *trip) routedInWaypoint(g *gateway, svc *service) (out []routing) {
	switch r := t.w.routedInWaypoint(g, svc, t.req.Port, false); {
	case r.stop != nil:
		return []routing{{doubt: r.why}}
	case r.virtual != nil:
		for _, b := range r.virtual.to {
			out = append(out, routing{got: "forward", to: []string{fmt.Sprintf("%s:%d", join(b.namespace, b.name), b.port)}})
		}
		return out
	case r.routes != nil:
		for _, c := range r.routes.pick(&t.at, t.query) {
			one := c.leads(func(backend) bool { return true })
			one.doubt = cmp.Or(c.doubt, map[bool]string{true: c.rule.doubt}[len(c.rule.backends) == 0])
			out = append(out, one)
		}
		if len(out) == 0 {
			return []routing{{got: "404"}}
		}
		return out
	}
	return []routing{{got: "forward", to: []string{fmt.Sprintf("%s:%d", svc.id(), t.req.Port)}}}
}

// route compares where the referee and Istio send a request, and what of it changes on the way.
func (n *tally) route(w *World, set recordedSet, c recordedCase) string {
	r := routedAt(w, c)
	return n.atPoint(w, set, c, c.reroutes(r, set.release), len(r) > 1 || r[0].doubt != "")
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

// reroutes says how Istio's answer differs from each that the referee leaves open.
func (c recordedCase) reroutes(all []routing, release string) (why string) {
	for _, r := range all {
		one := c.reroutesTo(r, release)
		if one == "" {
			return ""
		}
		why = cmp.Or(why, one)
	}
	return why
}

func (c recordedCase) reroutesTo(r routing, release string) string {
	got, to := c.Want.Got, slices.DeleteFunc(slices.Clone(c.Want.By), func(s string) bool { return s == "UnknownService" })
	switch {
	case got == "forward" && len(to) == 0:
		got = "500" // Istio sends what has no backend, or one that it must not use, to a cluster that answers 500
	case got == "404" && r.got == "500" && release == "1.30":
		got = "500" // 1.30 answers 404 to a rule without backends, 1.31 500 (gateway conversion convertHTTPRoute)
	case got == "closed":
		got = "404" // no route leads on, with or without a matching listener
	}
	switch {
	case r.doubt != "":
		return ""
	case r.got != got || got == "forward" && !slices.Equal(r.to, to):
		return fmt.Sprintf("Istio says %s %v, the referee %s %v", c.Want.Got, to, r.got, r.to)
	case got == "forward" && r.at != nil:
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
	case a.path.Read() != path:
		return fmt.Sprintf("behind the route the path is %q, to the referee %q", path, a.path.Read())
	case a.host.Read() != s.Host:
		return fmt.Sprintf("behind the route the host is %q, to the referee %q", s.Host, a.host.Read())
	}
	for _, name := range []string{"kubeflow-userid", "x-env", "x-more", "x-gone"} {
		v, set := want[name]
		if got := a.header(name); set != (got.State() == known) || got.Read() != v {
			return fmt.Sprintf("behind the route header %s is %q (%v), to the referee %q", name, v, set, got.Read())
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
				if c.Service != "" && !slices.Contains([]string{"destination", "answer"}, name) {
					continue
				}
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
