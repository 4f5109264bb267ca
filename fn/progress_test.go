package fn

import (
	"bytes"
	"testing"
	"time"
)

// A run says how far it is after a second, not more often than can be read, and leaves nothing behind.
func TestProgress(t *testing.T) {
	var out bytes.Buffer
	begin := time.Unix(100, 0)
	at := begin
	p := &progress{out: &out, now: func() time.Time { return at }, begin: begin}
	for _, ms := range []int{0, 900, 1000, 1050, 1200} {
		at = begin.Add(time.Duration(ms) * time.Millisecond)
		p.step(ms, 2000)
	}
	p.end()
	if want := "\r\x1b[K1000 of 2000 namespaces\r\x1b[K1200 of 2000 namespaces\r\x1b[K"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	quick := newProgress(&out)
	quick.begin = begin
	out.Reset()
	quick.step(1, 2)
	quick.end()
	if out.Len() > 0 {
		t.Errorf("what is no terminal shows %q", out.String())
	}
}
