// Package access judges rendered manifests; it never sees a profile. It decides as Istio does in ambient mode, from Istio's own rules, and
// what it cannot decide it calls NOT JUDGED, which is never an allow. It reads no clock, no environment and no network.
package access

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// World is a cluster as its manifests say it is. It is read only: Decide may run concurrently.
type World struct {
	mesh       mesh
	namespaces map[string]*space
	names      []string // of the namespaces, in the order met
	istiods    []istiod
	ingresses  []*gateway
	classes    []gatewayClass
	virtual    bool // there are VirtualServices, which are not followed

	rewriters    []*rewriter
	listenerSets []*listenerSet
	listenersOf  map[string]*listenerSet

	onceIngress, onceHeader sync.Once // made up when the first request needs them
	madeUpIngress           *gateway
	madeUpHeader            string
}

// space is what one namespace holds. declared: its Namespace object is in the manifests.
type space struct {
	name     string
	declared bool
	labels   labels

	policies        []*policy
	authentications []*authentication
	peers           []*peerAuthentication
	services        []*service
	named           map[string]*service // the first of each name
	workloads       []*workload
	gateways        []*gateway
	routes          []*route
	grants          []grant
	accounts        []string
	notebooks       []string
	isNotebook      map[string]bool

	noted
}

// Load reads manifests, from any source, in any order. Kinds that play no part are ignored. An object of a known kind without a usable
// metadata is an error that names it; all of them are returned together. What is wrong inside one policy only makes that policy unjudgeable.
func Load(items iter.Seq[*yaml.Node]) (*World, error) {
	w := &World{namespaces: map[string]*space{}, listenersOf: map[string]*listenerSet{}, mesh: defaultMesh()}
	var errs []error
	i := 0
	for item := range items {
		if err := w.add(deref(item)); err != nil {
			errs = append(errs, fmt.Errorf("item %d: %w", i, err))
		}
		i++
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	w.finish()
	return w, nil
}

// add files one object. Group and kind decide, not the version: a policy means the same in v1 and v1beta1.
func (w *World) add(n *yaml.Node) error {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	kind, group := textOf(field(n, "kind")), textOf(field(n, "apiVersion"))
	if i := strings.IndexByte(group, '/'); i >= 0 {
		group = group[:i]
	} else {
		group = ""
	}
	read, note := readers[groupKind{group, kind}], noters[groupKind{group, kind}]
	if read == nil && note == nil {
		w.readAnyDeparture(n)
		return nil
	}
	m, err := readMeta(n, labelled[kind])
	if err != nil {
		return fmt.Errorf("%s %s: %w", kind, m.name, err)
	}
	for _, read := range [2]reader{read, note} {
		if read == nil {
			continue
		}
		if err := read(w, m, n); err != nil {
			return fmt.Errorf("%s %s: %w", kind, join(m.namespace, m.name), err)
		}
	}
	return nil
}

type groupKind struct{ group, kind string }

type reader func(w *World, m meta, n *yaml.Node) error

// readers are the kinds that decide who reaches what.
var readers = map[groupKind]reader{
	{"", "Namespace"}:      (*World).readNamespace,
	{"", "Service"}:        (*World).readService,
	{"", "ServiceAccount"}: (*World).readAccount,
	{"", "ConfigMap"}:      (*World).readConfigMap,

	{"", "Pod"}:                  (*World).readPod,
	{"apps", "Deployment"}:       (*World).readTemplate,
	{"apps", "StatefulSet"}:      (*World).readTemplate,
	{"apps", "DaemonSet"}:        (*World).readTemplate,
	{"apps", "ReplicaSet"}:       (*World).readTemplate,
	{"batch", "Job"}:             (*World).readTemplate,
	{"batch", "CronJob"}:         (*World).readCronJob,
	{"kubeflow.org", "Notebook"}: (*World).readNotebook,

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
	{"serving.kserve.io", "LLMInferenceService"}:       (*World).readInferenceService,
	{"serving.kserve.io", "LLMInferenceServiceConfig"}: (*World).readInferenceService,
}

// labelled are the kinds whose labels matter; most objects are policies, whose do not.
var labelled = map[string]bool{"Namespace": true, "Service": true, "Pod": true, "Gateway": true, "GatewayClass": true}

type meta struct {
	namespace, name string
	labels          labels
	annotations     *yaml.Node
}

// annotation gives an annotation's value and whether it is there.
func (m meta) annotation(key string) (string, bool) {
	n := field(m.annotations, key)
	return textOf(n), n != nil
}

func readMeta(n *yaml.Node, labelled bool) (m meta, err error) {
	md := field(n, "metadata")
	if m.name, err = text(field(md, "name")); err != nil {
		return m, fmt.Errorf("metadata.name: %w", err)
	}
	if m.name == "" {
		return m, fmt.Errorf("metadata.name: is missing")
	}
	if m.namespace, err = text(field(md, "namespace")); err != nil {
		return m, fmt.Errorf("metadata.namespace: %w", err)
	}
	m.annotations = field(md, "annotations")
	if !labelled {
		return m, nil
	}
	if m.labels, err = labelsOf(field(md, "labels")); err != nil {
		return m, fmt.Errorf("metadata.labels: %w", err)
	}
	return m, nil
}

// space gives the namespace to file something in. Objects without a namespace go to default, as kubectl would have it.
func (w *World) space(name string) *space {
	if name == "" {
		name = "default"
	}
	s := w.namespaces[name]
	if s == nil {
		s = &space{name: name}
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

func (w *World) readNamespace(m meta, _ *yaml.Node) error {
	s := w.space(m.name)
	s.declared, s.labels = true, m.labels
	return nil
}

func (w *World) readAccount(m meta, _ *yaml.Node) error {
	s := w.space(m.namespace)
	s.accounts = append(s.accounts, m.name)
	return nil
}

func (w *World) readPolicy(m meta, n *yaml.Node) error {
	s := w.space(m.namespace)
	s.policies = append(s.policies, parsePolicy(s.name, m, n))
	return nil
}

// finish settles what only all manifests together say.
func (w *World) finish() {
	w.mesh.settle(w)
	for _, name := range w.names {
		for _, g := range w.namespaces[name].gateways {
			g.settle(w)
			if !g.waypoint && !g.eastWest {
				w.ingresses = append(w.ingresses, g)
			}
		}
	}
}
