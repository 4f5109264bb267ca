package access

import (
	"cmp"
	paths "path"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// resource is a kind that a mutator is asked about, as its rules write it: in the plural and in lower case. "*" is any.
type resource struct{ group, plural string }

// takes reports whether it is the resource of a kind.
func (r resource) takes(k groupKind) bool {
	if r.group != "*" && r.group != k.group {
		return false
	}
	ok, _ := paths.Match(strings.TrimSuffix(r.plural, "/*"), pluralOf(k.kind))
	return ok
}

// pluralOf is the resource of a kind (k8s.io/apimachinery v0.36.1: pkg/api/meta UnsafeGuessKindToResource).
func pluralOf(kind string) string {
	switch one := strings.ToLower(kind); {
	case strings.HasSuffix(one, "s"):
		return one + "es"
	case strings.HasSuffix(one, "y"):
		return strings.TrimSuffix(one, "y") + "ies"
	default:
		return one + "s"
	}
}

// conditions are those of a policy in CEL that are understood, all of which an object must meet. It is taken to meet any other.
type conditions struct {
	users             []string // only their requests
	annotated         []string // the object has these annotations
	not               []string // it has none of these names
	without           []string // its spec has none of these fields
	onlyCreate, given bool
	gives             labels // the labels that the change gives to Namespaces; given: it does nothing else
}

var (
	celUsers       = regexp.MustCompile(`^request\.userInfo\.username (?:== ('[^']*')|in \[((?:'[^']*'(?:, )?)+)\])$`)
	celAnnotations = regexp.MustCompile(`^has\(object\.metadata\.annotations\)((?: && '[^']*' in object\.metadata\.annotations)+)$`)
	celName        = regexp.MustCompile(`^object\.metadata\.name != '([^']*)'$`)
	celWithout     = regexp.MustCompile(`^has\(object\.spec\)((?: && !has\(object\.spec\.\w+\))+)$`)
	celField       = regexp.MustCompile(`!has\(object\.spec\.(\w+)\)`)
	celText        = regexp.MustCompile(`'([^']*)'`)
	celLabels      = regexp.MustCompile(`^Object\{metadata: Object\.metadata\{labels: \{((?:'[^']*': '[^']*'(?:, )?)+)\}\}\}$`)
	celLabel       = regexp.MustCompile(`'([^']*)': '([^']*)'`)
)

func conditionsOf(spec *yaml.Node) (c conditions) {
	quoted := func(s string) (out []string) {
		for _, m := range celText.FindAllStringSubmatch(s, -1) {
			out = append(out, m[1])
		}
		return out
	}
	for _, e := range list(field(spec, "matchConditions")) {
		expression := textOf(field(e, "expression"))
		if m := celUsers.FindStringSubmatch(expression); m != nil {
			c.users = append(c.users, quoted(m[1]+m[2])...)
		} else if m := celAnnotations.FindStringSubmatch(expression); m != nil {
			c.annotated = append(c.annotated, quoted(m[1])...)
		} else if m := celName.FindStringSubmatch(expression); m != nil {
			c.not = append(c.not, m[1])
		} else if m := celWithout.FindStringSubmatch(expression); m != nil {
			for _, f := range celField.FindAllStringSubmatch(m[1], -1) {
				c.without = append(c.without, f[1])
			}
		}
	}
	c.onlyCreate = true
	for _, r := range list(valueAt(spec, "matchConstraints", "resourceRules")) {
		operations, _ := texts(field(r, "operations"))
		c.onlyCreate = c.onlyCreate && len(operations) == 1 && operations[0] == "CREATE"
	}
	mutations := list(field(spec, "mutations"))
	c.given = len(mutations) > 0
	for _, e := range mutations {
		m := celLabels.FindStringSubmatch(textOf(valueAt(e, "applyConfiguration", "expression")))
		if m == nil {
			c.given = false
			break
		}
		for _, l := range celLabel.FindAllStringSubmatch(m[1], -1) {
			c.gives = append(c.gives, label{l[1], l[2]})
		}
	}
	return c
}

// meets reports whether an object may meet all conditions, so that something of it may be changed.
func (c *conditions) meets(n *yaml.Node) bool {
	annotations, spec := valueAt(n, "metadata", "annotations"), field(n, "spec")
	if slices.ContainsFunc(c.annotated, func(key string) bool { return field(annotations, key) == nil }) ||
		slices.Contains(c.not, textOf(valueAt(n, "metadata", "name"))) ||
		slices.ContainsFunc(c.without, func(key string) bool { return field(spec, key) != nil }) {
		return false
	}
	return true
}

// ofController reports whether only Kubeflow's profile-controller's requests to make something are meant: it makes Namespaces and applies no manifests.
// The manifests name its account, where they have it.
func (w *World) ofController(c *conditions) bool {
	return len(c.users) > 0 && c.onlyCreate && !slices.ContainsFunc(c.users, func(user string) bool {
		namespace, account, ok := strings.Cut(strings.TrimPrefix(user, "system:serviceaccount:"), ":")
		return !ok || !strings.HasPrefix(user, "system:serviceaccount:") || account != "profiles-controller-service-account" &&
			!slices.ContainsFunc(w.look(namespace).workloads, func(pod *workload) bool { return pod.account == account && pod.name == "profiles-deployment" })
	})
}

// stated reports whether a Namespace says in the manifests itself all labels that it is given when the profile-controller makes it: what is applied later
// counts.
func (c *conditions) stated(n *yaml.Node) bool {
	own := lenientLabels(valueAt(n, "metadata", "labels"))
	return c.given && !slices.ContainsFunc(c.gives, func(l label) bool { _, ok := own.get(l.key); return !ok })
}

// mayChange reports whether a change may be of more than labels and annotations that mean nothing to the mesh.
func (u *mutator) mayChange(change string) bool {
	return len(u.resources) > 0 && (u.stirs != "" || strings.Contains(change, "spec") || ownData.MatchString(change) || celPath.MatchString(change))
}

var (
	celPath = regexp.MustCompile(`path:\s*[^'"\s]`) // of a JSON patch, not written out
	ownData = regexp.MustCompile(`(?:^|[^a])data`)  // of a ConfigMap, not its metadata
)

func (w *World) addChanger(u mutator, change string) {
	if u.mayChange(change) {
		w.changers = append(w.changers, u)
	}
}

// settleMutated clouds what objects decide that may be changed while they are admitted.
func (w *World) settleMutated() {
	for i := range w.changers {
		u := &w.changers[i]
		var ids []objectID
		for id, met := range w.seen {
			if u.mayMeet(w.recording, groupKind{id.group, id.kind}, met.at) && (w.recording.of[met.at].cut || u.changes(w, groupKind{id.group, id.kind}, w.recording.node(met.at))) {
				ids = append(ids, id)
			}
		}
		slices.SortFunc(ids, func(a, b objectID) int {
			return cmp.Or(cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.name, b.name), cmp.Compare(a.kind, b.kind), cmp.Compare(a.group, b.group))
		})
		done := map[string]bool{}
		for _, id := range ids {
			c := u.cloudOver(groupKind{id.group, id.kind}, w.recording.node(w.seen[id].at))
			if key := c.in + "/" + strings.Join(c.hosts, ""); !done[key] {
				done[key] = true
				w.fileCloud(c)
			}
		}
	}
}

