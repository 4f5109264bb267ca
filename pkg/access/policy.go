package access

type action uint8

const (
	allow action = iota
	deny
	custom
	audit
)

// policy is one AuthorizationPolicy.
type policy struct {
	namespace, name string
	attachment
	action   action
	provider string
	dryRun   bool
	ours     bool // carries our owner's annotation
	rules    []rule
	bad      string // why Istio would refuse it; then nothing that it takes part in is judged
}

func (p *policy) id() string { return join(p.namespace, p.name) }

// attachment is what AuthorizationPolicies and RequestAuthentications share: where they apply.
type attachment struct {
	selected bool // has a selector, an empty one included
	selector labels
	targets  []target
}

// target is one targetRef. An empty namespace is the policy's own.
type target struct{ group, kind, namespace, name string }

// rule is one rule: any of from, any of to, all of when. An entry is a list of conditions that must all hold.
type rule struct {
	from [][]condition
	to   [][]condition
	when []condition
}

// condition compares one attribute: any of values (if there are any), none of notValues.
type condition struct {
	attribute         attribute
	key               string // header name in lower case, claim path joined by \x00, or the when key as written
	values, notValues []string
}

type attribute uint8

const (
	unknownAttribute attribute = iota
	principal
	namespaceOf
	serviceAccount
	trustDomain
	sourceIP
	destinationIP
	port
	sni
	// From here on: HTTP only.
	remoteIP
	requestPrincipal
	audience
	presenter
	claim
	header
	host
	method
	path
	envoyMetadata
)

// http: the attribute exists for HTTP only (authz/model: forTCP generators fail; remote.ip is L7 for ztunnel, ambient httpSources).
func (a attribute) http() bool { return a >= requestPrincipal && a != envoyMetadata }

// sourceFields and operationFields name the fields of `from.source` and `to.operation`; a leading "not" negates.
var sourceFields = map[string]attribute{
	"principals": principal, "requestPrincipals": requestPrincipal, "namespaces": namespaceOf, "ipBlocks": sourceIP,
	"remoteIpBlocks": remoteIP, "serviceAccounts": serviceAccount, "trustDomains": trustDomain,
	"notPrincipals": principal, "notRequestPrincipals": requestPrincipal, "notNamespaces": namespaceOf, "notIpBlocks": sourceIP,
	"notRemoteIpBlocks": remoteIP, "notServiceAccounts": serviceAccount, "notTrustDomains": trustDomain,
}

var operationFields = map[string]attribute{
	"hosts": host, "methods": method, "paths": path, "ports": port,
	"notHosts": host, "notMethods": method, "notPaths": path, "notPorts": port,
}
