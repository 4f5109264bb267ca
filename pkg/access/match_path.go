package access

import "strings"

// normalize gives a path as Envoy hands it to its filters, and the query apart; ok is false where Envoy answers 400. BASE (Istio's default):
// backslashes become slashes, escapes of unreserved characters are decoded, dot segments resolved; MERGE_SLASHES joins slashes too;
// DECODE_AND_MERGE_SLASHES first decodes %2F and %5C (listener_builder buildHTTPConnectionManager).
func normalize(raw, mode string) (path, query string, ok bool) {
	path, query, _ = strings.Cut(raw, "?")
	if strings.ContainsAny(path, "#\x00") {
		return path, query, false
	}
	if mode == "NONE" {
		return path, query, true
	}
	if path, ok = decode(path, mode == "DECODE_AND_MERGE_SLASHES"); !ok {
		return path, query, false
	}
	path = resolveDots(strings.ReplaceAll(path, "\\", "/"))
	if mode == "MERGE_SLASHES" || mode == "DECODE_AND_MERGE_SLASHES" {
		path = mergeSlashes(path)
	}
	return path, query, true
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
		if i+2 >= len(s) || unhex(s[i+1]) < 0 || unhex(s[i+2]) < 0 {
			b.WriteByte('%')
			continue
		}
		c := byte(unhex(s[i+1])<<4 | unhex(s[i+2]))
		switch {
		case c == 0:
			return s, false
		case unreserved(c), slashes && (c == '/' || c == '\\'):
			b.WriteByte(c)
		default:
			b.WriteString(s[i : i+3])
		}
		i += 2
	}
	return b.String(), true
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
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
