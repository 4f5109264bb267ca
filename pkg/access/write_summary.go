package access

import (
	"fmt"
	"io"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// WriteSummary writes the line under a table: how much it is about, and how much of it is NOT JUDGED.
func (r Report) WriteSummary(out io.Writer) error {
	clients := map[string]bool{}
	lines, unjudged := 0, 0
	for _, n := range r.Namespaces {
		for _, a := range n.Access {
			clients[a.Who] = true
			lines++
			if a.Outcome == NotJudged.String() {
				unjudged++
			}
		}
	}
	judged := "every line judged"
	if unjudged > 0 {
		judged = fmt.Sprintf("%d of %d lines NOT JUDGED", unjudged, lines)
	}
	_, err := fmt.Fprintf(out, "\n%s, %s, %s\n", diagnostic.Counted(len(r.Namespaces), "namespace"), diagnostic.Counted(len(clients), "client"), judged)
	return err
}
