package access

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// Request is one question: may From do this to To?
type Request struct {
	From From
	To   To

	Method   string            // GET where empty
	Host     string            // empty: any that leads to the target, as nobody can say
	Listener string            // of the Gateways, by name; empty: any
	Path     string            // with its query, as the client sends it; empty: that of a route to the Service, else /
	Port     int               // of the Service, or of the pod with To.Direct or To.Pod; 0: the first one
	Headers  map[string]string // sent as they are
	TCP      bool              // not HTTP

	favor    []*rule // to be named where they match
	unrouted bool    // through the ingress, by a route that is assumed
	ofCase   bool    // a case of a check, whose result does not note a missing route

	undenied bool // DENY policies are left out: it is about what they stop

	plain bool // assumed not to be a CORS preflight, and to show one token at most
}

// From is the client: exactly one of its fields is set, except that Audiences may go with Token, Claims with User or Token, and Token or JWT with
// ServiceAccount.
type From struct {
	User           string         // through the ingress, with a session: a token of the issuer whose rule copies the claim email
	Token          string         // a Kubernetes token of this account (namespace/name): through the ingress, or with serviceAccount in the hands of that pod
	Audience       string         // deprecated: audiences with one
	Audiences      []string       // of that token; empty: none
	Claims         map[string]any // of the session, whose other claims are unknown, or of the Kubernetes token: texts, lists of texts, or mappings of these
	JWT            *JWT           // any token with a good signature: through the ingress, or with serviceAccount in the hands of that pod
	Anonymous      bool           // through the ingress, with nothing
	ServiceAccount string         // a pod in the mesh that runs as this account (namespace/name)
	OffMesh        bool           // a pod or machine outside the mesh that reaches pod and Service addresses
}

// JWT is a token as its issuer signed it.
type JWT struct {
	Issuer    string
	Subject   string
	Audiences []string
	Claims    map[string]any // further claims: texts, lists of texts, or mappings of these
}

// To is the target: a Service, or pods by their labels. Direct: the pods behind the Service by their own address, as headless Services
// lead to them.
type To struct {
	Namespace string
	Service   string
	Pod       map[string]string
	Direct    bool

	only *workload // in addition to Pod: this kind of pods, whatever labels others have
}

// String names the client on one line.
func (f From) String() string {
	switch {
	case f.User != "":
		return "user " + f.User
	case f.Token != "" && f.ServiceAccount != "":
		return "pod " + f.ServiceAccount + " with a token of " + f.Token
	case f.Token != "":
		return "token " + f.Token
	case f.JWT != nil && f.ServiceAccount != "":
		return "pod " + f.ServiceAccount + " with a token of the issuer " + f.JWT.Issuer
	case f.JWT != nil:
		return "a token of the issuer " + f.JWT.Issuer
	case f.ServiceAccount != "":
		return "pod " + f.ServiceAccount
	case f.OffMesh:
		return "off the mesh"
	}
	return "anonymous"
}

// ingress: the client comes through the ingress, and not from a pod.
func (f From) ingress() bool {
	return f.ServiceAccount == "" && (f.User != "" || f.Token != "" || f.JWT != nil || f.Anonymous)
}

// impossible is why a request cannot be answered: a field, and its fault.
type impossible struct {
	code                  diagnostic.Code
	field, reason, remedy string
}

func (i *impossible) String() string { return i.field + " " + i.reason }

