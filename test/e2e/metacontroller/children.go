package metacontroller

import (
	"context"
	"encoding/json"
	"reflect"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// manage is common.ManageChildren with the method InPlace: what was observed and is not wanted is deleted first.
func (c *Controller) manage(ctx context.Context, parent *kube.Object, observed, wanted []*kube.Object) (bool, error) {
	changed := false
	want, have := byName(wanted), byName(observed)
	for name, o := range have {
		if want[name] != nil || o.GetDeletionTimestamp() != nil {
			continue
		}
		changed = true
		if err := c.client.Delete(ctx, o); err != nil && !apierrors.IsNotFound(err) {
			return false, err
		}
		c.AfterEach()
	}
	for name, o := range want {
		o.SetAnnotations(with(o.GetAnnotations(), madeBy, c.name))
		r, err := c.client.Resource(o)
		if err != nil {
			return false, err
		}
		old := have[name]
		if old == nil {
			remember(o, o)
			o.SetOwnerReferences([]metav1.OwnerReference{*metav1.NewControllerRef(parent, parent.GroupVersionKind())})
			_, err = r.Create(ctx, o, metav1.CreateOptions{})
			if apierrors.IsAlreadyExists(err) {
				continue // swallowed, and not adopted
			}
		} else {
			next := merged(old, o)
			if reflect.DeepEqual(next.Object, old.Object) || old.GetDeletionTimestamp() != nil {
				continue
			}
			_, err = r.Update(ctx, next, metav1.UpdateOptions{})
		}
		if err != nil && !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
			return false, err
		}
		changed = true
		c.AfterEach()
	}
	return changed, nil
}

func byName(objects []*kube.Object) map[string]*kube.Object {
	out := map[string]*kube.Object{}
	for _, o := range objects {
		out[o.GetAPIVersion()+" "+kube.Name(o)] = o
	}
	return out
}

func with(m map[string]string, key, value string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}

// remember keeps what was sent in the object's annotation.
func remember(o, sent *kube.Object) {
	text, err := json.Marshal(sent.Object)
	if err != nil {
		panic(err) // it came as JSON
	}
	o.SetAnnotations(with(o.GetAnnotations(), lastApplied, string(text)))
}

// merged is common.ApplyUpdate: fields that were sent last time and not this time are removed, those that others wrote stay.
func merged(old, wanted *kube.Object) *kube.Object {
	var last map[string]any
	_ = json.Unmarshal([]byte(old.GetAnnotations()[lastApplied]), &last) // nothing is known where there is none
	next := old.DeepCopy()
	mergeMap(next.Object, normal(last), normal(wanted.Object))
	remember(next, wanted)
	return next
}

// normal are the types that the client's own decoder makes.
func normal(m map[string]any) map[string]any {
	text, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	var o kube.Object
	if m == nil || o.UnmarshalJSON(text) != nil {
		return map[string]any{}
	}
	return o.Object
}

func mergeMap(into, last, wanted map[string]any) {
	for key := range last {
		if _, still := wanted[key]; !still {
			delete(into, key)
		}
	}
	for key, value := range wanted {
		before := last[key]
		switch value := value.(type) {
		case map[string]any:
			below, ok := into[key].(map[string]any)
			if !ok {
				below = map[string]any{}
				into[key] = below
			}
			was, _ := before.(map[string]any)
			mergeMap(below, was, value)
		case []any:
			old, _ := into[key].([]any)
			was, _ := before.([]any)
			into[key] = mergeList(old, was, value)
		default:
			into[key] = value
		}
	}
}

// mergeKeys are those that metacontroller guesses by, in its order (apply.knownMergeKeys).
var mergeKeys = []string{"containerPort", "port", "mountPath", "name", "uid", "ip", "path"}

func mergeList(old, last, wanted []any) []any {
	key := commonKey(old, last, wanted)
	if key == "" {
		return wanted
	}
	var out []any
	for _, entry := range old {
		m := entry.(map[string]any)
		now, was := entryOf(wanted, key, m[key]), entryOf(last, key, m[key])
		if now != nil {
			mergeMap(m, was, now)
		}
		if now != nil || was == nil {
			out = append(out, m)
		}
	}
	for _, entry := range wanted {
		if m := entry.(map[string]any); entryOf(old, key, m[key]) == nil {
			out = append(out, m)
		}
	}
	return out
}

func commonKey(lists ...[]any) string {
	for _, key := range mergeKeys {
		all, some := true, false
		for _, list := range lists {
			for _, entry := range list {
				m, _ := entry.(map[string]any)
				_, found := m[key]
				all, some = all && found, true
			}
		}
		if all && some {
			return key
		}
	}
	return ""
}

func entryOf(list []any, key string, value any) map[string]any {
	for _, entry := range list {
		if m, _ := entry.(map[string]any); reflect.DeepEqual(m[key], value) {
			return m
		}
	}
	return nil
}
