package serve

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
)

// disabling are labels and annotations of others that take an object out of force. metacontroller's merge keeps them.
var disabling = map[string][]string{
	"annotations": {"istio.io/dry-run", "gateway.istio.io/service-account", "networking.istio.io/service-type"},
	"labels":      {"istio.io/rev"},
}

// same reports whether what the cluster has means what is wanted. Other labels and annotations are none of our business;
// metacontroller's merge restores those that we set.
func same(wanted, found object) bool {
	if found.isDeleted() {
		return false
	}
	for in, keys := range disabling {
		for _, key := range keys {
			if found.below("metadata", in)[key] != wanted.below("metadata", in)[key] {
				return false
			}
		}
	}
	return equal(content(wanted), content(found))
}

// isOurs reports whether an object is what was last sent, and nothing else.
func isOurs(found object) bool {
	last, known := found.lastSent()
	return known && same(last, found)
}

// lastSent is what metacontroller last sent. It is not known where the API server merges (--apply-strategy=server-side-apply).
func (o object) lastSent() (object, bool) {
	var last object
	err := decode([]byte(o.annotation(lastApplied)), &last)
	return last, err == nil && last != nil
}

// content is an object without its identity and without the fields that others write.
func content(o object) map[string]any {
	c := maps.Clone(map[string]any(o))
	for _, key := range []string{"apiVersion", "kind", "metadata", "status"} {
		delete(c, key)
	}
	return c
}

func equal(a, b any) bool { return reflect.DeepEqual(a, b) }

// mergeHelps reports whether metacontroller's merge (pkg/dynamic/apply) changes anything in what it found: a field of ours is
// another one, or one that we no longer set is still known as ours.
func mergeHelps(wanted, found object) bool {
	if !contains(content(found), content(wanted)) {
		return true
	}
	last, known := found.lastSent()
	return !known || !equal(content(wanted), content(last))
}

// contains reports whether all that b says is in a. Entries of lists are compared by their names.
func contains(a, b any) bool {
	switch b := b.(type) {
	case map[string]any:
		m, ok := a.(map[string]any)
		for key, below := range b {
			ok = ok && contains(m[key], below)
		}
		return ok
	case []any:
		l, ok := a.([]any)
		for _, below := range b {
			ok = ok && slices.ContainsFunc(l, func(one any) bool { return contains(one, below) })
		}
		return ok
	default:
		return equal(a, b)
	}
}

// complete adds the defaults that the API server would (Gateway API 1.6, CRDs), so that the object reads as it is sent:
// metacontroller would otherwise write it again at every sync.
func (o object) complete() object {
	spec := o.below("spec")
	switch o.kind() {
	case "Gateway":
		each(spec["listeners"], func(l map[string]any) {
			set(l, "allowedRoutes", map[string]any{"namespaces": map[string]any{"from": "Same"}})
		})
	case "HTTPRoute":
		each(spec["parentRefs"], func(p map[string]any) {
			set(p, "group", "gateway.networking.k8s.io")
			set(p, "kind", "Gateway")
		})
		each(spec["rules"], func(rule map[string]any) {
			each(rule["backendRefs"], func(b map[string]any) {
				set(b, "group", "")
				set(b, "kind", "Service")
				set(b, "weight", json.Number("1"))
			})
		})
	}
	return o
}

func each(l any, do func(map[string]any)) {
	entries, _ := l.([]any)
	for _, entry := range entries {
		if m, ok := entry.(map[string]any); ok {
			do(m)
		}
	}
}

func set(m map[string]any, key string, value any) {
	if _, found := m[key]; !found {
		m[key] = value
	}
}