// check says what makes a request unanswerable; nil: nothing.
func (r Request) check() *impossible {
	const missing, conflict, value = diagnostic.CheckFieldMissing, diagnostic.CheckFieldsConflict, diagnostic.CheckWrongValue
	f := r.From
	switch n := f.count(); {
	case n == 0:
		return &impossible{missing, "from", "names no client", oneClient}
	case n > 1 && (n != 2 || f.ServiceAccount == "" || !f.carries()):
		return &impossible{conflict, "from", "names more than one client", oneClient}
	case f.JWT != nil && f.JWT.Issuer == "":
		return &impossible{missing, "from.jwt.issuer", "is missing", "write the issuer of the token"}
	case f.Audience != "" && len(f.Audiences) > 0:
		return &impossible{conflict, "from.audience", "is set together with from.audiences", "write it in audiences"}
	case f.Audience != "" && f.Token == "":
		return &impossible{conflict, "from.audience", "is set without from.token", "remove it, or add the token"}
	case len(f.Audiences) > 0 && f.Token == "":
		return &impossible{conflict, "from.audiences", "is set without from.token", "remove it, or add the token"}
	case len(f.Claims) > 0 && f.JWT != nil:
		return &impossible{conflict, "from.claims", "is set together with from.jwt", "write it in from.jwt.claims"}
	case len(f.Claims) > 0 && f.User == "" && f.Token == "":
		return &impossible{conflict, "from.claims", "is set without from.user or from.token", "remove it, or add one of them"}
	case f.ownClaim() != "":
		return &impossible{conflict, "from.claims." + f.ownClaim(), "is a claim that the client sets", "remove it"}
	case r.To.Namespace == "":
		return &impossible{missing, "to.namespace", "is missing", "write the namespace of the Service or pod"}
	case r.To.Service == "" && r.To.Pod == nil:
		return &impossible{missing, "to", "names no target", "write service, or pod with its labels"}
	case r.To.Service != "" && r.To.Pod != nil:
		return &impossible{conflict, "to", "names both service and pod", "keep one of them"}
	case f.ingress() && (r.To.Pod != nil || r.To.Direct):
		return &impossible{conflict, "to", "names pods, but the ingress leads to Services", "name a service, or take serviceAccount or offMesh as the client"}
	case r.Path != "" && !strings.HasPrefix(r.Path, "/"):
		return &impossible{value, "request.path", "does not start with a slash", "write path: /" + r.Path}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		if why := badHeader(name, r.Headers[name]); why != "" {
			return &impossible{value, "request.headers." + name, why, "write a name of letters, digits and dashes, and a value on one line"}
		}
	}
	for _, account := range [2][2]string{{"token", f.Token}, {"serviceAccount", f.ServiceAccount}} {
		if _, _, ok := splitAccount(account[1]); account[1] != "" && !ok {
			return &impossible{value, "from." + account[0], fmt.Sprintf("%q is not namespace/name", account[1]), "write both, with one slash between them"}
		}
	}
	return nil
}

// ownClaim returns a claim that is set although it follows from the client, or "".
func (f From) ownClaim() string {
	names := []string{"iss", "aud", "email"}
	if f.Token != "" {
		names = []string{"iss", "aud", "sub", "kubernetes.io"}
	}
	for _, name := range names {
		if _, given := f.Claims[name]; given {
			return name
		}
	}
	return ""
}

// audiences are those of the Kubernetes token.
func (f From) audiences() []string {
	if f.Audience != "" {
		return []string{f.Audience}
	}
	return f.Audiences
}

const oneClient = "write exactly one of user, token, jwt, anonymous, serviceAccount, offMesh, or serviceAccount with token or jwt"

// count is the number of clients that are named.
func (f From) count() (n int) {
	for _, set := range [6]bool{f.User != "", f.Token != "", f.JWT != nil, f.Anonymous, f.ServiceAccount != "", f.OffMesh} {
		if set {
			n++
		}
	}
	return n
}

// carries reports whether there is one token that a pod may show.
func (f From) carries() bool { return (f.Token != "") != (f.JWT != nil) }

// attributes are what the first proxy sees of the request.
func (r Request) attributes(trace *symbolic.Trace) attributes {
	a := attributes{tcp: r.TCP, favor: r.favor, plain: r.plain, undenied: r.undenied, method: trace.On(methodAxis, cmp.Or(r.Method, "GET")), host: symbolic.In(some), trace: trace}
	if r.Host != "" {
		a.host = trace.On(hostAxis, r.Host)
	}
	names := make([]string, 0, len(r.Headers))
	for name := range r.Headers {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		lower := strings.ToLower(name)
		if lower == "host" {
			a.host = knownValue(r.Headers[name])
			continue
		}
		// The same name in two spellings: Envoy joins repeated headers with a comma.
		v := knownValue(trim(r.Headers[name]))
		if !isProxyHeader(lower) {
			v = trace.At(headerAxis+lower, symbolic.Point{Text: trim(r.Headers[name]), There: true})
		}
		if before := find(a.headers, lower); before.State() == known {
			a.headers = a.headers.without(lower)
			v = before.Append("," + v.Read())
		}
		a.headers = append(a.headers, namedValue{lower, v})
	}
	a.headers = a.headers.nominated()
	return a
}

// trim takes off the blanks around a header's value, as HTTP/1 parsers do on every hop.
func trim(s string) string { return strings.Trim(s, " \t") }

// nextHop are the headers as the next proxy reads them.
func (h headers) nextHop() headers {
	out := make(headers, len(h))
	for i, v := range h {
		v.value = v.Trim()
		out[i] = v
	}
	return out
}
