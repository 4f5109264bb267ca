package fn

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// randomConfig is a valid configuration by chance, and what it should mean.
type randomConfig struct {
	tenants                       []tenant
	domain, header, prefix        string
	gateway, waypoint             string
	sameNamespace, anyAudience    bool
	visualization, restrict       bool
	openPaths                     []string
	scraper                       string // namespace/name, or ""
	scraped                       int
	pipelinesUI, pipelines, nbCtl string
	// found: owners and contributors are not in the configuration but in the Profiles and
	// RoleBindings of the cluster.
	found bool
}

type tenant struct {
	name, kind, owner string
	accounts          []string // nil: left out
	contributors      []string
	notebook          string // its rewrite, or ""
}

// Users may own several namespaces and contribute to others; some of their names are near misses of
// others'.
var users = []string{
	"ann@example.com", "Ann@example.com", "ann@example.co", "bann@example.com", "bob.o'neil+x@example.com", "dora",
	"a b@example.com", "system:masters", "1e3", "system:serviceaccount", "ünal@example.com", "quote\"d@example.com", "back\\slash", "{x}", "#x", "%41nn@example.com",
}

// strangers are let in by nobody.
var strangers = []string{"mallory@example.com", "ann@example.com.evil.com", "ANN@EXAMPLE.COM", "an", "nn@example.com", "system:serviceaccount:t0:default-editor"}

func newRandomConfig(r *rand.Rand) randomConfig {
	c := randomConfig{
		domain: pick(r, "cluster.local", "mesh.example.com"), header: pick(r, "kubeflow-userid", "X-User"), prefix: pick(r, "", "", "accounts.google.com:"),
		gateway: pick(r, "istio-system/ambient-ingressgateway", "edge/front"), waypoint: pick(r, "waypoint", "wp"),
		sameNamespace: r.IntN(3) > 0, anyAudience: r.IntN(4) == 0, visualization: r.IntN(3) > 0, restrict: r.IntN(4) == 0,
		openPaths:   some(r, []string{"/healthz", "/metrics", "/wait-for-drain", "/a/b.c", "/x%20y"}),
		pipelinesUI: pick(r, "kubeflow/ml-pipeline-ui", "kfp/ui"), pipelines: pick(r, "kubeflow/ml-pipeline", "kfp/api"),
		nbCtl: pick(r, "kubeflow/notebook-controller-service-account", "kfp/nb"),
	}
	if !c.sameNamespace {
		c.restrict = true // Keep would make it an error
	}
	if r.IntN(2) == 0 {
		c.scraper, c.scraped = "monitoring/prometheus", 9090+r.IntN(2)
	}
	for i := range 1 + r.IntN(4) {
		c.tenants = append(c.tenants, newTenant(r, i))
	}
	return c
}

func newTenant(r *rand.Rand, i int) tenant {
	t := tenant{name: "t" + strconv.Itoa(i) + pick(r, "", "-x", "-waypoint"), kind: pick(r, "User", "User", "User", "ServiceAccount", "Group"), owner: pick(r, users...)}
	if t.kind == "ServiceAccount" {
		t.owner = pick(r, "robot", "t1/robot", "other/robot")
	}
	if r.IntN(3) > 0 {
		t.accounts = append([]string{}, some(r, []string{"default-editor", "t0/default-editor", "t1/default-editor", "other/ci", "runner"})...)
	}
	seen := map[string]bool{}
	for _, user := range some(r, users) {
		binding := strings.ToLower(strings.Trim(fmt.Sprintf("%q", user), `"`))
		if kfam := strings.Map(onlyLetters, binding); !seen[kfam] { // KFAM must tell them apart
			seen[kfam] = true
			t.contributors = append(t.contributors, user)
		}
	}
	t.notebook = pick(r, "", "/")
	return t
}

// onlyLetters leaves out what KFAM cannot tell apart.
func onlyLetters(c rune) rune {
	if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
		return c
	}
	return -1
}

func pick(r *rand.Rand, from ...string) string { return from[r.IntN(len(from))] }

// some are a few of a list, perhaps none, in any order.
func some(r *rand.Rand, from []string) []string {
	from = slices.Clone(from)
	r.Shuffle(len(from), func(i, j int) { from[i], from[j] = from[j], from[i] })
	return from[:r.IntN(min(len(from), 4)+1)]
}

// text is the configuration as people write it.
func (c randomConfig) text() string {
	var out strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	p("apiVersion: ambient.kubeflow.org/v1alpha1\nkind: AmbientProfile\nmetadata: {name: kubeflow}\nspec:")
	p("  identity: {trustDomain: %s, userIDHeader: %s, userIDPrefix: %q, serviceAccounts: {pipelinesUI: %s, pipelinesAPI: %s, notebookController: %s}}",
		c.domain, c.header, c.prefix, c.pipelinesUI, c.pipelines, c.nbCtl)
	p("  ingress: {gateway: %s}\n  waypoint: {name: %s}", c.gateway, c.waypoint)
	p("  access:\n    sameNamespacePods: %v\n    visualizationServer: %v\n    openPaths: %s", c.sameNamespace, c.visualization, quotedList(c.openPaths))
	if c.scraper != "" {
		p("    monitoring: [{serviceAccount: %s, ports: [%d]}]", c.scraper, c.scraped)
	}
	p("  cluster:\n    controllers: %s", map[bool]string{true: "Restrict", false: "Keep"}[c.restrict])
	if c.anyAudience {
		p("    tokens: {audiences: [\"*\"]}")
	}
	if c.found {
		p("  profileSelector: {}")
	}
	p("  profiles:")
	for _, t := range c.tenants {
		p("  - name: %s", t.name)
		if !c.found {
			p("    owner: {kind: %s, name: %q}", t.kind, t.owner)
		}
		if t.accounts != nil {
			p("    serviceAccounts: %s", quotedList(t.accounts))
		}
		for i, user := range t.contributors {
			if c.found {
				break
			}
			if i == 0 {
				p("    contributors:")
			}
			p("    - {name: %q, role: %s}", user, roles[i%len(roles)])
		}
		if t.notebook != "" {
			p("    notebooks: [{name: tet, rewrite: %s}, {name: other}]", t.notebook)
		}
	}
	return out.String()
}

