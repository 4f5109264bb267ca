package fn

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

// Who was denied by the sidecars is denied after the conversion: by Service and by pod address, in
// each of the four kinds of namespace, by any selector. What cannot be kept is warned about, with
// the policy and the rule; such questions are few. What stays with ztunnel stops nobody else.
func TestPropertyConversionLosesNoDenial(t *testing.T) {
	var denied, unlisted, excused, unjudged, allowed int
	for seed := range max(*configurations/2, 40) {
		r := rand.New(rand.NewPCG(uint64(seed), 14))
		s := newSidecarWorld(r)
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "config.yaml")
			write(t, file, s.config())
			in := must(manifest.ReadFiles(file, []string{"-"}, strings.NewReader(s.manifests())))
			items, findings, err := process(in)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			if err := manifest.Write(&out, items, in.Form, nil); err != nil {
				t.Fatal(err)
			}
			world := worldOf(t, out.String())
			for _, q := range s.questions() {
				deniers, after := s.before(q), world.Decide(q.Request)
				switch {
				case after.Outcome == access.NotJudged:
					unjudged++
				case len(deniers) == 0 && after.Why == "a DENY rule matches" && !s.deniedByDesign(q, after):
					t.Errorf("%s was allowed, and is denied by %s", q, after.By())
				case len(deniers) == 0:
					allowed++
				case after.Outcome == access.Deny && deniers[0].rule < 0:
					unlisted++ // no ALLOW policy let them in
				case after.Outcome == access.Deny:
					denied++
				case reportedAsLost(q, deniers, findings):
					excused++
				default:
					t.Errorf("%s was denied by %v, and is allowed: %s", q, deniers, after.By())
				}
				if t.Failed() {
					break
				}
			}
			if t.Failed() {
				t.Logf("seed %d, gateway %s:\n%s\n%v", seed, s.gateway, s.policiesText(), findings)
			}
		})
		if t.Failed() {
			break
		}
	}
	t.Logf("%d denied by rules and %d by none before and after, %d allowed before, %d lost with a warning, %d not judged", denied, unlisted, allowed, excused, unjudged)
	if denied < 1000 {
		t.Errorf("only %d questions were denied by a rule", denied)
	}
	if excused*4 > denied || unjudged > 0 {
		t.Errorf("too many questions were left out: %d lost with a warning, %d not judged, of %d", excused, unjudged, denied)
	}
}

// What a first run has converted, a second leaves as it is, also in a package, where the edited
// policies are all that is left of the originals.
func TestPropertyConversionIsDoneOnce(t *testing.T) {
	for seed := range max(*configurations/5, 20) {
		s := newSidecarWorld(rand.New(rand.NewPCG(uint64(seed), 15)))
		file := filepath.Join(t.TempDir(), "config.yaml")
		write(t, file, s.config())
		run := func(items string) string {
			code, out, stderr := execute(t, items, file, "-")
			if code != exitOK {
				t.Fatal(stderr)
			}
			return out
		}
		first := inPackage(t, run(s.manifests()))
		same(t, "a second run", normal(t, first), normal(t, run(first)))
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, s.policiesText())
		}
	}
}

// A RequestAuthentication for the whole mesh is for the waypoints too, where a policy needs it.
func TestConversionTakesTokensToEveryWaypoint(t *testing.T) {
	s := sidecarWorld{policies: []sidecarPolicy{{"istio-system", "needs-token", "DENY", nil, []sidecarRule{{from: []conditions{{"notRequestPrincipals": {"*"}}}}}}}, gateway: "istio-system/ambient-ingressgateway"}
	manifests := strings.Replace(s.manifests(), "{name: tokens, namespace: alice}", "{name: tokens, namespace: istio-system}", 1)
	file := filepath.Join(t.TempDir(), "config.yaml")
	write(t, file, s.config())
	code, out, stderr := execute(t, manifests, file, "-")
	if code != exitOK {
		t.Fatal(stderr)
	}
	copied := objectsOf(t, out)["RequestAuthentication istio-system/tokens-at-waypoint"]
	if !strings.Contains(copied, "kind: GatewayClass\n    name: istio-waypoint") || !strings.Contains(copied, dexIssuer) {
		t.Errorf("no waypoint reads tokens:\n%s", copied)
	}
}

// A converted question is a request, with what the old sidecars saw of it.
type converted struct {
	access.Request
	pods     []workload // behind the Service
	seen     sidecarRequest
	ingress  bool
	waypoint bool // a waypoint stands before the Service
}

func (q converted) String() string {
	return fmt.Sprintf("%s -> %+v %s %s %v", q.From, q.To, q.Method, q.Path, q.Headers)
}

type workload struct {
	namespace, service string
	port, podPort      int
	labels             map[string]string
}

var ruleName = regexp.MustCompile(`rules\[[0-9]+\]`)

// reportedAsLost reports whether every rule that denied is named by a warning that is about such a
// request.
func reportedAsLost(q converted, deniers []denier, findings []diagnostic.Diagnostic) bool {
	return !slices.ContainsFunc(deniers, func(d denier) bool {
		return !slices.ContainsFunc(findings, func(f diagnostic.Diagnostic) bool {
			if d.rule < 0 || f.Severity() != diagnostic.Warning || f.Object.String() != "AuthorizationPolicy "+d.policy {
				return false
			}
			named := ruleName.FindAllString(f.Field+" "+f.Message(), -1)
			if !slices.Contains(named, fmt.Sprintf("rules[%d]", d.rule)) {
				return false
			}
			return f.Code != diagnostic.OnlyAtWaypoint || q.To.Pod != nil || !q.waypoint
		})
	})
}

// deniedByDesign: a Service leads to pods that a policy selects and to others, and is denied as a
// whole.
func (s *sidecarWorld) deniedByDesign(q converted, after access.Verdict) bool {
	return q.To.Service == "mixed" && after.Point.Kind == access.AtWaypoint
}

// before is what denied a request at the old gateway or at one of the pods.
func (s *sidecarWorld) before(q converted) []denier {
	var out []denier
	if q.ingress {
		visitor := q.seen
		visitor.principal = ""
		visitor.token = q.From.User != ""
		if out = sidecar(s.policies, "istio-system", "istio-system", oldGatewayPod, visitor); len(out) > 0 {
			return out
		}
	}
	for _, pod := range q.pods {
		seen := q.seen
		seen.port = itoa(pod.podPort)
		seen.token = seen.token && pod.namespace == "alice" && (s.tokensAt == nil || pod.labels["app"] == s.tokensAt["app"])
		out = append(out, sidecar(s.policies, "istio-system", pod.namespace, pod.labels, seen)...)
	}
	return out
}
