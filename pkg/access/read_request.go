package access

import (
	"fmt"
	"sort"
	"strings"
)

// Request is one question: may From do this to To?
type Request struct {
	From From
	To   To

	Method  string            // GET where empty
	Host    string            // empty: nobody can say, unless a route does
	Path    string            // with its query, as the client sends it; empty: that of a route to the Service, else /
	Port    int               // of the Service, or of the pod with To.Direct or To.Pod; 0: the first one
	Headers map[string]string // sent as they are
	TCP     bool              // not HTTP
}

// From is the client: exactly one of its fields is set, Audience only beside Token, and Token or JWT also beside ServiceAccount.
type From struct {
	User           string // through the ingress, with a session: a token of the issuer whose rule copies the claim email
	Token          string // a Kubernetes token of this account (namespace/name): through the ingress, or with serviceAccount in the hands of that pod
	Audience       string // of that token; empty: none
	JWT            *JWT   // any token with a good signature: through the ingress, or with serviceAccount in the hands of that pod
	Anonymous      bool   // through the ingress, with nothing
	ServiceAccount string // a pod in the mesh that runs as this account (namespace/name)
	OffMesh        bool   // a pod or machine outside the mesh that reaches pod and Service addresses
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

// check says what makes a request unanswerable, "" where nothing does.
func (r Request) check() string {
	f, n := r.From, 0
	carried := f.Token != "" && f.JWT == nil || f.Token == "" && f.JWT != nil
	for _, set := range [6]bool{f.User != "", f.Token != "", f.JWT != nil, f.Anonymous, f.ServiceAccount != "", f.OffMesh} {
		if set {
			n++
		}
	}
	switch {
	case n != 1 && (n != 2 || f.ServiceAccount == "" || !carried):
		return "from must be exactly one of user, token, jwt, anonymous, serviceAccount, offMesh, or serviceAccount with one of token, jwt"
	case f.JWT != nil && f.JWT.Issuer == "":
		return "from.jwt.issuer is missing"
	case r.From.Audience != "" && r.From.Token == "":
		return "from.audience goes with from.token only"
	case r.To.Namespace == "":
		return "to.namespace is missing"
	case r.To.Service == "" && r.To.Pod == nil, r.To.Service != "" && r.To.Pod != nil:
		return "to must name one of service and pod"
	case r.From.ingress() && (r.To.Pod != nil || r.To.Direct):
		return "the ingress leads to Services, not to pods"
	case r.Path != "" && !strings.HasPrefix(r.Path, "/"):
		return "request.path must begin with a slash"
	}
	for _, account := range [2]string{r.From.Token, r.From.ServiceAccount} {
		if _, _, ok := splitAccount(account); account != "" && !ok {
			return fmt.Sprintf("%q is not namespace/name", account)
		}
	}
	return ""
}

// attributes are what the first proxy sees of the request.
func (r Request) attributes() attributes {
	a := attributes{tcp: r.TCP, method: knownValue(or(r.Method, "GET")), host: value{state: some}}
	if r.Host != "" {
		a.host = knownValue(r.Host)
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
		v := trim(r.Headers[name])
		if before := find(a.headers, lower); before.state == known {
			a.headers = a.headers.without(lower)
			v = before.s + "," + v
		}
		a.headers = append(a.headers, namedValue{lower, knownValue(v)})
	}
	return a
}

// trim takes off the blanks around a header's value, as HTTP/1 parsers do on every hop.
func trim(s string) string { return strings.Trim(s, " \t") }

// nextHop are the headers as the next proxy reads them.
func (h headers) nextHop() headers {
	out := make(headers, len(h))
	for i, v := range h {
		v.s = trim(v.s)
		out[i] = v
	}
	return out
}
