package access

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// Releases are the releases of Istio whose differences the referee knows: those of istio.io/api v1.30.8, v1.31.4 and v1.32.0, and those of istiod
// between the tags 1.30.0 and 1.31.0-rc.0, and up to the master branch of 2026-08-22, which became 1.32.
var Releases = []string{"1.30", "1.31", "1.32"}

const oldestRelease, newestRelease = 30, 32

// SetRelease has everything judged as by the last patch of one of Releases, whatever the images of istiod say. It comes before the first question.
func (w *World) SetRelease(release string) {
	minor, _ := strconv.Atoi(strings.TrimPrefix(release, "1."))
	w.release = minor
}

// since reports whether istiod is of Istio 1.<minor> or later: as SetRelease says, else as the images of all istiods do. Where nobody says, or they
// disagree, what differs between releases is NOT JUDGED.
func (w *World) since(minor int) verdict3 {
	if w.release > 0 {
		return is(w.release >= minor)
	}
	out := maybe
	for i, version := range w.versions {
		v := maybe
		if version.minor > 0 {
			v = is(version.minor >= minor)
		}
		if i > 0 && v != out {
			return maybe
		}
		out = v
	}
	return out
}

// version is the minor release of Istio 1 that an istiod's image states, 0 where it states none, and the patch, -1 where it states none.
type version struct{ minor, patch int }

// versionOf reads a tag. An alpha or a beta may lack what the release has.
func versionOf(tag string) version {
	m := release.FindStringSubmatch(tag)
	if m == nil || m[1] != "1" || strings.HasPrefix(m[4], "alpha") || strings.HasPrefix(m[4], "beta") {
		return version{0, -1}
	}
	minor, _ := strconv.Atoi(m[2])
	patch, err := strconv.Atoi(m[3])
	if err != nil {
		patch = -1
	}
	return version{minor, patch}
}

// readVersions are those of all istiods and ztunnels, in their order.
func (w *World) readVersions() {
	for _, i := range w.istiods {
		_, tag := imageTag(i.image)
		w.versions = append(w.versions, versionOf(tag))
	}
	for _, z := range w.ztunnels {
		_, tag := imageTag(z.image)
		w.ztunnelVersions = append(w.ztunnelVersions, versionOf(tag))
	}
}

// forgetsTrustDomains finds an istiod that does not know trustDomains of a policy's source: Istio 1.30.2 is the first that does (authz/model
// srcTrustDomainGenerator), and 1.30.1 has the field in its schema already.
func (w *World) forgetsTrustDomains() bool {
	return w.release == 0 && slices.ContainsFunc(w.versions, func(v version) bool {
		return v.minor == 30 && (v.patch == 0 || v.patch == 1)
	})
}

// unjudged finds an istiod that is older than all of Releases, unless SetRelease says what to judge by: then nothing is judged.
func (w *World) unjudged() (r ruling, is bool) {
	of, versions := w.istiods, w.versions
	old := func(v version) bool { return v.minor > 0 && v.minor < oldestRelease }
	at := slices.IndexFunc(versions, old)
	if at < 0 { // ztunnel's releases are Istio's
		of, versions = w.ztunnels, w.ztunnelVersions
		at = slices.IndexFunc(versions, old)
	}
	if at < 0 || w.release > 0 {
		return r, false
	}
	return ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtMesh}, named(&of[at].origin)+" is of "+versions[at].String()+", and releases before 1."+
		strconv.Itoa(oldestRelease)+" are not judged, unless --istio-version says which one to judge by")}, true
}

func (v version) String() string { return "Istio 1." + strconv.Itoa(v.minor) }

// hole is what releases before one are known to allow although the manifests do not.
type hole struct {
	before                int
	found, effect, remedy string
}

var holes = []hole{
	// Istio 1.31: model filterStrictGatewayMerging, which 1.30.3 does not have.
	{31, "adds Gateways of networking.istio.io of every namespace to those of the Gateway API whose pods they select",
		"anyone who writes one may open a port of the ingress", "use Istio 1.31 or later"},
	// Measured with Envoy 1.39.3; Envoy 1.40.0 takes off the headers of all rules.
	{32, "takes a claim's header off a request only for the token rules that it tries",
		"a second issuer that sorts first leaves the user header as the client wrote it", "have every token rule write the user header"},
}

// KnownHoles are what the release that the manifests are judged by is known to allow although they do not, one message each; none where no release is
// known.
func (w *World) KnownHoles() (out []Finding) {
	_, old := w.unjudged()
	for _, h := range holes {
		switch {
		case old || w.since(h.before) != no:
		case w.release > 0:
			out = append(out, diagnostic.Diagnostic{Code: diagnostic.IstioHole, Found: version{minor: w.release}.String() + " " + h.found, Effect: h.effect, Remedy: h.remedy})
		default:
			i := w.istiods[0]
			out = append(out, i.finding(diagnostic.IstioHole, "", i.place, "is of "+w.versions[0].String()+", which "+h.found, h.effect, h.remedy))
		}
	}
	return out
}

// UnknownReleases name the istiods that are of none of Releases, unless SetRelease says what to judge by.
func (w *World) UnknownReleases() (out []Finding) {
	for at, i := range w.istiods {
		v := w.versions[at]
		switch {
		case w.release > 0:
		case v.minor > newestRelease:
			out = append(out, i.finding(diagnostic.IstioReleaseUnknown, "", i.place, "is of "+v.String()+", which is newer than the releases that the referee knows",
				"it is judged as "+version{minor: newestRelease}.String(), "use a newer ambient-profile, or read what Istio changed"))
		case v.minor > 0 && v.minor < oldestRelease:
			out = append(out, i.finding(diagnostic.IstioReleaseUnknown, "", i.place, "is of "+v.String()+", which is older than the releases that the referee knows",
				"every request is NOT JUDGED", "upgrade it, or add --istio-version with one of "+strings.Join(Releases, ", ")))
		}
	}
	return out
}
