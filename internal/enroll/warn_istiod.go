package enroll

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// warnIstio reports settings of istiod and images of Istio's that our objects depend on.
func warnIstio(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	if image := input.LayeredPolicies(); image != nil {
		notes.Warn(diagnostic.LayeredPolicies, image.Item, "sets ENABLE_LAYERED_WAYPOINT_AUTHORIZATION_POLICIES, with which a waypoint enforces L4 policies, and the policies attached to it without their HTTP attributes, on every connection",
			generate.L4PolicyName+" would stop the ingress Gateway there, so AuthorizationPolicy "+generate.LayeredPolicyName+" was added to each namespace; a DENY of yours that is attached to a waypoint denies more than it says",
			"add notPorts 15008 to the operations of such a DENY, or remove the variable")
	}
	images := input.Istio()
	for _, image := range images {
		if image.IsIstiod() {
			warnBlockedKeys(plan, notes, image)
		}
	}
	warnRegistry(images, notes)
}

// inCluster are the ranges that addresses of Services come from (RFC 1918, RFC 4193, RFC 6598).
var inCluster = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("fc00::/7"),
}

// warnBlockedKeys reports an istiod that refuses to connect to addresses of Services, where it has to
// fetch keys from one. Istio 1.31: jwks_resolver.go blockedCIDRDialContext compares the address that the
// name resolves to. From 1.31.1 on it always blocks link-local addresses, but no Service has one.
func warnBlockedKeys(plan generate.Plan, notes *survey.Notes, istiod survey.Image) {
	var blocked []string
	for _, text := range strings.Split(istiod.Env("BLOCKED_CIDRS_IN_JWKS_URIS"), ",") {
		// Istio skips what net.ParseCIDR refuses.
		cidr, err := netip.ParsePrefix(strings.TrimSpace(text))
		if err == nil && slices.ContainsFunc(inCluster, cidr.Overlaps) {
			blocked = append(blocked, cidr.String())
		}
	}
	hosts := keysInCluster(plan)
	if len(blocked) == 0 || len(hosts) == 0 {
		return
	}
	notes.Warn(diagnostic.KeysBlocked, istiod.Item, "may not fetch keys from "+survey.Names(blocked)+" (BLOCKED_CIDRS_IN_JWKS_URIS), and the keys are at "+survey.Names(hosts)+", whose addresses may be in there",
		"every token that these keys verify would be refused (401)", "leave the range of the cluster's Services out of BLOCKED_CIDRS_IN_JWKS_URIS")
}

// keysInCluster are the hosts of Services that istiod fetches keys from.
func keysInCluster(plan generate.Plan) []string {
	uris := []string{plan.Mesh.Tokens.JWKSURI}
	for _, rule := range plan.Logins {
		uris = append(uris, rule.JwksUri)
	}
	var hosts []string
	for _, uri := range uris {
		u, err := url.Parse(uri)
		if err != nil || u.Hostname() == "" {
			continue
		}
		if host := u.Hostname(); (strings.HasSuffix(host, ".svc.cluster.local") || strings.HasSuffix(host, ".svc")) && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// gone are the registries that Istio publishes no release to from 1.31 on, and that are switched off in
// December 2026 (Istio 1.31 upgrade notes).
var gone = []string{"gcr.io/istio-release/", "registry.istio.io/"}

// warnRegistry reports, once for each registry, images that nodes may not be able to pull.
func warnRegistry(images []survey.Image, notes *survey.Notes) {
	for _, registry := range gone {
		at := slices.IndexFunc(images, func(i survey.Image) bool { return strings.HasPrefix(i.Name, registry) })
		if at >= 0 {
			notes.WarnAt(diagnostic.ImageMoved, images[at].Item, images[at].Field, "is "+images[at].Name+", and Istio publishes no images there from 1.31 on",
				"a node that cannot pull an image runs no waypoint or ztunnel, and nobody reaches the namespaces behind it", "use docker.io/istio, or a registry of yours")
		}
	}
}
