package access

import (
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// missing is what a request names that is not in the manifests. What a controller makes of something in the manifests is not among it.
func (w *World) missing(r Request) (out []string) {
	to := w.look(r.To.Namespace)
	switch name := r.To.Service; {
	case !to.declared && len(to.services)+len(to.workloads) == 0:
		out = append(out, "Namespace "+r.To.Namespace+w.meantNamespace(r.To.Namespace))
	case name == "":
	case to.service(name) == nil && !to.isNotebook[name]:
		out = append(out, w.assumedService(r.To.Namespace, name))
	}
	if len(r.To.Pod) > 0 && to.declared {
		if pods := to.podsWith(r.To.podLabels()); pods[0].assumed {
			out = append(out, "pods of "+r.To.Namespace+" with the labels of the case")
		}
	}
	for _, id := range [2]string{r.From.ServiceAccount, r.From.Token} {
		ns, name, ok := splitAccount(id)
		if s := w.look(ns); ok && !s.hasAccount(name) && !s.makesAccount(name) {
			out = append(out, w.assumedAccount(id))
		}
	}
	return out
}

// withMeant is what was assumed, with the names that may be meant. They are looked for once, for each case, because all names are compared.
func withMeant(assumed, missing []string) []string {
	out := []string{}
	for _, a := range assumed {
		i := slices.IndexFunc(missing, func(m string) bool { return strings.HasPrefix(m, a+" (") })
		if i >= 0 {
			a = missing[i]
		}
		out = append(out, a)
	}
	return out
}

// makesAccount: the profile controller makes two ServiceAccounts in the namespace of each profile, which it labels so (Kubeflow 1.10:
// components/profile-controller).
func (s *space) makesAccount(name string) bool {
	return (name == "default-editor" || name == "default-viewer") && s.labels.value("app.kubernetes.io/part-of") == "kubeflow-profile"
}

// assumedService names a Service that is not in the manifests, and the one that may be meant.
func (w *World) assumedService(namespace, name string) string {
	return "Service " + join(namespace, name) + w.meant(namespace, name, func(s *space) (known []string) {
		for _, svc := range s.services {
			known = append(known, svc.name)
		}
		return append(known, s.notebooks...)
	})
}

// assumedAccount names a ServiceAccount that is not in the manifests, and the one that may be meant.
func (w *World) assumedAccount(id string) string {
	ns, name, _ := splitAccount(id)
	return "ServiceAccount " + id + w.meant(ns, name, func(s *space) []string {
		known := slices.Clone(s.accounts)
		for _, pod := range s.workloads {
			known = append(known, pod.account)
		}
		return known
	})
}

// meant asks for a name of the namespace that resembles one, or, if the namespace is not declared, for that name in a namespace that resembles it.
func (w *World) meant(namespace, name string, known func(*space) []string) string {
	if s := w.namespaces[namespace]; s != nil && s.declared {
		return didYouMean(diagnostic.Resembling(name, known(s)))
	}
	other := diagnostic.Resembling(namespace, w.declared())
	if other == "" || !contains(known(w.look(other)), name) {
		return ""
	}
	return didYouMean(join(other, name))
}

func (w *World) meantNamespace(name string) string {
	return didYouMean(diagnostic.Resembling(name, w.declared()))
}

func (w *World) declared() (out []string) {
	for _, name := range w.names {
		if w.namespaces[name].declared {
			out = append(out, name)
		}
	}
	return out
}

func didYouMean(meant string) string {
	if meant == "" {
		return ""
	}
	return " (did you mean " + meant + "?)"
}