// mayMeet reports whether an object is of a resource that a mutator is asked about, and has the words of its conditions.
func (u *mutator) mayMeet(r *recording, k groupKind, at int) bool {
	return slices.ContainsFunc(u.resources, func(one resource) bool { return one.takes(k) }) &&
		!slices.ContainsFunc(u.when.annotated, func(key string) bool { return !r.mentions(at, key) })
}

// changes reports whether a mutator may change an object that decides something.
func (u *mutator) changes(w *World, k groupKind, n *yaml.Node) bool {
	if !u.when.meets(n) {
		return false
	}
	namespace := textOf(valueAt(n, "metadata", "namespace"))
	switch {
	case k == groupKind{"", "Namespace"}: // of others, mutatedSpace asks
		return w.ofController(&u.when) && !u.when.stated(n) && u.picksSpace(w.space(textOf(valueAt(n, "metadata", "name")))) != no
	case k == groupKind{"", "Service"}, k == groupKind{"", "ConfigMap"}:
	case !ledgerGroup(k.group):
		return false
	}
	if clusterScoped[k] && namespace == "" { // a namespaceSelector does not keep these away
		return true
	}
	if namespace != "" {
		if s := w.space(namespace); u.picksSpace(s) == no {
			return false
		}
	}
	return u.objects.picks(lenientLabels(valueAt(n, "metadata", "labels")), true) != no
}

// cloudOver is over what such an object decides: policies over their namespace, Services over themselves.
func (u *mutator) cloudOver(k groupKind, n *yaml.Node) *cloud {
	name, namespace := textOf(valueAt(n, "metadata", "name")), textOf(valueAt(n, "metadata", "namespace"))
	c := &cloud{origin: u.origin, at: u.place, scope: ofAll, why: "it may change " + k.kind + " " + join(namespace, name) + " while it is admitted"}
	switch {
	case k == groupKind{"", "Namespace"}:
		c.scope, c.in = ofNamespace, name
	case namespace == "":
	case k == groupKind{"", "Service"}:
		c.scope, c.in, c.hosts = ofService, namespace, []string{hostOf(namespace, name)}
	case k.group == "security.istio.io":
		c.scope, c.in = ofNamespace, namespace
	}
	return c
}
