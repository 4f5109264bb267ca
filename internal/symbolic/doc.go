// Package symbolic turns one traced decision into the set of all requests that are decided alike.
//
// A request is a point: a text, or none, on each axis (its path, its method, each header). What decides about it never sees a text: it holds
// a Value, whose methods compare, and the Trace of the run records each comparison and its answer. So the decision itself says which other
// requests it would have treated alike: those of the Box, for which the same comparisons have the same answers.
//
// Each comparison is a regular language. An Axis finds the finitely many classes of texts that all comparisons so far tell apart, each with its shortest text. Explore
// asks for a text of each box that is left until none is.
package symbolic
