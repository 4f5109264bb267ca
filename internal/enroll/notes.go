package enroll

import (
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// notes are what the edits report: what they did or could not do.
type notes struct {
	// config is the name of the AmbientProfile.
	config   string
	findings []diagnostic.Diagnostic
	errs     []error
}

func (n *notes) warn(item *manifest.Item, found, effect, remedy string) {
	n.report(item.Report(diagnostic.Uncoded, "", found, effect, remedy))
}

// find warns about a field of the configuration, or about an object that may not be in the input.
func (n *notes) find(subject, found, effect, remedy string) {
	d := diagnostic.Diagnostic{Code: diagnostic.Uncoded, Found: found, Effect: effect, Remedy: remedy}
	if strings.HasPrefix(subject, "spec.") {
		d.Object, d.Field = diagnostic.Object{APIVersion: profile.APIVersion, Kind: profile.Kind, Name: n.config}, subject
	} else {
		d.Object = diagnostic.Named(subject)
	}
	n.report(d)
}

// note is find for what nobody needs to act on.
func (n *notes) note(subject, found, effect string) {
	n.find(subject, found, effect, "")
	n.findings[len(n.findings)-1].Code = diagnostic.UncodedInfo
}

// loses warns of rules that do not hold any more, or not everywhere.
func (n *notes) loses(item *manifest.Item, found, effect, remedy string) {
	n.warn(item, found, effect, remedy)
	n.findings[len(n.findings)-1].Code = diagnostic.RulesNotConverted
}

func (n *notes) report(d diagnostic.Diagnostic) { n.findings = append(n.findings, d) }
