package access

import "slices"

// http1Methods are those that Envoy takes over HTTP/1, in their case (Envoy 1.39: source/common/http/http1/balsa_parser.cc isMethodValid). It
// answers 400 to others. HTTP/2 has no such list.
var http1Methods = []string{
	"ACL", "BIND", "CHECKOUT", "CONNECT", "COPY", "DELETE", "GET", "HEAD", "LINK", "LOCK", "MERGE", "MKACTIVITY", "MKCALENDAR", "MKCOL",
	"MOVE", "MSEARCH", "NOTIFY", "OPTIONS", "PATCH", "POST", "PROPFIND", "PROPPATCH", "PURGE", "PUT", "REBIND", "REPORT", "SEARCH", "SOURCE",
	"SUBSCRIBE", "TRACE", "UNBIND", "UNLINK", "UNLOCK", "UNSUBSCRIBE",
}

// refusesMethod: a proxy may answer a request for its method alone, before any policy.
func (t *trip) refusesMethod(point Point) (over bool) {
	method, why := t.at.method.s, ""
	switch {
	case t.at.tcp:
		return false
	case method == "CONNECT":
		why = "whether a proxy takes the method CONNECT depends on how its routes are set up"
	case !slices.Contains(http1Methods, method):
		why = "Envoy answers 400 to the method " + method + " over HTTP/1, and takes it over HTTP/2"
	default:
		return false
	}
	return t.choose(point, 2, why) == 1 && t.meet(ruling{outcome: Deny, Step: stepAt(point, "the method "+method+" is refused")})
}
