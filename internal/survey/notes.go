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

// WarnAt is Warn about the field at a path below the item, such as spec.jwtRules[0].
func (n *Notes) WarnAt(code diagnostic.Code, item *manifest.Item, field, found, effect, remedy string) {
	n.Report(item.Report(code, field, found, effect, remedy))
}

// WarnAbsent reports something about an object that is not in the input.
func (n *Notes) WarnAbsent(code diagnostic.Code, id manifest.ID, found, effect, remedy string) {
	n.Report(diagnostic.Diagnostic{
		Code: code, Object: diagnostic.Object{Kind: id.Kind, Namespace: id.Namespace, Name: id.Name},
		Found: found, Effect: effect, Remedy: remedy,
	})
}

// WarnConfig reports something about a field of the configuration.
func (n *Notes) WarnConfig(code diagnostic.Code, field, found, effect, remedy string) {
	n.Report(n.InConfig(code, field, found, effect, remedy))
}

// Refuse adds an error about a field of the configuration.
func (n *Notes) Refuse(code diagnostic.Code, field, found, effect, remedy string) {
	n.Errs = append(n.Errs, n.InConfig(code, field, found, effect, remedy))
}

// InConfig is a message about a field of the configuration.
func (n *Notes) InConfig(code diagnostic.Code, field, found, effect, remedy string) diagnostic.Diagnostic {
	return diagnostic.Diagnostic{
		Code: code, Object: diagnostic.Object{APIVersion: profile.APIVersion, Kind: profile.Kind, Name: n.Config}, Field: field,
		Found: found, Effect: effect, Remedy: remedy,
	}
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
