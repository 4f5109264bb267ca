package access

import (
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// Filter is what a report or a difference is asked about; the zero one is everything.
type Filter struct {
	Namespaces []string            // none: all
	Service    string              // "": all, and pods by their addresses
	Port       int                 // of the Service; 0: all
	From       From                // one client, or none for all
	Progress   func(done, all int) // is told how many namespaces are done, where it is set
}

// one reports whether it is about one client.
func (f *Filter) one() bool { return f.From.count() > 0 }

// namespaces are those of some that are asked about.
func (f *Filter) namespaces(names []string) []string {
	if len(f.Namespaces) == 0 {
		return names
	}
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !slices.Contains(f.Namespaces, n) })
}

// takes reports whether a Service or a kind of pods is asked about.
func (f *Filter) takes(name string, pods bool) bool {
	return f.Service == "" || !pods && name == f.Service
}

// at reports whether a port is asked about.
func (f *Filter) at(port int) bool { return f.Port == 0 || f.Port == port }

// of are the questions of some that the client is one of.
func (f *Filter) of(questions []inquiry) []inquiry {
	if !f.one() {
		return questions
	}
	issuer := ""
	if f.From.JWT != nil {
		if issuer = f.From.JWT.Issuer; !slices.ContainsFunc(questions, func(q inquiry) bool { return q.issuer() == issuer }) {
			issuer = anotherIssuer
		}
	}
	return slices.DeleteFunc(questions, func(q inquiry) bool { return q.kind != f.From.clientKind() || q.issuer() != issuer })
}

// holds reports whether a line has the client.
func (f *Filter) holds(w *World, says map[string]symbolic.Phrase) bool {
	if !f.one() {
		return true
	}
	r := Request{From: f.From}
	return !slices.ContainsFunc([]string{userAxis, tokenAxis, peerAxis}, func(axis string) bool { return says[axis] != nil && !says[axis].Holds(r.on(w, axis)) })
}

func (f *Filter) step(done, all int) {
	if f.Progress != nil {
		f.Progress(done, all)
	}
}
