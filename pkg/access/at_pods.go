package access

import (
	"maps"
	"slices"
	"strconv"
)

// direct goes to pods by their own address.
func (t *trip) direct(to *space, pathOK bool) {
	pods, svc := t.directPods(to)
	if svc != nil && svc.external {
		t.meet(ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtMesh}, "Service "+svc.name+" is an ExternalName")})
		return
	}
	if svc == nil && t.req.To.only == nil {
		if c := t.w.unplacedBehind(t.req.To.podLabels()); c != nil {
			t.meet(c.ruling(Point{Kind: AtMesh}))
			return
		}
	}
	if svc != nil && !t.req.To.Direct {
		c := t.w.cloudOnService(svc)
		if svc.headless {
			c = firstCloud(c, t.w.cloudOnEndpoints(svc))
		}
		if c != nil {
			t.meet(c.ruling(Point{Kind: AtMesh}))
			return
		}
	}
	if svc != nil && !t.req.To.Direct && !svc.headless {
		number, ok := t.servicePort(svc)
		if !ok {
			t.meet(ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtMesh}, "Service "+svc.name+" has no port "+portText(t.req.Port))})
			return
		}
		t.toPods(to, pods, svc, number)
		return
	}
	if t.past || !t.at.peer.known() || t.req.From.ServiceAccount == "" {
		t.toPods(to, pods, nil, servicePort{target: t.directPort(svc, pods)})
		return
	}
	t.throughPodWaypoint(to, pods, t.directPort(svc, pods), pathOK)
}

// directPods are the pods meant, and the Service they are behind.
func (t *trip) directPods(to *space) ([]*workload, *service) {
	if t.req.To.Service != "" {
		svc := t.service(to, t.req.To.Service)
		return to.pods(svc), svc
	}
	if t.req.To.only != nil {
		return []*workload{t.req.To.only}, nil
	}
	return to.podsWith(t.req.To.podLabels()), nil
}

// podLabels are the labels of the pods that a case means.
func (t *To) podLabels() labels {
	keys := slices.Sorted(maps.Keys(t.Pod))
	l := make(labels, 0, len(keys))
	for _, k := range keys {
		l = append(l, label{k, t.Pod[k]})
	}
	return l
}

// directPort is the pod's port: the one asked for, else the one that the Service's first port leads to, else the container's first.
func (t *trip) directPort(svc *service, pods []*workload) int {
	switch {
	case t.req.Port != 0:
		return t.req.Port
	case svc != nil && len(svc.ports) > 0 && !svc.assumed:
		return svc.target(svc.ports[0].number, pods[0])
	case len(pods) == 1 && len(pods[0].ports) > 0:
		return pods[0].ports[0].number
	}
	return 0
}

// throughPodWaypoint: a waypoint for workloads or for all also takes pod addresses; the usual one, for services, does not. Of pods behind
// different ones the worst answer counts.
func (t *trip) throughPodWaypoint(to *space, pods []*workload, number int, pathOK bool) {
	type group struct {
		binding
		pods []*workload
	}
	var groups []group
	for _, pod := range pods {
		b := t.w.podWaypoint(to, pod)
		i := slices.IndexFunc(groups, func(g group) bool {
			return g.gateway == b.gateway && g.doubt == b.doubt && (g.pods[0].perhaps == "") == (pod.perhaps == "")
		})
		if i < 0 {
			i = len(groups)
			groups = append(groups, group{binding: b})
		}
		groups[i].pods = append(groups[i].pods, pod)
	}
	var best *trip
	rank := ruling{}
	for _, g := range groups {
		each := t.fork()
		each.throughWaypointOf(to, g.pods, g.binding, servicePort{number: number, target: number}, pathOK)
		r := ruling{outcome: each.verdict().Outcome}
		switch perhaps := g.pods[0].perhaps; {
		case best == nil:
			best, rank = each, r
		case perhaps != "" && r != rank && rank.outcome != Allow:
			best.denied, best.pending, rank.outcome = nil, nil, NotJudged
			best.meet(ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtMesh}, perhaps)})
		case perhaps == "" && worse(rank, r) != rank:
			best, rank = each, r
		}
	}
	*t = *best
}

func (t *trip) throughWaypointOf(to *space, pods []*workload, b binding, at servicePort, pathOK bool) {
	switch {
	case b.doubt != "":
		t.meet(ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtMesh}, b.doubt)})
	case b.gateway == nil:
		t.steps = append(t.steps, stepAt(Point{Kind: AtMesh}, "pod addresses pass the waypoint by"))
		t.toPods(to, pods, nil, at)
	case !t.atWaypoint(b.gateway, nil, at, pathOK):
		t.at.peer = t.w.identity(b.gateway.namespace, b.gateway.account)
		t.toPods(to, pods, nil, at)
	}
}

