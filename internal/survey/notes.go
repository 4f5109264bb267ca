package survey

import (
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Notes are what the edits report: what they did or could not do.
type Notes struct {
	// config is the name of the AmbientProfile.
	Config   string
	Findings []diagnostic.Diagnostic
	Errs     []error
}

func (n *Notes) Warn(item *manifest.Item, found, effect, remedy string) {
	n.report(item.Report(diagnostic.Uncoded, "", found, effect, remedy))
}

// Find warns about a field of the configuration, or about an object that may not be in the input.
func (n *Notes) Find(subject, found, effect, remedy string) {
	d := diagnostic.Diagnostic{Code: diagnostic.Uncoded, Found: found, Effect: effect, Remedy: remedy}
	if strings.HasPrefix(subject, "spec.") {
		d.Object, d.Field = diagnostic.Object{APIVersion: profile.APIVersion, Kind: profile.Kind, Name: n.Config}, subject
	} else {
		d.Object = diagnostic.Named(subject)
	}
	n.report(d)
}

// Note is find for what nobody needs to act on.
func (n *Notes) Note(subject, found, effect string) {
	n.Find(subject, found, effect, "")
	n.Findings[len(n.Findings)-1].Code = diagnostic.UncodedInfo
}

// Loses warns of rules that do not hold any more, or not everywhere.
func (n *Notes) Loses(item *manifest.Item, found, effect, remedy string) {
	n.Warn(item, found, effect, remedy)
	n.Findings[len(n.Findings)-1].Code = diagnostic.RulesNotConverted
}

func (n *Notes) report(d diagnostic.Diagnostic) { n.Findings = append(n.Findings, d) }

func Names(list []string) string {
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, ", ")
}
