// Package kubeflow acts on a real API server as Kubeflow's profile-controller and KFAM do, under their account and their
// field managers (kubeflow/dashboard v2.0.0: profile_controller.go, bindings.go). They are steps and not loops: a test
// says when a controller sees an event, so that it can look in between.
package kubeflow

import (
	"context"
	"embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// Account is that of both: they are containers of one pod.
const Account = "system:serviceaccount:kubeflow:profiles-controller-service-account"

const finalizer = "profile-finalizer"

// Controllers are the two programs, and the file from which the first labels Namespaces.
type Controllers struct {
	profiles, access *kube.Client
	labels           map[string]string
}

// New gives the controllers the labels that Kubeflow ships (profiles-namespace-labels-data, June 2026).
func New(admin *rest.Config) (*Controllers, error) {
	profiles, err := as(admin, "manager") // the program's name is the field manager
	if err != nil {
		return nil, err
	}
	access, err := as(admin, "access-management")
	return &Controllers{profiles, access, map[string]string{
		"app.kubernetes.io/part-of":                      "kubeflow-profile",
		"katib.kubeflow.org/metrics-collector-injection": "enabled",
		"pipelines.kubeflow.org/enabled":                 "true",
		"serving.kubeflow.org/inferenceservice":          "enabled",
		"pod-security.kubernetes.io/enforce":             "baseline",
	}}, err
}

func as(admin *rest.Config, program string) (*kube.Client, error) {
	config := rest.CopyConfig(admin)
	config.UserAgent = program + "/v0.0.0"
	config.Impersonate.UserName = Account
	return kube.NewClient(config)
}

//go:embed profile.yaml binding.yaml
var forms embed.FS

func read(file string, values ...string) []*kube.Object {
	text, err := forms.ReadFile(file)
	if err != nil {
		panic(err)
	}
	objects, err := kube.Read([]byte(strings.NewReplacer(values...).Replace(string(text))))
	if err != nil {
		panic(err)
	}
	return objects
}

// OfProfile are the objects of a tenant, the Namespace first.
func OfProfile(tenant, owner string) []*kube.Object {
	return read("profile.yaml", "TENANT", tenant, "OWNER", owner)
}

var notInNames = regexp.MustCompile("[^a-zA-Z0-9]+")

// OfBinding are the two objects of a contributor: getBindingName gives both one name.
func OfBinding(tenant, user, role string) []*kube.Object {
	name := strings.ToLower("user-" + notInNames.ReplaceAllString(user, "-") + "-clusterrole-" + role)
	return read("binding.yaml", "TENANT", tenant, "USER", user, "ROLE", role, "NAME", name)
}

// Profile is what the dashboard, or an administrator, writes.
func Profile(name, owner string) *kube.Object {
	return &kube.Object{Object: map[string]any{
		"apiVersion": "kubeflow.org/v1", "kind": "Profile",
		"metadata": map[string]any{"name": name},
		"spec":     map[string]any{"owner": map[string]any{"kind": "User", "name": owner}},
	}}
}

// Reconcile is one event of the profile-controller. It returns early, as the controller does, at the first refusal.
func (c *Controllers) Reconcile(ctx context.Context, name string) error {
	profile, err := c.profiles.Get(ctx, Profile(name, ""))
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	owner, _, _ := unstructured.NestedString(profile.Object, "spec", "owner", "name")
	objects := OfProfile(name, owner)
	for _, o := range objects {
		o.SetOwnerReferences([]metav1.OwnerReference{*metav1.NewControllerRef(profile, profile.GroupVersionKind())})
	}
	if err := c.namespace(ctx, objects[0]); err != nil {
		return err
	}
	for _, o := range objects[1:] {
		if err := c.createOrUpdate(ctx, o); err != nil {
			return err
		}
	}
	return c.finalize(ctx, profile)
}

// namespace creates it or labels the one that is there. After a creation the controller's cache has none at first, and it
// looks again after three seconds: as long, the namespace has no policy.
func (c *Controllers) namespace(ctx context.Context, wanted *kube.Object) error {
	r, err := c.profiles.Resource(wanted)
	if err != nil {
		return err
	}
	found, err := r.Get(ctx, wanted.GetName(), metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		wanted.SetLabels(c.label(wanted.GetLabels()))
		if _, err := r.Create(ctx, wanted, metav1.CreateOptions{}); err != nil {
			return err
		}
		select {
		case <-time.After(3 * time.Second):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err != nil {
		return err
	}
	if found.GetAnnotations()["owner"] != wanted.GetAnnotations()["owner"] {
		return fmt.Errorf("namespace already exist, but not owned by profile creator %s", wanted.GetAnnotations()["owner"])
	}
	labels := c.label(found.GetLabels())
	if maps.Equal(labels, found.GetLabels()) {
		return nil
	}
	found.SetLabels(labels)
	_, err = r.Update(ctx, found, metav1.UpdateOptions{})
	return err
}

// label is setNamespaceLabels: a key that is there is never overwritten, and an empty value removes it.
func (c *Controllers) label(labels map[string]string) map[string]string {
	out := maps.Clone(labels)
	for key, value := range c.labels {
		if value == "" {
			delete(out, key)
		} else if _, ok := out[key]; !ok {
			out[key] = value
		}
	}
	return out
}

// createOrUpdate compares what the controller compares, and nothing else of the object.
func (c *Controllers) createOrUpdate(ctx context.Context, wanted *kube.Object) error {
	r, err := c.profiles.Resource(wanted)
	if err != nil {
		return err
	}
	found, err := r.Get(ctx, wanted.GetName(), metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		_, err = r.Create(ctx, wanted, metav1.CreateOptions{})
		return err
	}
	if err != nil {
		return err
	}
	var differs bool
	for _, field := range []string{"spec", "roleRef", "subjects"} {
		if !equality.Semantic.DeepEqual(wanted.Object[field], found.Object[field]) {
			found.Object[field], differs = wanted.Object[field], true
		}
	}
	if differs {
		_, err = r.Update(ctx, found, metav1.UpdateOptions{})
	}
	return err
}

// finalize holds a Profile until the controller has seen that it is to go.
func (c *Controllers) finalize(ctx context.Context, profile *kube.Object) error {
	has := slices.Contains(profile.GetFinalizers(), finalizer)
	going := profile.GetDeletionTimestamp() != nil
	switch {
	case !going && !has:
		profile.SetFinalizers(append(profile.GetFinalizers(), finalizer))
	case going && has:
		profile.SetFinalizers(slices.DeleteFunc(profile.GetFinalizers(), func(f string) bool { return f == finalizer }))
	default:
		return nil
	}
	r, err := c.profiles.Resource(profile)
	if err != nil {
		return err
	}
	_, err = r.Update(ctx, profile, metav1.UpdateOptions{})
	return err
}

// SetLabels changes the file, an entry at a time. The controller then reconciles every Profile (mapEventToRequest).
func (c *Controllers) SetLabels(ctx context.Context, changed map[string]string) error {
	maps.Copy(c.labels, changed)
	r, err := c.profiles.Resource(Profile("", ""))
	if err != nil {
		return err
	}
	profiles, err := r.List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, p := range profiles.Items {
		if err := c.Reconcile(ctx, p.GetName()); err != nil {
			return err
		}
	}
	return nil
}

// CreateBinding is KFAM's POST for a contributor: the RoleBinding, and only then the AuthorizationPolicy of that name. The
// API server answers 409 where there is one, and KFAM hands the refusal on.
func (c *Controllers) CreateBinding(ctx context.Context, tenant, user, role string) error {
	for _, o := range OfBinding(tenant, user, role) {
		r, err := c.access.Resource(o)
		if err != nil {
			return err
		}
		if _, err := r.Create(ctx, o, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	return nil
}
