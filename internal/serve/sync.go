package serve

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// result is the answer to a sync, with what deserves a line in the log.
type result struct {
	response syncResponse
	outcome  outcome
	// err in place of a response: metacontroller records it as a Warning event on the Namespace.
	err error
	why string
	// isAbandoned: the tenant has objects of ours, and is left alone.
	isAbandoned bool
	// creates are the objects that are not there yet.
	creates  []string
	drifted  int
	findings []diagnostic.Diagnostic
}

// sync decides about one Namespace. Its errors are reported only once nothing is left to do: with an error
// metacontroller changes nothing, and what closes the namespace must not wait for anybody.
func (s *Server) sync(r syncRequest) result {
	r = r.withUnseen()
	if why := unclear(r.Object); why != "" {
		return result{outcome: refused, err: errors.New(why)}
	}
	if why := s.leave(r); why != "" {
		return s.left(r, why)
	}
	owner := ownerOf(r)
	t, problem, err := s.tenant(r, owner)
	if err != nil {
		if notSelected(err) {
			return s.left(r, "profileSelector does not select its Profile")
		}
		return result{outcome: refused, err: err}
	}
	next := plan(r, t)
	problems := slices.Concat(problem, s.renamed(r), next.problems, t.unwanted(s.orphans(r)))
	out := result{response: next.response, outcome: changed, drifted: next.drifted, findings: t.findings, why: owner.waits, creates: next.creates}
	switch {
	case !next.isDone:
	case len(problems) > 0:
		return result{outcome: refused, err: errors.New(strings.Join(problems, "; ")), drifted: next.drifted}
	default:
		out.outcome = settled
	}
	if t.closed {
		out.outcome = closed
	}
	if out.why == "" {
		out.why = strings.Join(problems, "; ")
	}
	return out
}

func (s *Server) left(r syncRequest, why string) result {
	isOurs := len(r.Attachments.all())+len(s.orphans(r)) > 0
	return result{response: asObserved(r), outcome: leftAlone, why: why, isAbandoned: isOurs && !r.Object.isDeleted()}
}

// unwanted names the orphans that the tenant is not to have; those that it is to have are in the way.
func (t tenant) unwanted(orphans []object) []string {
	wanted := map[manifest.ID]bool{}
	for _, o := range t.objects {
		wanted[o.id()] = true
	}
	var problems []string
	for _, o := range orphans {
		if !wanted[o.id()] {
			problems = append(problems, o.ref()+" is marked as ours and was not made by this controller, so it stays in force; delete it")
		}
	}
	return problems
}

// asObserved leaves everything as it is: metacontroller deletes what a response does not list.
func asObserved(r syncRequest) syncResponse {
	response := syncResponse{Labels: map[string]*string{}, Attachments: []object{}}
	for _, o := range r.Attachments.all() {
		response.Attachments = append(response.Attachments, o.asSent())
	}
	return response
}

// tenant is what a Namespace is to have.
type tenant struct {
	labels   map[string]*string
	objects  []object
	findings []diagnostic.Diagnostic
	closed   bool
}

// tenant renders a Namespace. What the function rejects because of a RoleBinding or Notebook costs only
// contributors and routes, never what closes the namespace, and never keeps a contributor who was removed.
func (s *Server) tenant(r syncRequest, o owner) (tenant, []string, error) {
	var problem []string
	switch {
	case o.contested != "":
		problem = []string{o.contested + "; no user gets access until they agree; correct one of them"}
	case o.waits == "":
		t, err := s.render(r, o, s.sources(r))
		if err == nil || notSelected(err) {
			return t, nil, err
		}
		problem = []string{oneLine(err) + "; no contributor gets access, and only the namespace's own policies are written"}
		if t, err = s.render(r, o, nil); err == nil {
			return t, problem, nil
		}
		problem = []string{oneLine(err) + "; no user gets access"}
	}
	nobody := owner{kind: "User", name: "nobody", labels: o.labels}
	t, err := s.render(r, nobody, nil)
	if err != nil {
		return tenant{}, nil, err
	}
	t.closed, t.objects, t.findings = true, withoutUsers(t.objects), nil
	return t, problem, nil
}

