package fn

import (
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// stageFiles are the files of one stage.
type stageFiles struct {
	name          string
	puts, deletes []*manifest.Item
	commands      string
}

var stageName = regexp.MustCompile(`^([0-9]+)-`)

// readStages reads what Rollout.WriteTo wrote.
func readStages(dir string) (*verifier, error) {
	v := &verifier{dir: dir, forms: map[manifest.ID][]*manifest.Item{}}
	var err error
	if v.stages, err = v.stagesIn(""); err != nil {
		return nil, err
	}
	if v.back, err = v.stagesIn("back"); err != nil {
		return nil, err
	}
	if len(v.stages) == 0 || len(v.back) == 0 {
		return nil, undone(diagnostic.NoObjects, []string{dir}, "there are no stages in it", "give the directory that ambient-profile rollout BEFORE CONFIG -d DIR wrote")
	}
	v.makeStates()
	return v, nil
}

// stagesIn are the stages below a directory, in their order.
func (v *verifier) stagesIn(below string) (out []*stageFiles, err error) {
	at := filepath.Join(v.dir, below)
	entries, err := os.ReadDir(at)
	if err != nil {
		return nil, cannotReadStages(at, err)
	}
	number := func(name string) int {
		n, _ := strconv.Atoi(stageName.FindStringSubmatch(name)[1])
		return n
	}
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool { return !e.IsDir() || !stageName.MatchString(e.Name()) })
	slices.SortStableFunc(entries, func(a, b os.DirEntry) int { return number(a.Name()) - number(b.Name()) })
	for _, e := range entries {
		s := &stageFiles{name: filepath.ToSlash(filepath.Join(below, e.Name()))}
		if err := s.read(filepath.Join(at, e.Name())); err != nil {
			return nil, err
		}
		for _, item := range s.puts {
			id := inNamespace(item.ID)
			v.forms[id] = append(v.forms[id], item)
		}
		out = append(out, s)
	}
	return out, nil
}

func cannotReadStages(file string, err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return undone(diagnostic.CannotRead, []string{file}, "cannot be read ("+err.Error()+")", "give the directory that ambient-profile rollout BEFORE CONFIG -d DIR wrote")
}

func (s *stageFiles) read(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, commandsFile))
	if err != nil {
		return cannotReadStages(filepath.Join(dir, commandsFile), err)
	}
	s.commands = strings.TrimPrefix(string(text), "\n")
	for _, part := range []struct {
		in  string
		out *[]*manifest.Item
	}{{dir, &s.puts}, {filepath.Join(dir, replacedBelow), &s.puts}, {filepath.Join(dir, deletedBelow), &s.deletes}} {
		files, err := filepath.Glob(filepath.Join(part.in, "*.yaml"))
		if err != nil || len(files) == 0 {
			continue
		}
		items, err := manifest.ReadObjects(files, nil)
		if err != nil {
			return diagnostic.Undone(err)
		}
		*part.out = append(*part.out, slices.DeleteFunc(items, func(i *manifest.Item) bool { return i.Kind == "" })...)
	}
	return nil
}

// readLive reads what is in the cluster.
func (v *verifier) readLive(live string, stdin io.Reader) error {
	files, err := filesIn(live)
	if err != nil {
		return diagnostic.Undone(err)
	}
	items, err := manifest.ReadObjects(files, stdin)
	if err != nil {
		return diagnostic.Undone(err)
	}
	v.live = map[manifest.ID]*manifest.Item{}
	for _, item := range items {
		if item.Kind == "" {
			continue
		}
		id := inNamespace(item.ID)
		if other := v.live[id]; other != nil && !manifest.Equal(other.Node, item.Node) {
			return diagnostic.Undone(item.Report(diagnostic.CopyTwice, "", "is there twice, and not alike", "", "give what the cluster holds now: "+v.command()))
		}
		v.live[id] = item
		if item.Kind == "Pod" && item.Group == "" {
			v.pods = append(v.pods, item)
		}
	}
	if len(v.live) == 0 {
		return undone(diagnostic.NoObjects, files, "there is no Kubernetes object in it", "check the command before the pipe: "+v.command())
	}
	return nil
}

// command verifies again.
func (v *verifier) command() string {
	return verifyCommand(v.dir, slices.Concat(v.stages, v.back))
}

func verifyCommand(dir string, stages []*stageFiles) string {
	names := map[string]bool{}
	for _, s := range stages {
		for _, item := range slices.Concat(s.puts, s.deletes) {
			names[strings.TrimSuffix(strings.ToLower(item.Kind)+"."+item.Group, ".")] = true
			for _, target := range targetsOf(item) {
				names[strings.TrimSuffix(strings.ToLower(target.Kind)+"."+target.Group, ".")] = true
			}
			if item.Kind == "Namespace" {
				names["pod"] = true
			}
		}
	}
	return "kubectl get " + strings.Join(slices.Sorted(maps.Keys(names)), ",") + " -A -o yaml | ambient-profile rollout --verify - -d " + filepath.ToSlash(dir)
}
