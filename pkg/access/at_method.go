package access

import "github.com/kubeflow-ambient/ambient-profile/internal/symbolic"

// http1Methods are those that Envoy takes over HTTP/1, in their case (Envoy 1.39: source/common/http/http1/balsa_parser.cc isMethodValid). It
// answers 400 to others. HTTP/2 has no such list.
var http1Methods = symbolic.List{Name: "methods of HTTP/1", All: []string{
	"ACL", "BIND", "CHECKOUT", "CONNECT", "COPY", "DELETE", "GET", "HEAD", "LINK", "LOCK", "MERGE", "MKACTIVITY", "MKCALENDAR", "MKCOL",
	"MOVE", "MSEARCH", "NOTIFY", "OPTIONS", "PATCH", "POST", "PROPFIND", "PROPPATCH", "PURGE", "PUT", "REBIND", "REPORT", "SEARCH", "SOURCE",
	"SUBSCRIBE", "TRACE", "UNBIND", "UNLINK", "UNLOCK", "UNSUBSCRIBE",
}}

// noConnect: Envoy takes CONNECT where a listener or a route upgrades it and a route matches requests without a path. Of Istio's only the listeners that
// end HBONE tunnels do, at a sidecar as at a waypoint, and what comes in a tunnel is read behind them (Istio 1.31: buildConnectTerminateListener has
// both, buildHTTPConnectionManager has websocket only; Envoy 1.39: config_impl.cc getRouteFromRoutes, and 404 or 400 to each form of it, over
// HTTP/1 and HTTP/2, also at a port whose protocol is found out).
const noConnect = "the method CONNECT is refused: no route takes it"

// refusesMethod: a proxy may answer a request for its method alone, before any policy.
func (t *trip) refusesMethod(point Point) (over bool) {
	why := ""
	switch {
	case t.at.tcp:
		return false
	case t.at.method.Is("CONNECT") && t.open.http2:
		return t.meet(ruling{outcome: Deny, Step: stepAt(point, noConnect)})
	case t.at.method.Is("CONNECT"):
		why = "whether a proxy takes the method CONNECT depends on how its routes are set up"
	case t.open.http2:
		return false
	case !t.at.method.OneOf(http1Methods):
		why = "Envoy answers 400 to the method " + t.at.method.Shown() + " over HTTP/1, and takes it over HTTP/2"
	default:
		return false
	}
	return t.choose(point, 2, why) == 1 && t.meet(ruling{outcome: Deny, Step: stepAt(point, "the method "+t.at.method.Shown()+" is refused")})
}
