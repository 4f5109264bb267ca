package generate

import (
	"regexp"
	"strings"
)

const notebooksPolicy = "ambient-profile-notebooks-do-not-name-the-user"

// notebooksLeaveUsersAlone: the notebook controller copies this annotation, a JSON object of headers,
// to the notebook's route, and so does this function. Nobody may name in it a header that says who
// the user is; other headers (RStudio needs one) pass. CEL reads no JSON, so that an escape, which
// could spell any name, is refused too.
func notebooksLeaveUsersAlone(a Admission) Object {
	names := a.IdentityHeaders
	var patterns []string
	for _, name := range names {
		patterns = append(patterns, strings.ReplaceAll(regexp.QuoteMeta(name), `\`, `\\`)) // for a text of CEL
	}
	return guard{
		name: notebooksPolicy,
		of:   []Fields{writes("kubeflow.org", "notebooks")},
		variables: []variable{
			{"headers", "object.metadata.?annotations[?'" + headersAnnotation + "'].orValue('')"},
			{"same", "request.operation == 'UPDATE' && oldObject.metadata.?annotations[?'" + headersAnnotation + "'].orValue('') == variables.headers"},
		},
		rules: []validation{{
			holds: "!variables.headers.contains('\\\\') && !variables.headers.lowerAscii().replace('_', '-').matches('\"\\\\s*(" + strings.Join(patterns, "|") + ")\\\\s*\"\\\\s*:')" +
				" || variables.same",
			message: "the annotation " + headersAnnotation + " of a Notebook may not set the headers " + strings.Join(names, ", ") +
				", in any case and with _ for -, and may not have a backslash: remove them; the gateway has set them already",
		}},
	}.policy(a)
}

const headersAnnotation = "notebooks.kubeflow.org/http-headers-request-set"
