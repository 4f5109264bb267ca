package access

import (
	"slices"
	"strings"
	"testing"
)

// A path that Envoys read differently has each reading once, and one that they agree on has one.
func TestReadings(t *testing.T) {
	for _, c := range []struct {
		mode, in string
		want     []string
	}{
		{"BASE", "/a#b", []string{"/a"}}, {"BASE", "/a#b?q", []string{"/a"}}, {"BASE", "/a?x#/../b", []string{"/a"}}, {"NONE", "/a/..#b", []string{"/a/.."}},
		{"BASE", "/a/..;/b", []string{"/a/..;/b", "/b"}}, {"BASE", "/a/.;x=1/b", []string{"/a/.;x=1/b", "/a/b"}}, {"BASE", "/a/%2e.;/b", []string{"/a/..;/b", "/b"}},
		{"BASE", "/a/..;/../b", []string{"/a/b", "/b"}}, {"BASE", `/a\..;\b`, []string{"/a/..;/b", "/b"}}, {"BASE", "/a/..;", []string{"/a/..;", "/"}},
		{"NONE", "/a/..;/b", []string{"/a/..;/b"}}, {"BASE", "/a;v=1/b..;", []string{"/a;v=1/b..;"}}, {"BASE", "/a/...;/b", []string{"/a/...;/b"}},
		{"DECODE_AND_MERGE_SLASHES", "/a%2f..;/b", []string{"/a/..;/b", "/b"}}, {"BASE", "/a%2f..;/b", []string{"/a%2f..;/b"}},
		{"BASE", "/a|b", []string{"/a|b", "/a%7Cb", "400"}}, {"BASE", "/é", []string{"/é", "/%C3%A9", "400"}}, {"BASE", "/%00", []string{"400"}},
	} {
		readings, why := readPath(c.in, c.mode)
		var got []string
		for _, r := range readings {
			if !r.ok {
				r.path = "400"
			}
			got = append(got, r.path)
		}
		if !slices.Equal(got, c.want) || (why == "") != (len(got) == 1) {
			t.Errorf("%s %s: %q (%s), want %q", c.mode, c.in, got, why, c.want)
		}
	}
}

// What two Envoys do with one request is judged only where it comes to the same.
func TestAPathOfTwoReadings(t *testing.T) {
	w := load(t, onWaypoint("rules: [{to: [{operation: {paths: [/open/*, /shut, '/n/..;/*']}}]}]"))
	for path, want := range map[string]Outcome{
		"/open/x#y": Allow, "/shut#/../open/x": Allow, "/x#/open/": Deny,
		"/x/..;/open/y": NotJudged, "/open/..;/x": NotJudged, "/n/..;/open/x": Allow, "/open/.;/x": Allow, "/x/..;/y": Deny, "/open/x;v=1": Allow,
		"/open/<x>": NotJudged, "/x<y": Deny,
	} {
		v := decides(t, w, Request{From: From{ServiceAccount: "b/c"}, To: To{Namespace: "a", Service: "s"}, Path: path}, want)
		if want == NotJudged && !strings.Contains(v.Why, "the path holds the") {
			t.Errorf("%s: %s", path, v.By())
		}
	}
	// The same at the ingress, whose routes read the path as well.
	for path, want := range map[string]Outcome{"/s/..;/x": NotJudged, "/x/..;/s/y": NotJudged, "/s/..;/s/x": Allow} {
		decides(t, load(t, small+ingress), Request{From: From{Anonymous: true}, To: To{Namespace: "a", Service: "s"}, Path: path}, want)
	}
	deny := atFront("{" + frontRef + "action: DENY, rules: [{to: [{operation: {paths: [/admin*]}}]}]}")
	decides(t, load(t, deny), Request{From: From{Anonymous: true}, To: To{Namespace: "a", Service: "s"}, Path: "/s/..;/admin"}, NotJudged)
}
