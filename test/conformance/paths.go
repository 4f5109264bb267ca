package main

import (
	"fmt"
	"strings"
)

// normalPath is what Envoy's normalize_path (Istio's default, BASE) makes of a
// request path before any filter sees it: dot segments resolved, "\" read as "/",
// unreserved characters decoded, the rest left; slashes are not merged and %2F
// stays (Envoy's PathUtil::canonicalPath, googleurl's url_canon_path.cc).
func normalPath(raw string) string {
	p, query := raw, ""
	if i := strings.IndexAny(raw, "?#"); i >= 0 {
		p, query = raw[:i], raw[i:]
	}
	p = decodeUnreserved(strings.ReplaceAll(p, `\`, "/"))
	var out []string
	segments := strings.Split(strings.TrimPrefix(p, "/"), "/")
	for i, s := range segments {
		last := i == len(segments)-1
		switch s {
		case ".", "..":
			if s == ".." && len(out) > 0 {
				out = out[:len(out)-1]
			}
			if last {
				out = append(out, "")
			}
		default:
			out = append(out, s)
		}
	}
	return "/" + strings.Join(out, "/") + query
}

func decodeUnreserved(p string) string {
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		var c byte
		if p[i] == '%' && i+2 < len(p) {
			if n, err := fmt.Sscanf(p[i+1:i+3], "%02x", &c); n == 1 && err == nil && unreserved(c) {
				b.WriteByte(c)
				i += 2
				continue
			}
		}
		b.WriteByte(p[i])
	}
	return b.String()
}

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}
