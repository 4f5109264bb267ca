package profile

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

func (r *refusals) access(a Access) {
	const path = "spec.access."
	seen := map[string]string{}
	for i, open := range a.OpenPaths {
		r.openPath(at(path+"openPaths", i), open)
		r.unique(seen, at(path+"openPaths", i), open)
	}
	if len(a.Monitoring) > 500 { // Istio: 512 rules in an AuthorizationPolicy (CRD)
		r.add(diagnostic.ConfigTooMany, path+"monitoring", fmt.Sprint("has ", len(a.Monitoring), " items, which is more than one policy can hold"), "list at most 500")
	}
	seen = map[string]string{}
	for i, m := range a.Monitoring {
		item := at(path+"monitoring", i)
		if m.ServiceAccount == "" {
			r.missing(item+".serviceAccount", "write the ServiceAccount that scrapes, for example serviceAccount: monitoring/prometheus")
		} else {
			r.namespaced(item+".serviceAccount", m.ServiceAccount, "monitoring")
			r.unique(seen, item+".serviceAccount", m.ServiceAccount)
		}
		if m.Ports == nil {
			r.missing(item+".ports", "list the pod ports that it scrapes, for example ports: [9090]")
		} else if len(m.Ports) == 0 {
			r.add(diagnostic.ConfigEmptyList, item+".ports", "is an empty list, which would open every port", "list the pod ports that it scrapes, for example ports: [9090]")
		}
		r.ports(item+".ports", m.Ports)
	}
}

// closedPods refuses a promise that the profile-controller breaks: its own policy opens the
// namespace to itself at L4.
func (r *refusals) closedPods(s Spec) {
	if !s.Access.SameNamespacePods && s.Cluster.Controllers == Keep {
		r.add(diagnostic.ConfigNoEffect, "spec.access.sameNamespacePods", "false has no effect with cluster.controllers: Keep, because the profile-controller's own policy still allows the namespace",
			"write cluster: {controllers: Restrict}, or remove this line", "spec.cluster.controllers")
	}
}

// openPath refuses what is not one exact path. Istio: * and {} make a path a pattern; a gateway
// normalizes .. and // away.
func (r *refusals) openPath(at, open string) {
	normal := path.Clean(open)
	switch pattern := strings.IndexAny(open, "*{"); {
	case literalPath.MatchString(open) && !strings.Contains(open, "//") && !slices.Contains(strings.Split(open, "/"), "..") && len(open) <= 1024:
	case len(open) > 1024:
		r.add(diagnostic.ConfigTooLong, at, quote(open)+" is longer than 1024 characters", "list a shorter path")
	case pattern >= 0:
		r.malformed(diagnostic.ConfigBadPath, at, open, "is a pattern, but open paths are exact", "list each path, for example "+written(at, examplePath(open[:pattern])))
	case strings.ContainsAny(open, "?#"):
		r.add(diagnostic.ConfigBadPath, at, quote(open)+" is more than a path", "remove the part from "+open[strings.IndexAny(open, "?#"):][:1]+" on")
	case strings.HasPrefix(open, "/") && literalPath.MatchString(normal):
		r.add(diagnostic.ConfigBadPath, at, quote(open)+" is not a normalized path, and proxies may normalize it before they check the policy", "write "+written(at, normal))
	case literalPath.MatchString("/" + open):
		r.add(diagnostic.ConfigBadPath, at, quote(open)+" does not start with /", "write "+written(at, path.Clean("/"+open)))
	default:
		r.malformed(diagnostic.ConfigBadPath, at, open, "contains characters that a path cannot have", "percent-encode them")
	}
}

// examplePath is a path under the fixed beginning of a pattern.
func examplePath(start string) string {
	if start == "" || strings.HasSuffix(start, "/") {
		start += "/index.html"
	}
	if example := path.Clean("/" + start); literalPath.MatchString(example) {
		return example
	}
	return "/index.html"
}
