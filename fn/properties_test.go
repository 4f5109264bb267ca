package fn

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

var (
	configurations = flag.Int("configurations", 200, "how many random configurations the properties are tried on")
	keep           = flag.String("keep", "", "a directory for what comes out of them, which make e2e applies")
)

// eachConfig runs a property on random configurations, the same ones every time; a slow one on one
// of so many.
func eachConfig(t *testing.T, oneOf int, property func(t *testing.T, r *rand.Rand, c randomConfig)) {
	for seed := range max(*configurations/oneOf, 1) {
		r := rand.New(rand.NewPCG(uint64(seed), 8))
		c := newRandomConfig(r)
		if t.Run(fmt.Sprint(seed), func(t *testing.T) { property(t, r, c) }); t.Failed() {
			t.Fatalf("seed %d is\n%s", seed, c.text())
		}
	}
}

// rendered is what comes out of the standalone program for a configuration and a cluster.
func rendered(t *testing.T, c randomConfig, cluster string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yaml")
	write(t, file, c.text())
	code, out, stderr := execute(t, cluster, file, "-")
	if code != exitOK {
		t.Fatal(stderr)
	}
	return out
}

func worldOf(t *testing.T, manifests string) *access.World {
	t.Helper()
	file := filepath.Join(t.TempDir(), "manifests.yaml")
	write(t, file, manifests)
	return must(access.Load(nodesOf(must(manifest.ReadObjects([]string{file}, nil)))))
}

// Who is configured gets in, by every way that is configured; nobody else, by any.
func TestPropertyWhoGetsIn(t *testing.T) {
	asked := 0
	eachConfig(t, 1, func(t *testing.T, r *rand.Rand, c randomConfig) {
		c.found = r.IntN(2) == 0
		world := worldOf(t, rendered(t, c, c.cluster()))
		for _, tenant := range c.tenants {
			for _, q := range append(c.fromOutside(tenant), c.fromInside(r, tenant)...) {
				asked++
				want := map[bool]access.Outcome{true: access.Allow, false: access.Deny}[q.in]
				if v := world.Decide(q.Request); v.Outcome != want {
					t.Errorf("%s, %s -> %+v %s %s%v: %s, want %s: %s", q.name, q.From, q.To, q.Method, q.Path, q.Headers, v.Outcome, want, v.By())
				}
			}
		}
	})
	t.Logf("%d questions", asked)
}

// A profile more or less changes nothing for the others, neither a verdict nor a byte of theirs.
func TestPropertyAnotherProfileChangesNothing(t *testing.T) {
	eachConfig(t, 4, func(t *testing.T, r *rand.Rand, c randomConfig) {
		fewer := c
		fewer.tenants = slices.Delete(slices.Clone(c.tenants), 0, 1)
		if len(fewer.tenants) == 0 {
			fewer.tenants = append(fewer.tenants, newTenant(r, 9))
			c.tenants = append(c.tenants, fewer.tenants...)
		}
		with, without := rendered(t, c, ""), rendered(t, fewer, "")
		all := objectsOf(t, with)
		for id, object := range objectsOf(t, without) {
			if all[id] != object {
				t.Errorf("%s differs when %s is listed too", id, c.tenants[0].name)
			}
		}
		one, other := worldOf(t, rendered(t, c, c.cluster())), worldOf(t, rendered(t, fewer, c.cluster()))
		for _, tenant := range fewer.tenants {
			for _, q := range append(c.fromOutside(tenant), c.fromInside(r, tenant)...) {
				if a, b := one.Decide(q.Request).Outcome, other.Decide(q.Request).Outcome; a != b {
					t.Errorf("%s -> %s: %s when %s is listed too, else %s", q.From, q.To.Namespace, a, c.tenants[0].name, b)
				}
			}
		}
	})
}

// A profile that is taken out of a package leaves its Namespace and the policy that keeps it closed.
func TestPropertyARemovedProfileLeavesNoRule(t *testing.T) {
	eachConfig(t, 4, func(t *testing.T, r *rand.Rand, c randomConfig) {
		c.tenants = append(c.tenants, newTenant(r, 9))
		gone := c.tenants[0].name
		first := inPackage(t, rendered(t, c, ""))
		c.tenants = c.tenants[1:]
		for _, item := range readAllItems(t, rendered(t, c, first)) {
			closed := item.Kind == "AuthorizationPolicy" && item.Name == "ns-l4-waypoint"
			if item.Namespace == gone && !closed {
				t.Errorf("%s is left", item)
			}
		}
	})
}

// Bytes: the order of the profiles, a second run and the way in which the function is called make no
// difference.
func TestPropertySameBytes(t *testing.T) {
	eachConfig(t, 4, func(t *testing.T, r *rand.Rand, c randomConfig) {
		out := rendered(t, c, "")
		passesCRDs(t, out)
		if *keep != "" {
			write(t, filepath.Join(*keep, filepath.Base(t.Name())+".yaml"), out)
		}
		shuffled := c
		shuffled.tenants = slices.Clone(c.tenants)
		r.Shuffle(len(shuffled.tenants), func(i, j int) {
			shuffled.tenants[i], shuffled.tenants[j] = shuffled.tenants[j], shuffled.tenants[i]
		})
		same(t, "another order of profiles", sorted(out), sorted(rendered(t, shuffled, "")))

		call := func(items string) string {
			code, list, stderr := execute(t, listHead[:len(listHead)-len("items:\n")]+items+"functionConfig:\n  "+strings.TrimRight(strings.ReplaceAll(c.text(), "\n", "\n  "), " "))
			if code != exitOK {
				t.Fatal(stderr)
			}
			return list
		}
		list := call("items: []\n")
		same(t, "as a generator", normal(t, out), normal(t, list))
		_, items, _ := strings.Cut(list, "\nitems:")
		items, _, _ = strings.Cut(items, "functionConfig:")
		same(t, "a second run", withoutResults(list), withoutResults(call("items:"+items)))

		cluster := sequence(t, readAllItems(t, c.cluster()))
		same(t, "as a transformer", meant(t, rendered(t, c, c.cluster())), meant(t, call("items:\n"+cluster)))
	})
}

// sequence are items as the items of a list.
func sequence(t *testing.T, items []*manifest.Item) string {
	t.Helper()
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, item := range items {
		if item.Node != nil {
			list.Content = append(list.Content, item.Node)
		}
	}
	return string(must(yaml.Marshal(list)))
}
