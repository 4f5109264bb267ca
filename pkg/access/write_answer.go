package access

import (
	"io"
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// WriteJSON writes the answer for machines.
func (a Answer) WriteJSON(out io.Writer) error {
	return diagnostic.WriteJSON(out, AnswerDocument{diagnostic.DocumentVersion, "AccessAnswer", a})
}

// AnswerDocument is an answer as it is written for machines.
type AnswerDocument struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Answer
}

// WriteText writes the answer for people: the verdict, what each rule on the way made of the request, and the nearest requests that come out the other way.
func (a Answer) WriteText(out io.Writer) error {
	var b strings.Builder
	width := widthOf(out) - 2
	line := func(indent, text string) {
		for i, l := range wrap(plain(text), width-len(indent)) {
			if i > 0 {
				b.WriteString("  ")
			}
			b.WriteString(indent + l + "\n")
		}
	}
	line("", a.Got+": "+a.Request)
	line("  ", byOf(a.By))
	if a.Routed != "" {
		line("  ", "the routes lead to Service "+a.Routed)
	}
	for _, s := range a.Assumed {
		line("  ", "assumed: "+s)
	}
	point := ""
	for _, j := range a.Rules {
		if j.Point != point {
			point = j.Point
			b.WriteString("\n" + plain(point) + "\n")
		}
		line("  ", j.text())
		for _, f := range j.Failed {
			line("      ", f)
		}
	}
	a.writeNear(&b, line)
	_, err := io.WriteString(out, b.String())
	return err
}

// byOf is what decided, as a line: a 404 is by no proxy's policy.
func byOf(by string) string {
	if why, nothing := strings.CutPrefix(by, "nothing: "); nothing {
		return why
	}
	return "by " + strings.TrimPrefix(by, "NOT JUDGED: ")
}

func (j *Judged) text() string {
	out := j.Action + " " + j.Policy
	if j.Rule >= 0 {
		out += " rule " + strconv.Itoa(j.Rule)
	}
	switch j.Matches {
	case "yes":
		return out + ": matches"
	case "no":
		return out + ": does not match"
	}
	return out + ": NOT JUDGED"
}

func (a Answer) writeNear(b *strings.Builder, line func(indent, text string)) {
	other := Allow
	if a.Got == Allow.String() {
		other = Deny
	}
	word := map[Outcome]string{Allow: "allowed", Deny: "denied"}[other]
	b.WriteByte('\n')
	switch {
	case a.Limit != "":
		line("", "not all other requests were looked at: "+a.Limit)
	case len(a.Near) == 0:
		line("", "no request of such a client to this target is "+word)
	}
	for _, n := range a.Near {
		line("", "nearest that is "+word+": "+n.Request)
		if len(n.Differs) > 0 {
			line("  ", "differs in: "+strings.Join(n.Differs, ", "))
		}
		line("  ", "by "+n.By)
	}
}
