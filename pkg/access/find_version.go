package access

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// imageTag is the last part of an image's name, and its tag: [registry[:port]/]path/name[:tag][@digest].
func imageTag(image string) (name, tag string) {
	image, _, _ = strings.Cut(image, "@")
	name = image[strings.LastIndexByte(image, '/')+1:]
	name, tag, _ = strings.Cut(name, ":")
	return name, tag
}

// release is the version in a tag of Istio's images: 1.27.8, 1.27.8-distroless. The patch may be missing: 1.27.
var release = regexp.MustCompile(`^v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,6}))?(?:-([a-z0-9.-]+))?$`)

// firstSafe is, by minor version, the first patch release of Istio without CVE-2026-31837. Before 1.27 none has it, and 1.30 began without.
var firstSafe = map[int]int{27: 8, 28: 5, 29: 1}

// hasPublicKey reports whether the istiod of a tag falls back to a key that is public (CVE-2026-31837): yes, no, or maybe where the tag
// does not say. Alphas, betas and release candidates come before the release whose number they bear.
func hasPublicKey(tag string) verdict3 {
	m := release.FindStringSubmatch(tag)
	if m == nil {
		return maybe
	}
	major, _ := strconv.Atoi(m[1])
	minor, _ := strconv.Atoi(m[2])
	patch, err := strconv.Atoi(m[3])
	safe, listed := firstSafe[minor]
	early := strings.HasPrefix(m[4], "alpha") || strings.HasPrefix(m[4], "beta") || strings.HasPrefix(m[4], "rc")
	switch {
	case major > 1: // not Istio's own number: OpenShift Service Mesh 3.1 is Istio 1.26
		return maybe
	case major < 1 || minor < 27:
		return yes
	case minor > 30 || minor == 30 && !early:
		return no
	case !listed || err != nil:
		return maybe
	}
	return is(patch < safe || patch == safe && early)
}

// versions reports every istiod that may take tokens which anybody can sign.
func (a *selfCheck) versions() {
	for _, i := range a.w.istiods {
		_, tag := imageTag(i.image)
		switch hasPublicKey(tag) {
		case yes:
			a.report(diagnostic.IstiodPublicKey, i.origin, "runs the image "+i.image,
				"until it has fetched an issuer's keys, as in a first apply, it accepts tokens signed with a key that is public (CVE-2026-31837), so anyone can be any user or ServiceAccount",
				"use istiod 1.27.8, 1.28.5, 1.29.1 or later")
		case maybe:
			a.report(diagnostic.IstiodVersionUnknown, i.origin, "runs the image "+i.image+", which does not state its version",
				"before 1.27.8, 1.28.5 and 1.29.1 istiod accepts tokens that anyone can sign, until it has fetched an issuer's keys (CVE-2026-31837)", "compare its version")
		}
	}
}
