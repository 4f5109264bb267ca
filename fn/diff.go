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

// Diff compares who may reach what under two sets of rendered manifests, each a file, a directory or - for stdin. Without namespaces it looks at all of
// them. release and stderr are as those of Explain.
func Diff(old, next string, namespaces []string, release string, stdin io.Reader, stderr io.Writer) (access.Diff, error) {
	var items [2][]*manifest.Item
	var documents manifest.Documents
	for i, name := range [2]string{old, next} {
		files, err := filesIn(name)
		if err != nil {
			return access.Diff{}, err
		}
		if items[i], err = renderedBy(documents.ReadObjects, files, stdin); err != nil {
			return access.Diff{}, err
		}
	}
	was, is, refused, err := loadBoth(items[0], items[1])
	if err != nil {
		return access.Diff{}, err
	}
	if release != "" {
		was.SetRelease(release)
	}
	diagnostic.Print(stderr, append(refused, judgedBy(is, release, items[1])...))
	d := was.Diff(is, namespaces...)
	if d.Compared == 0 && len(d.Unknown) == 0 {
		return d, undone(diagnostic.NothingToExplain, []string{old, next}, "there is nothing to compare, because no namespace that is asked for has a Service, pods, a notebook or a policy", "give what kustomize build prints")
	}
	d.Locate(func(found []diagnostic.Diagnostic, next bool) []diagnostic.Diagnostic {
		if next {
			return located(found, items[1])
		}
		return located(found, items[0])
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