var roles = []string{"admin", "edit", "view"}

// sources are the owners and contributors as Kubeflow keeps them.
func (c randomConfig) sources() string {
	var out strings.Builder
	for _, t := range c.tenants {
		owner, namespace := t.owner, t.name
		if other, name, found := strings.Cut(t.owner, "/"); found && t.kind == "ServiceAccount" {
			owner, namespace = name, other
		}
		fmt.Fprintf(&out, "apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: {name: %s}\nspec: {owner: {kind: %s, name: %q, namespace: %s}}\n---\n", t.name, t.kind, owner, namespace)
		for i, user := range t.contributors {
			fmt.Fprintf(&out, "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: kfam-%d, namespace: %s, annotations: {user: %q, role: %s}}\n"+
				"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: kubeflow-%[4]s}\nsubjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: %[3]q}]\n---\n",
				i, t.name, user, roles[i%len(roles)])
		}
	}
	return out.String()
}

func quotedList(texts []string) string {
	quoted := make([]string, len(texts))
	for i, s := range texts {
		quoted[i] = strconv.Quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// people are the users whom the tenant lets in, as they log in.
func (c randomConfig) people(t tenant) map[string]bool {
	people := map[string]bool{}
	if t.kind == "User" {
		people[c.prefix+t.owner] = true
	}
	for _, user := range t.contributors {
		people[c.prefix+user] = true
	}
	return people
}

// robots are the service accounts whose tokens let them in, as namespace/name.
func (t tenant) robots() map[string]bool {
	accounts := t.accounts
	if accounts == nil {
		accounts = []string{"default-editor"}
	}
	if t.kind == "ServiceAccount" {
		accounts = append(slices.Clone(accounts), t.owner)
	}
	robots := map[string]bool{}
	for _, account := range accounts {
		if !strings.Contains(account, "/") {
			account = t.name + "/" + account
		}
		robots[account] = true
	}
	return robots
}

// cluster returns the objects that exist in addition to the function's output: the mesh, the ingress with
// its login, and in each namespace a notebook, a training job, the visualization server and a route to each.
func (c randomConfig) cluster() string {
	namespace, gateway, _ := strings.Cut(c.gateway, "/")
	var out strings.Builder
	for _, ns := range slices.Compact([]string{"istio-system", namespace}) {
		fmt.Fprintf(&out, "apiVersion: v1\nkind: Namespace\nmetadata: {name: %s}\n---\n", ns)
	}
	for _, ns := range []string{"kubeflow", "kfp", "monitoring", "other"} {
		fmt.Fprintf(&out, "apiVersion: v1\nkind: Namespace\nmetadata: {name: %s, labels: {istio.io/dataplane-mode: ambient}}\n---\n", ns)
	}
	if c.found {
		out.WriteString(c.sources())
	}
	fmt.Fprintf(&out, platform, c.domain, gateway, namespace, namespace, gateway, c.header)
	for _, t := range c.tenants {
		out.WriteString(strings.NewReplacer("NS", t.name, "GATEWAY", gateway, "INGRESS", namespace).Replace(workloads))
	}
	return out.String()
}

const platform = `apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: "trustDomain: %s"}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: %s, namespace: %s}
spec:
  gatewayClassName: istio
  listeners: [{name: default, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: session, namespace: %s}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: %s}]
  jwtRules:
  - issuer: https://dex.example.com
    forwardOriginalToken: true
    outputClaimToHeaders: [{claim: email, header: %s}, {claim: groups, header: kubeflow-groups}]
---
`

const workloads = `apiVersion: v1
kind: Service
metadata: {name: tet, namespace: NS}
spec: {selector: {app: tet}, ports: [{name: http-tet, port: 80, targetPort: 8888}]}
---
apiVersion: v1
kind: Service
metadata: {name: train, namespace: NS}
spec: {clusterIP: None, selector: {app: tet}, ports: [{name: torch, port: 23456}]}
---
apiVersion: v1
kind: Service
metadata: {name: ml-pipeline-visualizationserver, namespace: NS}
spec: {selector: {app: vis}, ports: [{name: http, port: 8888}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: tet, namespace: NS}
spec: {template: {metadata: {labels: {app: tet}}, spec: {serviceAccountName: default-editor, containers: [{name: tet}]}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: all, namespace: NS}
spec:
  parentRefs: [{name: GATEWAY, namespace: INGRESS}]
  rules: [{matches: [{path: {type: PathPrefix, value: /t/NS/}}], backendRefs: [{name: tet, port: 80}]}]
---
`
