package enroll

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// longest are how many items the lists of an HTTPRoute have at most (Gateway API 1.6: httproutes.yaml).
var longest = map[string]int{
	"hostnames": 16, "rules": 16, "matches": 64, "filters": 16, "backendRefs": 16, "headers": 16, "queryParams": 16, "set": 16, "add": 16, "remove": 16,
}

var (
	headerName = regexp.MustCompile(`^[A-Za-z0-9!#$%&'*+\-.^_\x60|~]{1,256}$`)
	hostName   = regexp.MustCompile(`^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)
	routePath  = regexp.MustCompile(`^/(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*$`)
)

// beyond says what the API server would refuse in a route, or "": what a VirtualService may have and an
// HTTPRoute may not (Gateway API 1.6: httproutes.yaml, its patterns and x-kubernetes-validations).
func beyond(key string, v any) string {
	switch v := v.(type) {
	case []any:
		if most := longest[key]; most > 0 && len(v) > most {
			return fmt.Sprintf("needs more than %d %s", most, key)
		}
		for _, item := range v {
			if why := beyond(key, item); why != "" {
				return why
			}
		}
	case []string:
		if len(v) > longest[key] {
			return fmt.Sprintf("needs more than %d %s", longest[key], key)
		}
		for _, name := range v { // of headers to remove
			if !headerName.MatchString(name) {
				return "has the header name " + name
			}
		}
	case generate.Fields:
		return beyondFields(key, v)
	case string:
		if (key == "hostnames" || key == "hostname") && (len(v) > 253 || !hostName.MatchString(v)) {
			return "has the host " + v
		}
	}
	return ""
}

func beyondFields(key string, fields generate.Fields) string {
	name, _ := fields["name"].(string)
	value, _ := fields["value"].(string)
	switch key {
	case "path":
		if kind := fields["type"]; (kind == "Exact" || kind == "PathPrefix") && !isRoutePath(value) || len(value) > 1024 {
			return "has the path " + value
		}
	case "headers", "queryParams", "set", "add":
		if !headerName.MatchString(name) || value == "" || len(value) > 4096 || strings.ContainsAny(value, "\r\n") {
			return "has a value of " + name
		}
	case "backendRefs":
		if weight, _ := fields["weight"].(int); weight < 0 || weight > 1000000 {
			return "has the weight " + fmt.Sprint(weight)
		}
	}
	for _, below := range generate.SortedKeys(fields) {
		if why := beyond(below, fields[below]); why != "" {
			return why
		}
	}
	return ""
}

// isRoutePath reports whether a path is one that a route may match exactly or by prefix.
func isRoutePath(path string) bool {
	if !routePath.MatchString(path) || strings.HasSuffix(path, "/..") || strings.HasSuffix(path, "/.") {
		return false
	}
	for _, part := range []string{"//", "/./", "/../", "%2f", "%2F"} {
		if strings.Contains(path, part) {
			return false
		}
	}
	return true
}
