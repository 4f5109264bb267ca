package access

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// pathReading is a path as one Envoy hands it to its filters, and the query apart; ok is false where it answers 400.
type pathReading struct {
	path, query string
	ok          bool
}

// readPath gives the readings of a path as the client sends it, each once, and where there are several why Envoys differ. A fragment is cut
// off: pilot-agent starts Envoy with http_reject_path_with_fragment off (Istio 1.31: pkg/bootstrap; Envoy 1.39 path_utility.cc).
func readPath(raw, mode string) (readings []pathReading, why string) {
	raw, _, _ = strings.Cut(raw, "#")
	first := normalize(raw, mode)
	readings = []pathReading{first}
	also := func(r pathReading, because string) {
		for _, known := range readings {
			if known == r {
				return
			}
		}
		readings, why = append(readings, r), because
	}
	if mode == "NONE" || !first.ok {
		return readings, ""
	}
	decoded, _ := decode(pathOf(raw), mode == "DECODE_AND_MERGE_SLASHES")
	if segment, bare := dotParameters(strings.ReplaceAll(decoded, "\\", "/")); segment != "" {
		also(pathReading{finishPath(bare, mode), first.query, true},
			"the path holds the segment "+segment+": Envoy 1.39 and 1.40 read it as a dot segment, and 1.36 does not")
	}
	for _, r := range readings {
		if c := strangeCharacter(r.path); c != "" {
			also(pathReading{escapeStrange(r.path), r.query, true}, "the path holds the character "+c+", which Envoy may escape or refuse")
			also(pathReading{query: r.query}, why)
		}
	}
	return readings, why
}

// normalize is Istio's path normalization. BASE (the default): backslashes become slashes, escapes of unreserved characters are decoded, dot
// segments resolved; MERGE_SLASHES joins slashes too; DECODE_AND_MERGE_SLASHES first decodes %2F and %5C (listener_builder
// buildHTTPConnectionManager).
func normalize(raw, mode string) (r pathReading) {
	r.path, r.query, _ = strings.Cut(raw, "?")
	if strings.Contains(r.path, "\x00") {
		return r
	}
	if r.ok = mode == "NONE"; r.ok {
		return r
	}
	if r.path, r.ok = decode(r.path, mode == "DECODE_AND_MERGE_SLASHES"); r.ok {
		r.path = finishPath(r.path, mode)
	}
	return r
}

// finishPath is what remains to be done with a path whose escapes are decoded.
func finishPath(path, mode string) string {
	path = resolveDots(strings.ReplaceAll(path, "\\", "/"))
	if mode == "MERGE_SLASHES" || mode == "DECODE_AND_MERGE_SLASHES" {
		path = mergeSlashes(path)
	}
	return path
}

func pathOf(raw string) string {
	path, _, _ := strings.Cut(raw, "?")
	return path
}

// dotParameters returns the first segment that is . or .. followed by a parameter, "" if there is none, and the path without such parameters.
func dotParameters(path string) (first, bare string) {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if dots, _, ok := strings.Cut(segment, ";"); ok && (dots == "." || dots == "..") {
			first, segments[i] = cmp.Or(first, segment), dots
		}
	}
	return first, strings.Join(segments, "/")
}

// strangeCharacter is the first character that is not one of a path (RFC 3986 3.3), "" where there is none. Chromium's url_canon_path.cc,
// which Envoy normalizes by, escapes most of them, and which ones depends on its version.
func strangeCharacter(path string) string {
	for i := range len(path) {
		if strange(path[i]) {
			return strconv.QuoteToASCII(string(rune(path[i])))
		}
	}
	return ""
}

func strange(c byte) bool {
	return c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>^`{|}", c) >= 0
}

func escapeStrange(path string) string {
	var b strings.Builder
	for i := range len(path) {
		if c := path[i]; strange(c) {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// decode decodes %XX where the character is unreserved (RFC 3986), and slashes where asked.
func decode(s string, slashes bool) (string, bool) {
	if strings.IndexByte(s, '%') < 0 {
		return s, true
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) || symbolic.Unhex(s[i+1]) < 0 || symbolic.Unhex(s[i+2]) < 0 {
			b.WriteByte('%')
			continue
		}
		c := byte(symbolic.Unhex(s[i+1])<<4 | symbolic.Unhex(s[i+2]))
		switch {
		case c == 0:
			return s, false
		case symbolic.Unreserved(c), slashes && (c == '/' || c == '\\'):
			b.WriteByte(c)
		default:
			b.WriteString(s[i : i+3])
		}
		i += 2
	}
	return b.String(), true
}

// resolveDots removes . and .. segments; .. never leaves the root.
func resolveDots(s string) string {
	if !strings.Contains(s, "/.") {
		return s
	}
	segments := strings.Split(s, "/")
	out := segments[:1:1]
	for i, seg := range segments[1:] {
		last := i == len(segments)-2
		switch seg {
		case ".", "..":
			if seg == ".." && len(out) > 1 {
				out = out[:len(out)-1]
			}
			if last {
				out = append(out, "")
			}
		default:
			out = append(out, seg)
		}
	}
	return strings.Join(out, "/")
}

func mergeSlashes(s string) string {
	for strings.Contains(s, "//") {
		s = strings.ReplaceAll(s, "//", "/")
	}
	return s
}
