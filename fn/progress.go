package fn

import (
	"fmt"
	"io"
	"os"
	"time"
)

// progress says on a terminal how far a long run is, from its first second on. Elsewhere it says nothing.
type progress struct {
	out   io.Writer // nil where it is no terminal
	now   func() time.Time
	begin time.Time
	said  time.Time // when it was said the last time; zero: never
}

func newProgress(stderr io.Writer) *progress {
	p := &progress{now: time.Now, begin: time.Now()}
	if f, ok := stderr.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb" {
			p.out = stderr
		}
	}
	return p
}

// step says that some of all namespaces are judged, ten times a second at most.
func (p *progress) step(done, all int) {
	now := p.now()
	if p.out == nil || now.Sub(p.begin) < time.Second || now.Sub(p.said) < time.Second/10 {
		return
	}
	p.said = now
	fmt.Fprintf(p.out, "\r\x1b[K%d of %d namespaces", done, all)
}

// end takes the line away.
func (p *progress) end() {
	if !p.said.IsZero() {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
