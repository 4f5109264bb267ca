package access

import (
	"cmp"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// World is a cluster as its manifests say it is. It is read only: Decide may run concurrently.
type World struct {
	seen             map[objectID]seen // while it is loaded
	recording        *recording
	locked           *Lock  // all that is known, where it is of a lock file
	usual            bool   // sidecars are judged as they usually are
	mark             string // of the lists of its own, where another world is compared with it
	mesh             mesh
	namespaces       map[string]*space
	names            []string // of the namespaces, in the order met
	unplaced         space    // of objects that name no namespace
	istiods          []istiod
	ztunnels         []istiod
	versions         []version
	ztunnelVersions  []version
	release          int                 // the minor release of Istio that is asked for; 0: the istiods' own
	tags             map[string][]string // of a revision
	meshMaps         []*meshMap
	offered          []*meshMap // of installers
	installed        bool       // an installer makes an istiod
	ztunnelInstalled bool
	ingresses        []*gateway
	foreign          []*gateway // of other controllers than Istio's
	classes          []gatewayClass
	capture          capture
	blueprints       []blueprint

	ingressClasses map[string]string // the controller of each

	rewriters    []*rewriter
	listenerSets []*listenerSet
	listenersOf  map[string]*listenerSet
	bound        boundRoutes
	istioFronts  map[string]*istioGateway // by namespace/name
	ingressLeads []*ingressLead

	routePolicies                        []routePolicy
	clouded                              []*cloud // everything that is not judged, in the order met
	everything, everyEnvoy, everyGateway *cloud
	classOverlays                        []classOverlay
	revisions                            map[string]bool   // of istiods that serve Gateways
	wild                                 []*cloud          // about Services, by hosts with a wildcard
	aliased                              map[string]*cloud // of ExternalName Services that routes lead to, by the Service that they refer to

	comparedHeaders map[string]bool // in lower case, that policies and routes compare

	onceLeads, onceFronts   sync.Once // filed when the first request needs them
	leads                   map[string][]*lead
	fronts                  map[string]bool
	onceUnlike              sync.Once
	onceOnwards, onceLed    sync.Once
	valuesFrom              []valuesFrom
	onceSidecars            sync.Once
	sidecars                bool // some pod may have one
	onceAddresses           sync.Once
	written                 map[*gateway][]writtenAddress
	writtenAt               []*gateway // the waypoints before them, in order
	writtenByGateways       []writtenAddress
	onceRoutesTo            sync.Once
	servedRoutes            map[string][]*route      // by the Services that they lead to
	onwardRoutes            map[string][]onwardRoute // by the Services that they lead to
	onwardInto              map[string][]onwardRoute // by the namespaces of these
	ledServices             map[string]bool
	unlike                  unlike
	unplacedPods            []unplacedPod
	changers                []mutator // of other objects than pods
	onceIngress, onceHeader sync.Once // made up when the first request needs them
	madeUpIngress           *gateway
	madeUpHeader            string
}

// space is what one namespace holds. declared: its Namespace object is in the manifests.
type space struct {
	name     string
	declared bool
	place           // of its Namespace
	profile  bool   // a user namespace, as the profile-controller makes it
	owner    string // of its annotation
	labels   labels

	policies        []*policy
	authentications []*authentication
	peers           []*peerAuthentication
	scopes          []*sidecarScope
	services        []*service
	named           map[string]*service // the first of each name
	workloads       []*workload
	podDefaults     []podDefault
	gateways        []*gateway
	overlays        map[string]*overlay
	routes          []*route
	grants          []grant
	entries         []meshEntry
	accounts        []string
	notebooks       []string
	isNotebook      map[string]bool
	models          []model
	capture         *capture // the cluster's
	own             labels   // as selectors for namespaces see them

	noted
	clouds clouds
}

// Load reads manifests, from any source, in any order. Kinds that play no part are ignored. An object of a known kind without a usable
// metadata is an error that names it, a Finding; all of them are returned together. A mistake inside one policy only makes that policy unjudgeable.
func Load(items iter.Seq[*yaml.Node]) (*World, error) { return loadInto(newRecording(), items) }

// LoadNext is Load of the manifests that come after a world's own, to be compared with it. One World is compared with one other.
func (w *World) LoadNext(items iter.Seq[*yaml.Node]) (*World, error) {
	w.recording.next = true
	return loadInto(w.recording, items)
}

func loadInto(r *recording, items iter.Seq[*yaml.Node]) (*World, error) {
	w := &World{seen: map[objectID]seen{}, recording: r, namespaces: map[string]*space{}, tags: map[string][]string{}, listenersOf: map[string]*listenerSet{}, istioFronts: map[string]*istioGateway{}, revisions: map[string]bool{}, mesh: defaultMesh()}
	w.unplaced.capture = &w.capture
	var errs []error
	for item := range items {
		if err := w.add(deref(item)); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	w.finish()
	return w, nil
}

// add files one object. Group and kind decide, not the version: a policy means the same in v1 and v1beta1.
func (w *World) add(n *yaml.Node) error {
	if n == nil || n.Kind != yaml.MappingNode || isLocal(n) {
		return nil
	}
	kind, group := textOf(field(n, "kind")), textOf(field(n, "apiVersion"))
	if i := strings.IndexByte(group, '/'); i >= 0 {
		group = group[:i]
	} else {
		group = ""
	}
	w.readUnplaced(groupKind{group, kind}, n)
	if again, err := w.again(groupKind{group, kind}, n, w.recording.add(n, groupKind{group, kind})); again {
		return err
	}
	w.readClouds(groupKind{group, kind}, n)
	if read := installers[groupKind{group, kind}]; read != nil {
		if m, bad := readMeta(n, false); bad == nil {
			read(w, m, n)
		}
	}
	if read := generators[groupKind{group, kind}]; read != nil {
		read(w, n)
	}
	w.readEmbedded(groupKind{group, kind}, n)
	if read := mutators[groupKind{group, kind}]; read != nil {
		if m, bad := readMeta(n, false); bad == nil {
			read(w, m, n)
		}
		return nil
	}
	read, note := readers[groupKind{group, kind}], noters[groupKind{group, kind}]
	if read == nil && note == nil {
		w.readAnyDeparture(n)
		w.readPods(group, kind, n)
		return nil
	}
	m, bad := readMeta(n, labelled[kind])
	for _, read := range [2]reader{read, note} {
		if read != nil && bad == nil {
			bad = read(w, m, n)
		}
	}
	if bad == nil && makers[groupKind{group, kind}] != nil {
		w.readPods(group, kind, n)
	}
	if bad != nil {
		return m.finding(diagnostic.ManifestUnreadable, bad.field, bad.place, bad.reason, "", "correct the field")
	}
	return nil
}

type groupKind struct{ group, kind string }

type reader func(w *World, m meta, n *yaml.Node) *fault

// readers are the kinds that decide who reaches what.
var readers = map[groupKind]reader{
	{"", "Namespace"}:      (*World).readNamespace,
	{"", "Service"}:        (*World).readService,
	{"", "ServiceAccount"}: (*World).readAccount,
	{"", "ConfigMap"}:      (*World).readConfigMap,

	{"", "Pod"}:                    (*World).readPod,
	{"apps", "Deployment"}:         (*World).readTemplate,
	{"apps", "StatefulSet"}:        (*World).readTemplate,
	{"apps", "DaemonSet"}:          (*World).readTemplate,
	{"apps", "ReplicaSet"}:         (*World).readTemplate,
	{"batch", "Job"}:               (*World).readTemplate,
	{"batch", "CronJob"}:           (*World).readCronJob,
	{"kubeflow.org", "Notebook"}:   (*World).readNotebook,
	{"kubeflow.org", "PodDefault"}: (*World).readPodDefault,

	{"admissionregistration.k8s.io", "MutatingWebhookConfiguration"}: (*World).readWebhooks,

	{"security.istio.io", "AuthorizationPolicy"}:   (*World).readPolicy,
	{"security.istio.io", "RequestAuthentication"}: (*World).readAuthentication,
	{"security.istio.io", "PeerAuthentication"}:    (*World).readPeerAuthentication,

	{"gateway.networking.k8s.io", "Gateway"}:        (*World).readGateway,
	{"gateway.networking.k8s.io", "GatewayClass"}:   (*World).readGatewayClass,
	{"gateway.networking.k8s.io", "HTTPRoute"}:      (*World).readRoute,
	{"gateway.networking.k8s.io", "ReferenceGrant"}: (*World).readGrant,

	{"gateway.networking.k8s.io", "GRPCRoute"}:         (*World).readGRPCRoute,
	{"gateway.networking.k8s.io", "ListenerSet"}:       (*World).readListenerSet,
	{"gateway.networking.x-k8s.io", "XListenerSet"}:    (*World).readListenerSet,
	{"networking.istio.io", "VirtualService"}:          (*World).readVirtualService,
	{"networking.istio.io", "Gateway"}:                 (*World).readIstioGateway,
	{"networking.istio.io", "Sidecar"}:                 (*World).readSidecar,
	{"serving.kserve.io", "LLMInferenceService"}:       (*World).readInferenceService,
	{"serving.kserve.io", "LLMInferenceServiceConfig"}: (*World).readInferenceService,
}

// labelled are the kinds whose labels matter; most objects are policies, whose do not.
var labelled = map[string]bool{"Namespace": true, "Service": true, "Pod": true, "Gateway": true, "GatewayClass": true}

type meta struct {
	origin
	labels      labels
	annotations *yaml.Node
}

// in is the object's origin in the namespace that it is filed in.
func (m meta) in(s *space) origin {
	m.namespace = s.name
	return m.origin
}

// annotation gives an annotation's value and whether it is there.
func (m meta) annotation(key string) (string, bool) {
	n := field(m.annotations, key)
	return textOf(n), n != nil
}

func readMeta(n *yaml.Node, labelled bool) (m meta, bad *fault) {
	md := field(n, "metadata")
	m.origin = originOf(n)
	var err error
	if m.name, err = text(field(md, "name")); err != nil {
		return m, wrong(field(md, "name"), "metadata.name", "%v", err)
	}
	if prefix := textOf(field(md, "generateName")); m.name == "" && prefix != "" {
		m.name = prefix + "*" // apiserver: the name is made up when the object is created
	}
	if m.name == "" {
		return m, wrong(md, "metadata.name", "is missing")
	}
	if m.namespace, err = text(field(md, "namespace")); err != nil {
		return m, wrong(field(md, "namespace"), "metadata.namespace", "%v", err)
	}
	if isVariable(m.namespace) {
		m.namespace = ""
	}
	m.annotations = field(md, "annotations")
	if !labelled {
		return m, nil
	}
	m.labels, bad = labelsAt(field(md, "labels"), "metadata.labels")
	return m, bad
}

// space gives the namespace to file something in. Objects without one are filed where nobody looks for them (readUnplaced).
func (w *World) space(name string) *space {
	if name == "" {
		return &w.unplaced
	}
	s := w.namespaces[name]
	if s == nil {
		s = &space{name: name, capture: &w.capture}
		w.namespaces[name] = s
		w.names = append(w.names, name)
	}
	return s
}

// look is space without making one: what is not there is empty.
func (w *World) look(name string) *space {
	if s := w.namespaces[name]; s != nil {
		return s
	}
	return &nowhere
}

var nowhere space

func (w *World) readNamespace(m meta, n *yaml.Node) *fault {
	s := w.space(m.name)
	s.declared, s.labels, s.place = true, m.labels, m.place
	owner, owned := m.annotation("owner")
	s.owner = owner
	s.profile = owned || m.labels.value("app.kubernetes.io/part-of") == "kubeflow-profile"
	if c := firstCloud(m.unservedCloud(), cloudByName(m.origin, "Namespace", field(n, "metadata"), "metadata")); c != nil {
		s.clouds.whole = c
	}
	return nil
}

func (w *World) readAccount(m meta, _ *yaml.Node) *fault {
	s := w.space(m.namespace)
	s.accounts = append(s.accounts, m.name)
	return nil
}

func (w *World) readPolicy(m meta, n *yaml.Node) *fault {
	s := w.space(m.namespace)
	s.policies = append(s.policies, parsePolicy(m.in(s), m, n))
	return nil
}

// sort has the order of documents say nothing. Of policies that decide alike, the one with the most rules is named, which a reader looks for first.
func (w *World) sort() {
	slices.Sort(w.names)
	for _, s := range w.namespaces {
		slices.SortStableFunc(s.policies, func(a, b *policy) int {
			return cmp.Or(cmp.Compare(len(b.rules), len(a.rules)), cmp.Compare(a.name, b.name))
		})
	}
}

// finish settles what only all manifests together say.
func (w *World) finish() {
	w.sort()
	w.readVersions()
	w.followValues()
	w.chooseMesh()
	w.mesh.settle(w)
	w.settleCNI()
	w.settleClouds()
	w.settleMutated()
	w.seen = nil
	w.settleUnplaced()
	w.settleRoutes()
	w.settleAliases()
	w.noteCompared()
	for _, name := range w.names {
		s := w.namespaces[name]
		s.own = s.selectable()
		s.clouds.whole = firstCloud(s.clouds.whole, w.mutatedSpace(s))
		for _, pod := range s.workloads {
			w.follow(name, pod)
			s.applyPodDefaults(pod)
			s.mutate(pod)
			pod.part, pod.partWhy = s.settlePart(pod)
			pod.settled = true
			pod.settleNames()
		}
		for _, g := range w.namespaces[name].gateways {
			g.settle(w)
			w.revisions[g.revision] = true
			switch {
			case g.foreign:
				w.foreign = append(w.foreign, g)
			case !g.waypoint && !g.eastWest:
				w.ingresses = append(w.ingresses, g)
			}
		}
	}
	w.settleHandMade()
	w.settleLoops()
}
