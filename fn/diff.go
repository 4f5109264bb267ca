package fn

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

// Diff compares who may reach what under two sets of rendered manifests, each a file, a directory, - for stdin, or a lock file. Without namespaces it looks
// at all of them. release and stderr are as those of Explain.
func Diff(old, next string, namespaces []string, release string, stdin io.Reader, stderr io.Writer) (access.Diff, error) {
	return DiffOnly(old, next, access.Filter{Namespaces: namespaces}, release, stdin, stderr)
}

// DiffOnly is Diff of a part.
func DiffOnly(old, next string, f access.Filter, release string, stdin io.Reader, stderr io.Writer) (access.Diff, error) {
	var sides [2]side
	var documents manifest.Documents
	for i, name := range [2]string{old, next} {
		files, err := filesIn(name)
		if err != nil {
			return access.Diff{}, err
		}
		if sides[i], err = readSide(documents.ReadObjects, files, stdin, i); err != nil {
			return access.Diff{}, err
		}
	}
	was, is, refused, err := worldsOf(&sides)
	if err != nil {
		return access.Diff{}, err
	}
	if release != "" {
		was.SetRelease(release)
	}
	if sides[1].lock == nil {
		refused = append(refused, judgedBy(is, release, sides[1].items)...)
	}
	diagnostic.Print(stderr, refused)
	shown := newProgress(stderr)
	f.Progress = shown.step
	d := was.DiffOnly(is, f)
	shown.end()
	if d.Compared == 0 && len(d.Unknown) == 0 {
		lacks := "a Service, pods, a notebook or a policy"
		if f.Service != "" {
			lacks = "Service " + f.Service
		}
		return d, undone(diagnostic.NothingToExplain, []string{old, next}, "there is nothing to compare, because none of the requested namespaces has "+lacks, "give what kustomize build prints")
	}
	d.Locate(func(found []diagnostic.Diagnostic, next bool) []diagnostic.Diagnostic {
		if next {
			return located(found, sides[1].items)
		}
		return located(found, sides[0].items)
	})
	return d, nil
}

// loadBoth is loadWorld of two inputs that are to be compared.
func loadBoth(old, next []*manifest.Item) (was, is *access.World, refused []diagnostic.Diagnostic, err error) {
	if was, refused, err = loadWorld(old); err != nil {
		return nil, nil, nil, err
	}
	is, inNext, err := loadSound(next, notJudged, func(sound []*manifest.Item) (*access.World, error) {
		if len(sound) < len(next) { // a world is compared with one other
			was, _, _ = loadWorld(old)
		}
		return was.LoadNext(nodesOf(sound))
	})
	return was, is, append(refused, inNext...), err
}

// side is one of two that are compared: a lock, or manifests.
type side struct {
	items []*manifest.Item
	lock  *access.Lock
}

func readSide(read func([]string, io.Reader) ([]*manifest.Item, error), files []string, stdin io.Reader, at int) (out side, err error) {
	if out.items, err = read(files, stdin); err != nil {
		return out, err
	}
	var locked *manifest.Item
	for _, item := range out.items {
		if item.Group == ownGroup && item.Kind == access.LockKind {
			locked = item
		}
	}
	if locked == nil {
		return out, haveObjects(out.items, files)
	}
	for _, item := range out.items {
		if item != locked && item.Kind != "" {
			return out, locked.Report(diagnostic.LockUnreadable, "", "is a lock file beside "+item.Kind+" "+item.Name, "", "give the lock file alone, or the manifests without it")
		}
	}
	if out.lock, err = access.ReadLock(locked.Node, [2]string{" of the old lock", " of the new lock"}[at]); err != nil {
		return out, locked.Report(diagnostic.LockUnreadable, "", "cannot be read: "+err.Error(), "", "make it again with ambient-profile explain -o lock")
	}
	return out, nil
}

// worldsOf are two sides as they are compared, and the objects that the API server refuses.
func worldsOf(sides *[2]side) (was, is *access.World, refused []diagnostic.Diagnostic, err error) {
	if sides[0].lock == nil && sides[1].lock == nil {
		return loadBoth(sides[0].items, sides[1].items)
	}
	var out [2]*access.World
	for i := range sides {
		if sides[i].lock != nil {
			out[i] = sides[i].lock.World()
			continue
		}
		world, found, err := loadWorld(sides[i].items)
		if err != nil {
			return nil, nil, nil, err
		}
		out[i], refused = world, append(refused, found...)
	}
	return out[0], out[1], refused, nil
}

// Lock is who may reach what under rendered manifests, to be compared with later on. files, release, stdin and stderr are as those of Explain.
func Lock(files []string, release string, stdin io.Reader, stderr io.Writer) (*access.Lock, error) {
	world, items, refused, err := worldIn(files, stdin)
	if err != nil {
		return nil, err
	}
	diagnostic.Print(stderr, append(refused, judgedBy(world, release, items)...))
	l := world.Lock()
	if l.Empty() {
		return nil, undone(diagnostic.NothingToExplain, orStdin(files), "there is nothing to lock, because no namespace has a Service, pods, a notebook or a policy", "give what kustomize build prints")
	}
	return l, nil
}

// filesIn are the manifests of a directory, and of those in it, by their names; a file is itself.
func filesIn(name string) (files []string, err error) {
	if info, err := os.Stat(name); name == "-" || err != nil || !info.IsDir() {
		return []string{name}, nil
	}
	err = filepath.WalkDir(name, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(path)) {
			files = append(files, path)
		}
		return err
	})
	if err == nil && len(files) == 0 {
		return nil, undone(diagnostic.NoObjects, []string{name}, "there is no .yaml, .yml or .json file in it", "give what kustomize build prints")
	}
	return files, err
}
