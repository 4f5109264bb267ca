package access

import (
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// Releases are the releases of Istio between which the referee knows the differences: those of istio.io/api v1.30.8, v1.31.4 and v1.32.0, and
// those of istiod between the commits that test/conformance asks.
var Releases = []string{"1.30", "1.31", "1.32"}

// SetRelease has everything judged as by one of Releases, whatever the images of istiod say. It comes before the first question.
func (w *World) SetRelease(release string) {
	minor, _ := strconv.Atoi(strings.TrimPrefix(release, "1."))
	w.release = minor
}

// since reports whether istiod is of Istio 1.<minor> or later: as SetRelease says, else as the images of all istiods do. Where nobody says,
// what differs between releases is NOT JUDGED.
func (w *World) since(minor int) verdict3 {
	if w.release > 0 {
		return is(w.release >= minor)
	}
	out := maybe
	for i := range w.istiods {
		v := maybe
		if m := w.istiods[i].minor(); m > 0 {
			v = is(m >= minor)
		}
		if i > 0 && v != out {
			return maybe
		}
		out = v
	}
	return out
}

// minor is the minor release of Istio 1 that an image states, 0 where it does not. Alphas and betas may be of before.
func (i *istiod) minor() int {
	_, tag := imageTag(i.image)
	m := release.FindStringSubmatch(tag)
	if m == nil || m[1] != "1" || strings.HasPrefix(m[4], "alpha") || strings.HasPrefix(m[4], "beta") {
		return 0
	}
	minor, _ := strconv.Atoi(m[2])
	return minor
}

// hole is what releases before one are known to allow although the manifests do not.
type hole struct {
	before                int
	found, effect, remedy string
}

var holes = []hole{
	{31, "takes the dots in a principal that begins with a star, or in a namespace, for any character",
		"a waypoint may allow accounts whose names are alike (istio/istio#59992)", "use Istio 1.31 or later"},
	{31, "adds Gateways of networking.istio.io of every namespace to those of the Gateway API whose pods they select",
		"whoever writes one may open a port of the ingress", "use Istio 1.31 or later"},
	// Measured with Envoy 1.39.3; Envoy 1.40.0 takes off the headers of all rules.
	{32, "takes a claim's header off a request only for the token rules that it tries",
		"a second issuer that sorts first leaves the user header as the client wrote it", "have every token rule write the user header"},
}

// KnownHoles are the known holes of the release that the manifests are judged by, one message each; none where no release is known.
func (w *World) KnownHoles() (out []Finding) {
	for _, h := range holes {
		if w.since(h.before) != no {
			continue
		}
		if w.release > 0 {
			out = append(out, diagnostic.Diagnostic{Code: diagnostic.IstioHole, Position: diagnostic.Position{File: "--istio-version"},
				Found: "Istio 1." + strconv.Itoa(w.release) + " " + h.found, Effect: h.effect, Remedy: h.remedy})
			continue
		}
		i := w.istiods[0]
		out = append(out, i.finding(diagnostic.IstioHole, "", i.place, "is of Istio 1."+strconv.Itoa(i.minor())+", which "+h.found, h.effect, h.remedy))
	}
	return out
}
