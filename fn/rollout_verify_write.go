package fn

import (
	"io"
	"slices"
	"strings"
)

// Write writes what is found as comments, and the commands that come next.
func (v *Verification) Write(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# " + v.headline() + "\n")
	for _, l := range v.Lacking {
		b.WriteString("# " + l.text() + "\n")
	}
	for _, part := range []struct {
		word  string
		lines []string
	}{{"NOT READY", v.NotReady}, {"READY", v.Ready}, {"WAITS", v.Waits}} {
		for _, line := range part.lines {
			b.WriteString("# " + part.word + ": " + line + "\n")
		}
	}
	v.writeNext(&b)
	b.WriteString("\n# Verify again:\n" + v.again + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (v *Verification) headline() string {
	is := "NOT DONE"
	if v.Done() {
		is = "DONE"
	}
	if v.Stage == "" {
		return is + ": the beginning, of which no stage has changed anything"
	}
	out := is + ": stage " + v.Stage
	if len(v.Also) > 0 {
		out += ", or " + strings.Join(v.Also, ", ") + " on the way back"
	}
	return out
}

func (l *Lack) text() string {
	if l.Stage == "" {
		return "CHANGED since the stages were made: " + l.Object + " " + l.Why
	}
	return "LACKING of stage " + l.Stage + ": " + l.Object + " " + l.Why
}

// writeNext writes the commands of what is lacking, or else those of the next stage.
func (v *Verification) writeNext(b *strings.Builder) {
	switch {
	case slices.ContainsFunc(v.Lacking, func(l Lack) bool { return l.Stage == "" }):
		b.WriteString("\n# NEXT: write the stages anew from what runs now, because these are proved for other objects\n")
		return
	case len(v.Lacking) > 0:
		for _, s := range v.stages {
			if slices.ContainsFunc(v.Lacking, func(l Lack) bool { return l.Stage == s.name }) {
				b.WriteString("\n# NEXT, again:\n" + s.commands)
			}
		}
		return
	case len(v.NotReady) > 0:
		b.WriteString("\n# NEXT: wait until it is ready\n")
		for _, s := range v.stages {
			if _, waits, found := strings.Cut(s.commands, beforeNext); found && s.name == v.Stage {
				b.WriteString(waits)
			}
		}
	case v.next == nil:
		b.WriteString("\n# NEXT: nothing, all stages are done\n")
	default:
		b.WriteString("\n# NEXT:\n" + v.next.commands)
	}
	if v.back != nil {
		b.WriteString("\n# OR THE WAY BACK:\n" + v.back.commands)
	}
}
