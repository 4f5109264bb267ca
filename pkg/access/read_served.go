package access

import (
	"cmp"
	"slices"
	"strings"
)

// servedVersions are the versions that the API server of a supported release serves, by group or by a kind of it. It rejects an object of another
// one, and whether the cluster has that object from before, or has more than its release brings, the manifests do not say. Istio 1.30 to 1.32
// (manifests/charts/base/files/crd-all.gen.yaml), Gateway API 1.4 to 1.6 (config/crd), Kubernetes 1.31 and later.
var servedVersions = map[groupKind][]string{
	{"security.istio.io", ""}: {"v1", "v1beta1"},
	{networkingGroup, ""}:     {"v1", "v1beta1", "v1alpha3"},
	{gatewayGroup, ""}:        {"v1", "v1beta1", "v1alpha2", "v1alpha3"},

	{gatewayGroup, "Gateway"}:        {"v1", "v1beta1"},
	{gatewayGroup, "GatewayClass"}:   {"v1", "v1beta1"},
	{gatewayGroup, "HTTPRoute"}:      {"v1", "v1beta1"},
	{gatewayGroup, "GRPCRoute"}:      {"v1"},
	{gatewayGroup, "ListenerSet"}:    {"v1"},
	{gatewayGroup, "ReferenceGrant"}: {"v1", "v1beta1"},

	{"", ""}:      {"v1"},
	{"apps", ""}:  {"v1"},
	{"batch", ""}: {"v1"},
}

// unserved is why an object may not be there at all, "" where its version is served, the API server takes it and tools apply it.
func (o *origin) unserved() string {
	if o.unapplied != "" {
		return whyUnapplied
	}
	if o.rejected != nil {
		return o.rejected.why
	}
	group, version, found := strings.Cut(o.apiVersion, "/")
	if !found {
		group, version = "", group
	}
	versions := servedVersions[groupKind{group, o.kind}]
	if versions == nil {
		versions = servedVersions[groupKind{group, ""}]
	}
	if versions == nil || slices.Contains(versions, version) {
		return ""
	}
	return "no supported release serves version " + version + " of it, so the API server rejects it"
}

// unservedScope is what an object of a kind changes by being there.
func unservedScope(k groupKind, tree *ledgerNode) scope {
	if k.kind == "ReferenceGrant" {
		return ofNamespace
	}
	return tree.unknown
}

func (o *origin) unservedField() string {
	if o.unapplied == "" && o.rejected != nil {
		return o.rejected.field
	}
	return cmp.Or(o.unapplied, "apiVersion")
}

// unservedFault returns unserved as a fault of a policy.
func (o *origin) unservedFault() *fault {
	if why := o.unserved(); why != "" {
		return &fault{o.unservedField(), why, o.place}
	}
	return nil
}

// unservedCloud is unserved as a cloud over what the object says.
func (o *origin) unservedCloud() *cloud {
	if why := o.unserved(); why != "" {
		return &cloud{origin: *o, field: o.unservedField(), at: o.place, why: why}
	}
	return nil
}
