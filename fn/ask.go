package fn

import (
	"io"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

// Ask answers one request under rendered manifests; no file means stdin. release and
// stderr are as those of Explain.
func Ask(r access.Request, files []string, release string, stdin io.Reader, stderr io.Writer) (access.Answer, error) {
	items, err := readRendered(files, stdin)
	if err != nil {
		return access.Answer{}, err
	}
	world, refused, err := loadWorld(items)
	if err != nil {
		return access.Answer{}, err
	}
	diagnostic.Print(stderr, append(refused, judgedBy(world, release, items)...))
	return world.Ask(r), nil
}
