// Package enroll edits what is there: the objects of the input, and only those that the contract
// names. An item that nothing here touches leaves exactly as it came.
package enroll

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Apply puts plan's manifests among items: those that are there already are edited in place, the
// others appended in the order of generate.Manifests. It returns the items that stay, and what is
// worth a warning. The error joins all that cannot be resolved, each naming its object; then
// nothing of the result may be used.
func Apply(plan generate.Plan, items []*manifest.Item) ([]*manifest.Item, []diagnostic.Diagnostic, error) {
	e := enrolment{plan: plan, items: items, byID: make(map[manifest.ID]*manifest.Item, len(items)), twice: map[manifest.ID]bool{}, services: map[string][]service{}, named: map[string]map[string]service{}, workloads: map[string][]workload{}, ports: map[string]string{}}
	e.index()
	e.notebooks = map[string][]string{}
	for _, ns := range plan.Namespaces {
		for _, n := range ns.Notebooks {
			e.notebooks[ns.Name] = append(e.notebooks[ns.Name], n.Name)
		}
	}
	e.findTrouble()
	if plan.Restrict {
		e.restrict()
	}
	e.convertPolicies()
	if plan.Cluster != nil {
		e.editConfigMaps()
	}
	if plan.Platform != nil {
		e.moveToGateway()
	}
	e.findSessions()
	wanted := append(generate.Manifests(plan), e.platform()...)
	wanted = append(wanted, e.copyPolicies(wanted)...)
	e.verifyTrouble(wanted)
	e.elsewhereLoses()
	e.prune(wanted)
	e.place(wanted)
	for _, item := range e.items {
		e.errs = append(e.errs, item.Errs...)
	}
	if err := errors.Join(e.errs...); err != nil {
		return nil, nil, err
	}
	return e.remaining(), e.findings, nil
}

// enrolment is one run over the items.
type enrolment struct {
	plan      generate.Plan
	items     []*manifest.Item
	byID      map[manifest.ID]*manifest.Item
	twice     map[manifest.ID]bool
	services  map[string][]service
	named     map[string]map[string]service // the same by name
	workloads map[string][]workload
	// ways lead to pods past the Services that select them, by namespace; nil until gathered.
	ways map[string][]way
	// ports are the numbers of pods' ports, by selector and name.
	ports map[string]string
	// notebooks are the names of those that the configuration lists, by namespace.
	notebooks map[string][]string
	// oldGateway are the labels of the old gateway's pods, once they were asked for.
	oldGateway map[string]string
	// alsoElsewhere are policies at the old gateway that cannot move to the new one.
	alsoElsewhere []*manifest.Item
	// behind are the Services of the namespace kubeflow that stand behind its waypoint.
	behind []string
	// shipped are forms of policies that Kubeflow ships and ours replace.
	shipped map[manifest.ID][]*yaml.Node
	// ingressPods are the labels of the ingress Gateway's pods.
	ingressPods []labels
	findings    []diagnostic.Diagnostic
	errs        []error
}

// index finds items by identity; of duplicates, which no cluster could hold, the first.
func (e *enrolment) index() {
	for _, item := range e.items {
		if _, found := e.byID[item.ID]; found {
			e.twice[item.ID] = true
			continue
		}
		e.byID[item.ID] = item
	}
}

// one is the item to edit or remove, or nil. Of two it would be one, and the cluster might hold the
// other in the end.
func (e *enrolment) one(id manifest.ID) *manifest.Item {
	if e.twice[id] {
		e.errs = append(e.errs, fmt.Errorf("%s: is in the input twice, and both would be applied; keep one of the two", id))
	}
	return e.byID[id]
}

// place merges each manifest into the item of the same identity, or appends it.
func (e *enrolment) place(wanted []generate.Object) {
	files := newFiles(e.items)
	for _, object := range wanted {
		item := e.one(idOf(object))
		if item == nil || item.Removed {
			e.items = append(e.items, files.add(object))
			continue
		}
		e.merge(item, object)
	}
}

// remaining are the items that are not removed.
func (e *enrolment) remaining() []*manifest.Item {
	return slices.DeleteFunc(e.items, func(item *manifest.Item) bool { return item.Removed })
}

func (e *enrolment) warn(item *manifest.Item, found, effect, remedy string) {
	e.report(item.Report(diagnostic.Uncoded, "", found, effect, remedy))
}

// find warns about a field of the configuration, or about an object that may not be in the input.
func (e *enrolment) find(subject, found, effect, remedy string) {
	d := diagnostic.Diagnostic{Code: diagnostic.Uncoded, Found: found, Effect: effect, Remedy: remedy}
	if strings.HasPrefix(subject, "spec.") {
		d.Object, d.Field = e.config(), subject
	} else {
		d.Object = diagnostic.Named(subject)
	}
	e.report(d)
}

// note is find for what nobody needs to act on.
func (e *enrolment) note(subject, found, effect string) {
	e.find(subject, found, effect, "")
	e.findings[len(e.findings)-1].Code = diagnostic.UncodedInfo
}

func (e *enrolment) config() diagnostic.Object {
	return diagnostic.Object{APIVersion: profile.APIVersion, Kind: profile.Kind, Name: e.plan.Name}
}

func (e *enrolment) report(d diagnostic.Diagnostic) { e.findings = append(e.findings, d) }
