package fn

import (
	"io"
	"maps"
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// Verification is how far the rollout of a directory of stages is in a cluster.
type Verification struct {
	Stage    string   // the last stage of which something is applied, "" at the beginning
	Also     []string // stages that leave the cluster as this one does
	Lacking  []Lack   // what is not as the stages up to this one leave it
	NotReady []string // what the next stage has to wait for
	Ready    []string
	Waits    []string // what nothing can accept yet, and need not
	next     *stageFiles
	back     *stageFiles
	stages   []*stageFiles
	again    string // the command that verifies again
}

// Lack is an object that is not as a stage leaves it.
type Lack struct {
	Stage  string // that wants it, "" where no stage has changed it yet
	Object string
	Why    string
}

// Done reports whether the current stage is applied and ready.
func (v *Verification) Done() bool { return len(v.Lacking) == 0 && len(v.NotReady) == 0 }

// VerifyRollout compares what is in a cluster with the stages in a directory that Rollout.WriteTo wrote. live is a file of manifests as kubectl get -o
// yaml prints them, a directory of such files, or - for stdin.
func VerifyRollout(live, dir string, stdin io.Reader) (Verification, error) {
	v, err := readStages(dir)
	if err != nil {
		return Verification{}, err
	}
	if err := v.readLive(live, stdin); err != nil {
		return Verification{}, err
	}
	at := v.current()
	out := Verification{Stage: at.name, Also: at.also, Lacking: v.lacking(at), next: at.next, back: at.back, stages: slices.Concat(v.stages, v.back), again: v.command()}
	v.readiness(at, &out)
	return out, nil
}

// verifier holds the stages and what is in the cluster.
type verifier struct {
	dir          string
	stages, back []*stageFiles
	forms        map[manifest.ID][]*manifest.Item // what the stages make of each object
	live         map[manifest.ID]*manifest.Item
	pods         []*manifest.Item
	states       []*verifyState
}

// verifyState is what a stage leaves.
type verifyState struct {
	name string
	also []string
	want map[manifest.ID]wanted
	next *stageFiles // the way on from it, nil where there is none
	back *stageFiles // the way back from it, nil where there is none
}

// wanted is an object as a stage leaves it; item is nil where there is to be none.
type wanted struct {
	item  *manifest.Item
	id    manifest.ID
	stage string
	at    int // in the stage
}

// makeStates works out what each stage leaves. A stage of the way back mostly leaves what a stage of the way on left.
func (v *verifier) makeStates() {
	begin := &verifyState{want: map[manifest.ID]wanted{}}
	for _, s := range v.back {
		s.change(begin.want, "")
	}
	known := map[manifest.ID]bool{}
	for _, s := range v.stages {
		for _, item := range slices.Concat(s.puts, s.deletes) {
			known[inNamespace(item.ID)] = true
		}
	}
	maps.DeleteFunc(begin.want, func(id manifest.ID, _ wanted) bool { return !known[id] })
	v.states = []*verifyState{begin}
	for i, s := range v.stages {
		last := v.states[i]
		last.next = s
		state := &verifyState{name: s.name, want: maps.Clone(last.want)}
		s.change(state.want, s.name)
		v.states = append(v.states, state)
	}
	at := v.states[len(v.states)-1]
	for _, s := range v.back {
		at.back = s
		want := maps.Clone(at.want)
		s.change(want, s.name)
		i := slices.IndexFunc(v.states, func(o *verifyState) bool { return alike(o.want, want) })
		if i >= 0 {
			at = v.states[i]
			at.also = append(at.also, s.name)
			continue
		}
		way := at.next
		if n := slices.Index(v.states, at); n > 0 && n <= len(v.stages) {
			way = v.stages[n-1] // what the stage of the way back undoes
		}
		at = &verifyState{name: s.name, want: want, next: way}
		v.states = append(v.states, at)
	}
}

// change is what a stage makes of what is wanted.
func (s *stageFiles) change(want map[manifest.ID]wanted, stage string) {
	for i, item := range s.puts {
		want[inNamespace(item.ID)] = wanted{item, item.ID, stage, i}
	}
	for i, item := range s.deletes {
		want[inNamespace(item.ID)] = wanted{nil, item.ID, stage, len(s.puts) + i}
	}
}

func alike(a, b map[manifest.ID]wanted) bool {
	return maps.EqualFunc(a, b, func(x, y wanted) bool {
		return x.item == y.item || x.item != nil && y.item != nil && manifest.Equal(x.item.Node, y.item.Node)
	})
}

// current is the state after the last stage of which something is applied. What only one stage of the way back makes is a sign of that stage.
func (v *verifier) current() *verifyState {
	forward := v.states[:len(v.stages)+1]
	for _, state := range v.states[len(forward):] {
		for id, w := range state.want {
			own := w.item != nil && w.stage == state.name && !slices.ContainsFunc(forward, func(o *verifyState) bool {
				return o.want[id].item != nil && manifest.Equal(o.want[id].item.Node, w.item.Node)
			})
			if own && v.lack(id, w) == "" {
				return state
			}
		}
	}
	at := 0
	for i, s := range v.stages {
		if slices.ContainsFunc(s.puts, func(item *manifest.Item) bool { return v.lack(inNamespace(item.ID), wanted{item: item}) == "" }) {
			at = i + 1
		}
	}
	for at < len(v.stages) && v.goneOnly(forward[at], v.stages[at]) { // a deletion leaves nothing to see
		at++
	}
	return forward[at]
}

// goneOnly reports whether all that a state lacks is what the next stage deletes.
func (v *verifier) goneOnly(state *verifyState, next *stageFiles) bool {
	gone := 0
	for id, w := range state.want {
		if v.lack(id, w) == "" {
			continue
		}
		if v.live[id] != nil || !slices.ContainsFunc(next.deletes, func(item *manifest.Item) bool { return inNamespace(item.ID) == id }) {
			return false
		}
		gone++
	}
	return gone > 0
}

// lacking are the objects that are not as a state wants them, by stage.
func (v *verifier) lacking(state *verifyState) (out []Lack) {
	for _, w := range v.ordered(state) {
		if why := v.lack(inNamespace(w.id), w); why != "" {
			out = append(out, Lack{w.stage, w.id.String(), why})
		}
	}
	return out
}

// ordered are the objects that a state wants, as the stages list them. Those that no stage has changed yet come last.
func (v *verifier) ordered(state *verifyState) (out []wanted) {
	for _, s := range slices.Concat(v.stages, v.back, []*stageFiles{{}}) {
		var of []wanted
		for _, w := range state.want {
			if w.stage == s.name {
				of = append(of, w)
			}
		}
		slices.SortFunc(of, func(a, b wanted) int { return a.at - b.at })
		out = append(out, of...)
	}
	return out
}

// lack is in what the cluster differs from what is wanted of an object, "" for nothing.
func (v *verifier) lack(id manifest.ID, w wanted) string {
	live := v.live[id]
	switch {
	case w.item == nil && live != nil && w.stage == "":
		return "is there, and was not"
	case w.item == nil && live != nil:
		return "is there still"
	case w.item == nil:
		return ""
	case live == nil:
		return "is not there"
	}
	return v.differs(w.item, live)
}