// toPods is the last hop: ztunnel at each kind of pod that may be meant, and the worst of their answers.
func (t *trip) toPods(to *space, pods []*workload, svc *service, p servicePort) {
	if svc != nil && !t.req.To.Direct {
		if c := t.w.cloudOnEndpoints(svc); c != nil {
			t.meet(c.ruling(Point{Kind: AtMesh}))
			return
		}
	}
	if svc != nil && !t.unknown {
		listening, r := t.listening(to, pods, svc, p)
		if listening == nil {
			t.meet(r)
			return
		}
		pods = listening
	}
	var out ruling
	kind, differ := "", false
	for i, pod := range pods {
		if pod.assumed {
			t.assumeOfOne("pods of " + join(to.name, pod.name))
			t.assumeUnselected("pods of "+join(to.name, pod.name), t.w.unselected(to.name, pod))
		}
		for _, a := range pod.assumes {
			t.assume(a)
		}
		a := t.at
		a.inbound.stream, a.inbound.badPath = a.tcp, t.badPath
		a.tcp, a.port = true, p.target
		if svc != nil {
			a.port = svc.target(p.number, pod)
		}
		if t.unknown {
			a.port = 0
		}
		r := t.w.atPod(to, pod, &a)
		if t.unknown || t.plain { // an Envoy may send it as plain text
			a.peer = identity{}
			r = worse(r, t.w.atPod(to, pod, &a))
		}
		if pod.perhaps != "" {
			if i == 0 {
				out, kind = r, pod.name
			}
			if r.outcome != out.outcome && out.outcome != Allow {
				out, differ = ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtMesh}, pod.perhaps)}, false
			}
			continue
		}
		differ = differ || i > 0 && r != out
		if i == 0 || worse(out, r) != out {
			out, kind = r, pod.name
		}
	}
	if differ {
		out.Why += " (" + kind + ", one of " + strconv.Itoa(len(pods)) + " kinds of pods)"
	}
	t.meet(out)
}

// atPod judges a connection at a pod.
func (w *World) atPod(to *space, pod *workload, a *attributes) ruling {
	if pod.cloud != nil {
		return pod.cloud.ruling(Point{Kind: AtMesh})
	}
	switch member, why := to.partOf(pod); member {
	case outside:
		return ruling{outcome: Allow, Step: stepAt(Point{Kind: AtMesh}, "the pod is not in the mesh: no policy protects it")}
	case sidecar:
		return w.atProxied(to, pod, a)
	case unclear:
		return ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtMesh}, why)}
	}
	if c := w.cloudOnPod(to, pod); c != nil {
		return c.ruling(Point{Kind: AtZtunnel})
	}
	r := w.atCaptured(to, pod, nil, a)
	if len(pod.adds) == 0 {
		return r
	}
	for _, more := range w.maySelect(to, pod) {
		if other := w.atCaptured(to, pod, more, a); other.outcome != r.outcome {
			return ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtZtunnel}, "whether "+more.id()+" selects the pod depends on labels that "+pod.kind+" "+join(to.name, pod.name)+" may give it")}
		}
	}
	return r
}

// atCaptured judges a connection at ztunnel, with one more thing that may select the pod.
func (w *World) atCaptured(to *space, pod *workload, more selecting, a *attributes) ruling {
	peer, _ := more.(*peerAuthentication)
	if !a.peer.known() {
		if pod.bypass() { // the mesh's own connections still come to ztunnel at 15008
			return ruling{outcome: Allow, Step: stepAt(Point{Kind: AtMesh}, "the pod's annotation "+bypassInbound+" lets plain text in past ztunnel")}
		}
		if r := w.strict(to, pod, peer, a.port); r.outcome != Allow {
			return r
		}
	}
	policies := w.atZtunnel(to.name, pod)
	if p, ok := more.(*policy); ok {
		policies = append(policies, p)
	}
	return w.judge(l4, Point{Kind: AtZtunnel}, policies, a)
}

// selecting is what selects pods by their labels.
type selecting interface{ id() string }

// maySelect is what selects a pod if its controller gives it labels that are not known. One at a time is enough: what several do together, one of them
// does.
func (w *World) maySelect(to *space, pod *workload) (out []selecting) {
	may := func(l labels) bool { return !l.selects(pod.labels) && pod.mayCarry(l) }
	for i, ns := range [2]string{w.mesh.rootNamespace, to.name} {
		if i == 1 && ns == w.mesh.rootNamespace {
			break
		}
		for _, p := range w.look(ns).policies {
			if p.reachesZtunnel() && may(p.selector) {
				out = append(out, p)
			}
		}
	}
	if to.name != w.mesh.rootNamespace {
		for _, p := range to.peers {
			if p.selected && may(p.selector) {
				out = append(out, p)
			}
		}
	}
	return out
}

// assumeUnselected records that a made up pod has none of the labels by which policies could select it.
func (t *trip) assumeUnselected(what string, policies []string) {
	for _, p := range policies {
		t.assumeOfOne(what + " lack the labels that " + p + " selects")
	}
}
