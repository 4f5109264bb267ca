package survey

import (
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Notes are what was found, done or could not be done, and what cannot be resolved.
type Notes struct {
	// Config is the name of the AmbientProfile.
	Config   string
	Findings []diagnostic.Diagnostic
	Errs     []error
}

// Warn reports something about an item.
func (n *Notes) Warn(code diagnostic.Code, item *manifest.Item, found, effect, remedy string) {
	n.Report(item.Report(code, "", found, effect, remedy))
}

// Find reports something about a field of the configuration, or about an object, as kind
// namespace/name, that may not be in the input.
func (n *Notes) Find(code diagnostic.Code, subject, found, effect, remedy string) {
	d := diagnostic.Diagnostic{Code: code, Found: found, Effect: effect, Remedy: remedy}
	if strings.HasPrefix(subject, "spec.") {
		d.Object, d.Field = diagnostic.Object{APIVersion: profile.APIVersion, Kind: profile.Kind, Name: n.Config}, subject
	} else {
		d.Object = diagnostic.Named(subject)
	}
	n.Report(d)
}

// Note is Find for what nobody needs to act on.
func (n *Notes) Note(code diagnostic.Code, subject, found, effect string) {
	n.Find(code, subject, found, effect, "")
}

// Report adds a message.
func (n *Notes) Report(d diagnostic.Diagnostic) { n.Findings = append(n.Findings, d) }

// Names are a list for people.
func Names(list []string) string {
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, ", ")
}

// WarnAt is Warn about the field at a path below the item, such as spec.jwtRules[0].
func (n *Notes) WarnAt(code diagnostic.Code, item *manifest.Item, field, found, effect, remedy string) {
	n.Report(item.Report(code, field, found, effect, remedy))
}

// Refuse adds an error about a field of the configuration.
func (n *Notes) Refuse(code diagnostic.Code, field, found, effect, remedy string) {
	n.Errs = append(n.Errs, diagnostic.Diagnostic{
		Code: code, Object: diagnostic.Object{APIVersion: profile.APIVersion, Kind: profile.Kind, Name: n.Config}, Field: field,
		Found: found, Effect: effect, Remedy: remedy,
	})
}