// longestName is how long the API server lets a name be, as far as it looks like a DNS name.
const longestName = 253

func notSelected(err error) bool {
	all := diagnostic.All(err)
	return len(all) > 0 && all[0].Code == diagnostic.ConfigNothingSelected
}

func oneLine(err error) string {
	var lines []string
	for _, d := range diagnostic.All(err) {
		lines = append(lines, d.Message())
	}
	return strings.Join(lines, "; ")
}

// sources are the objects of the namespace that name users and routes.
func (s *Server) sources(r syncRequest) []object {
	var out []object
	for _, o := range r.Related.all() {
		if o.namespace() != r.Object.name() {
			continue
		}
		switch {
		case o.kind() == "RoleBinding":
			out = append(out, o.only("roleRef", "subjects"))
		case s.Notebooks && o.kind() == "Notebook":
			out = append(out, o.only("spec"))
		}
	}
	return out
}

// render runs the function on one Namespace.
func (s *Server) render(r syncRequest, o owner, sources []object) (tenant, error) {
	name := r.Object.name()
	given := append([]object{r.Object.only(), o.profile(name)}, sources...)
	items := make([]*manifest.Item, 0, len(given))
	for _, g := range given {
		item, err := g.asSent().item()
		if err != nil {
			return tenant{}, err
		}
		items = append(items, item)
	}
	namespace := items[0]
	out, findings, err := s.Render(items, s.waypoint(r))
	if err != nil {
		return tenant{}, err
	}
	t := tenant{labels: changedLabels(r.Object, namespace), findings: findings}
	for _, item := range out {
		if slices.Contains(items, item) || item.Namespace != name {
			continue
		}
		o, err := made(item)
		if err != nil {
			return tenant{}, err
		}
		o = o.apartFromKFAM().complete()
		if len(standInPrefix+o.name()) > longestName {
			return tenant{}, fmt.Errorf("%s %.60s…: the name is too long; shorten that of the RoleBinding", o.kind(), o.name())
		}
		t.objects = append(t.objects, o)
	}
	return t, nil
}

// changedLabels are the labels that the function set or removed.
func changedLabels(before object, after *manifest.Item) map[string]*string {
	change := map[string]*string{}
	labels := manifest.Field(after.Node, "metadata", "labels")
	now := map[string]bool{}
	for i := 0; labels != nil && i+1 < len(labels.Content); i += 2 {
		key, value := labels.Content[i].Value, labels.Content[i+1].Value
		now[key] = true
		if old, found := before.below("metadata", "labels")[key].(string); !found || old != value {
			change[key] = &value
		}
	}
	for key := range before.below("metadata", "labels") {
		if !now[key] {
			change[key] = nil
		}
	}
	return change
}

// apartFromKFAM gives a contributor's policy a name of its own. KFAM makes one of its own name, with the contributor's
// RoleBinding; the second writer fails, and KFAM's is attached to no waypoint.
func (o object) apartFromKFAM() object {
	if o.kind() == "AuthorizationPolicy" && o.annotation("user") != "" && o.annotation("role") != "" {
		return o.named("ambient-" + o.name())
	}
	return o
}

// withoutUsers are the objects without the rules that let a user in from outside: those are the rules with a condition on a header or
// a claim. A policy of which nothing is left is left out.
func withoutUsers(objects []object) []object {
	var out []object
	for _, o := range objects {
		rules, _ := o.below("spec")["rules"].([]any)
		if o.kind() != "AuthorizationPolicy" || text(o.below("spec"), "action") == "DENY" || len(rules) == 0 {
			out = append(out, o)
			continue
		}
		if kept := slices.DeleteFunc(slices.Clone(rules), isForUsers); len(kept) > 0 {
			o.below("spec")["rules"] = kept
			out = append(out, o)
		}
	}
	return out
}

func isForUsers(rule any) bool {
	m, _ := rule.(map[string]any)
	when, _ := m["when"].([]any)
	return slices.ContainsFunc(when, func(condition any) bool {
		c, _ := condition.(map[string]any)
		return strings.HasPrefix(text(c, "key"), "request.")
	})
}
