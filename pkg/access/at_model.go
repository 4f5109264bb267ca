package access

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// model is an object for which KServe makes routes of its own at the shared Gateways, which the manifests do not hold (kserve/kserve aaac4e2:
// v1beta1/inferenceservice reconcilers/ingress/httproute_reconciler.go, v1alpha2/llmisvc/router.go). rewrites: the paths that clients send are
// not those that the model gets, as in its default route /NAMESPACE/NAME is taken off.
type model struct {
	origin
	rewrites bool
}

// addModel notes an object of KServe, unless it says that it is for the cluster only.
func (w *World) addModel(m meta, n *yaml.Node, rewrites bool) {
	if textOf(valueAt(n, "metadata", "labels", "networking.kserve.io/visibility")) == "cluster-local" {
		return
	}
	s := w.space(m.namespace)
	s.models = append(s.models, model{m.in(s), rewrites})
}

// modelOf is the object for which KServe makes a Service: it has the object's name, or begins with it (NAME-predictor, NAME-kserve-workload-svc).
func (s *space) modelOf(service string) *model {
	for i := range s.models {
		if m := &s.models[i]; service == m.name || strings.HasPrefix(service, m.name+"-") {
			return m
		}
	}
	return nil
}

// byModel goes by a route that KServe may make, where the routes in the manifests do not lead to the Service, or what they lead there is denied.
func (t *trip) byModel(to *space, svc *service, best answer) (v Verdict, may bool) {
	m := to.modelOf(svc.name)
	if m == nil || t.req.unrouted || best.Outcome == Allow && !m.rewrites {
		return v, false
	}
	for _, g := range t.w.allIngresses() {
		for _, table := range t.w.tables(g) {
			one := t.fork()
			one.model = m
			if a := one.via(&way{gateway: g, table: table, given: true}, to, true); a.Outcome != Deny {
				return a.Verdict, true
			}
		}
	}
	return v, false
}

// modelRoute goes by such a route.
func (t *trip) modelRoute(way *way, to *space) answer {
	t.meet(ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtRoute}, "whether KServe makes a route to it for "+named(&t.model.origin)+" is not in the manifests")})
	if t.model.rewrites {
		t.at.path = freeAttributes(identity{}).path
	}
	t.routed = join(t.req.To.Namespace, t.req.To.Service)
	t.toBackend(way.gateway, to, t.service(to, t.req.To.Service))
	return answer{t.verdict(), toTarget}
}
