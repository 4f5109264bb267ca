package dataplane

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/envoy"
	"github.com/kubeflow-ambient/ambient-profile/test/dataplane/question"
	"github.com/kubeflow-ambient/ambient-profile/test/e2e/kube"
)

// questions per world: all of them with the first Envoy; the second shows whether anything depends on the version.
var questions = []int{1000, 300}

// The referee is asked what the proxies are asked. Where they differ the referee is wrong, or exceptions_test.go says why.
func TestTheRefereeAgreesWithProxies(t *testing.T) {
	needsPlane(t)
	objects := base(t)
	all, complete := map[string]int{}, true
	for i, binary := range tools.Envoys {
		t.Run("Envoy "+binary.Version, func(t *testing.T) {
			restart(t, binary)
			began, needed, worlds := time.Now(), map[string]int{}, 1
			asker := become(t, objects)
			awaitLogin(t)
			n := questions[min(i, len(questions)-1)]
			total := agree(t, asker, "base", objects, question.Generate(0, n), needed)
			for seed, w := range changedWorlds {
				t.Run(w.name, func(t *testing.T) {
					worlds++
					changed := w.change(t, objects)
					total.Add(agree(t, become(t, changed), w.name, changed, question.Generate(uint64(seed+1), n, waysOf[w.name]...), needed))
				})
			}
			complete = complete && worlds == len(changedWorlds)+1
			sum := 0
			for name, n := range needed {
				all[name] += n
				sum += n
			}
			note("Envoy %s: %d worlds, %d questions, %d reach a pod; the referee differs in %d, of which %d are explained; %d NOT JUDGED; %d asked again; %s",
				binary.Version, worlds, total.Cases, total.Allowed, total.Differ, sum, total.NotJudged, total.AskedAgain, time.Since(began).Round(time.Second))
			for _, e := range exceptions {
				if needed[e.name] > 0 {
					note("    %4d %s", needed[e.name], e.name)
				}
			}
		})
	}
	for _, e := range exceptions {
		shows := slices.ContainsFunc(tools.Envoys, func(b envoy.Binary) bool { return strings.HasPrefix(b.Version, e.envoys) })
		if complete && shows && all[e.name] == 0 {
			t.Errorf("the exception %q is not needed any more: remove it", e.name)
		}
	}
}

// agree fails for each difference that nothing explains.
func agree(t *testing.T, asker *question.Asker, world string, objects []*kube.Object, cases []question.Case, needed map[string]int) question.Counts {
	t.Helper()
	table := compare(t, asker, objects, cases)
	for i, r := range explained(plane.Envoy().Version, world, table.Differences(), needed) {
		if i == 10 {
			t.Errorf("and more")
			break
		}
		t.Errorf("%s", r)
	}
	n := table.Count()
	t.Logf("%+v in %s", n, table.Took.Round(time.Millisecond))
	for why, rows := range table.NotJudged() {
		t.Logf("    %d NOT JUDGED: %s; for example %s", len(rows), why, rows[0])
	}
	return n
}

// compare asks proxies and referee the same in the present world.
func compare(t *testing.T, asker *question.Asker, objects []*kube.Object, cases []question.Case) question.Table {
	t.Helper()
	ctx := context.Background()
	verdicts, err := question.Referee(ctx, tools.Program, t.TempDir(), objects, cases)
	if err != nil {
		t.Fatal(err)
	}
	table, err := asker.Ask(ctx, cases, verdicts)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func restart(t *testing.T, binary envoy.Binary, leaveOut ...string) {
	t.Helper()
	if err := plane.Restart(context.Background(), binary, leaveOut...); err != nil {
		t.Fatal(err)
	}
}
