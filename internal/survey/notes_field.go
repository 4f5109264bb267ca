package survey

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// ReportField reports something about the field at a path of an item, such as spec.rules[0]; "" is
// the whole item.
func (n *Notes) ReportField(code diagnostic.Code, item *manifest.Item, field, found, effect, remedy string) {
	n.Report(item.Report(code, field, found, effect, remedy))
}
