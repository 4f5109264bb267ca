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
	for i := range w.istiods {
		v := maybe
		if m, _ := w.istiods[i].version(); m > 0 {
			v = is(m >= minor)
		}
		if i > 0 && v != out {
			return maybe
		}
		out = v
	}
	return out
}

// version is the minor release of Istio 1 that an image states, and the patch, -1 where it states none; 0 where it states no release. An alpha or a
// beta may lack what the release has.
func (i *istiod) version() (minor, patch int) {
	_, tag := imageTag(i.image)
	m := release.FindStringSubmatch(tag)
	if m == nil || m[1] != "1" || strings.HasPrefix(m[4], "alpha") || strings.HasPrefix(m[4], "beta") {
		return 0, -1
	}
	minor, _ = strconv.Atoi(m[2])
	patch, err := strconv.Atoi(m[3])
	if err != nil {
		patch = -1
	}
	return minor, patch
}

// forgetsTrustDomains finds an istiod that does not know trustDomains of a policy's source: Istio 1.30.2 is the first that does (authz/model
// srcTrustDomainGenerator), and 1.30.1 has the field in its schema already.
func (w *World) forgetsTrustDomains() bool {
	return w.release == 0 && slices.ContainsFunc(w.istiods, func(i istiod) bool {
		minor, patch := i.version()
		return minor > 0 && minor < 30 || minor == 30 && (patch == 0 || patch == 1)
	})
}

// unjudged finds an istiod that is older than all of Releases, unless SetRelease says what to judge by: then nothing is judged.
func (w *World) unjudged() *istiod {
	at := slices.IndexFunc(w.istiods, func(i istiod) bool {
		minor, _ := i.version()
		return minor > 0 && minor < oldestRelease
	})
	if at < 0 || w.release > 0 {
		return nil
	}
	return &w.istiods[at]
}

func (i *istiod) old() ruling {
	minor, _ := i.version()
	return ruling{outcome: NotJudged, Step: stepAt(Point{Kind: AtMesh}, named(&i.origin)+" is of Istio 1."+strconv.Itoa(minor)+", and releases before 1."+
		strconv.Itoa(oldestRelease)+" are not judged, unless --istio-version says which one to judge by")}
}

// hole is what releases before one are known to allow although the manifests do not.
type hole struct {
	before                int
	found, effect, remedy string
}

var holes = []hole{
	// Istio 1.31: model filterStrictGatewayMerging, which 1.30.3 does not have.
	{31, "adds Gateways of networking.istio.io of every namespace to those of the Gateway API whose pods they select",
		"whoever writes one may open a port of the ingress", "use Istio 1.31 or later"},
	// Measured with Envoy 1.39.3; Envoy 1.40.0 takes off the headers of all rules.
	{32, "takes a claim's header off a request only for the token rules that it tries",
		"a second issuer that sorts first leaves the user header as the client wrote it", "have every token rule write the user header"},
}

// KnownHoles are what the release that the manifests are judged by is known to allow although they do not, one message each; none where no release is
// known.
func (w *World) KnownHoles() (out []Finding) {
	for _, h := range holes {
		switch {
		case w.since(h.before) != no || w.unjudged() != nil:
		case w.release > 0:
			out = append(out, diagnostic.Diagnostic{Code: diagnostic.IstioHole, Found: "Istio 1." + strconv.Itoa(w.release) + " " + h.found, Effect: h.effect, Remedy: h.remedy})
		default:
			i := w.istiods[0]
			minor, _ := i.version()
			out = append(out, i.finding(diagnostic.IstioHole, "", i.place, "is of Istio 1."+strconv.Itoa(minor)+", which "+h.found, h.effect, h.remedy))
		}
	}
	return out
}

// UnknownReleases name the istiods that are of none of Releases, unless SetRelease says what to judge by.
func (w *World) UnknownReleases() (out []Finding) {
	for _, i := range w.istiods {
		minor, _ := i.version()
		of := "is of Istio 1." + strconv.Itoa(minor)
		switch {
		case w.release > 0:
		case minor > newestRelease:
			out = append(out, i.finding(diagnostic.IstioReleaseUnknown, "", i.place, of+", which is newer than the releases that the referee knows",
				"it is judged as Istio 1."+strconv.Itoa(newestRelease), "use a newer ambient-profile, or read what Istio changed"))
		case minor > 0 && minor < oldestRelease:
			out = append(out, i.finding(diagnostic.IstioReleaseUnknown, "", i.place, of+", which is older than the releases that the referee knows",
				"every request is NOT JUDGED", "upgrade it, or add --istio-version with one of "+strings.Join(Releases, ", ")))
		}
	}
	return out
}
