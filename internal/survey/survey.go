// Package survey inspects the input: what of Kubeflow is there, in which release's form. It edits
// nothing.
package survey

// Found is what the input says, before anything is decided.
type Found struct {
	Kubeflow Kubeflow
}
