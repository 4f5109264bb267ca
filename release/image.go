package main

import (
	"bytes"
	"io"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// image writes the multi-arch image as an OCI layout and returns its digest. It is what the
// Dockerfile describes, file by file and label by label.
func (r release) image(work string) (string, error) {
	index := mutate.Annotations(mutate.IndexMediaType(empty.Index, types.OCIImageIndex), r.artifactHub()).(v1.ImageIndex)
	for _, p := range platforms {
		if p.os != "linux" {
			continue
		}
		image, err := r.imageOf(p, filepath.Join(work, p.os+"_"+p.arch))
		if err != nil {
			return "", err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add:        image,
			Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: p.os, Architecture: p.arch}},
		})
	}
	if _, err := layout.Write(filepath.Join(r.out, "oci"), index); err != nil {
		return "", err
	}
	digest, err := index.Digest()
	return digest.String(), err
}

func (r release) imageOf(p platform, root string) (v1.Image, error) {
	var files bytes.Buffer
	err := r.tar(&files, []entry{
		{"ambient-profile", filepath.Join(root, "ambient-profile"), 0o755},
		{"etc/", "", 0o755},
		{"etc/passwd", filepath.Join(root, "etc", "passwd"), 0o644},
	})
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(files.Bytes())), nil
	}, tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	created := v1.Time{Time: r.date}
	image, err := mutate.Append(base, mutate.Addendum{Layer: layer, History: v1.History{Created: created, CreatedBy: "ambient-profile release"}})
	if err != nil {
		return nil, err
	}
	return mutate.ConfigFile(image, r.config(p, image, created))
}

// config is what the Dockerfile says after its last FROM.
func (r release) config(p platform, image v1.Image, created v1.Time) *v1.ConfigFile {
	config, err := image.ConfigFile()
	if err != nil {
		panic(err) // it was made above, in memory
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = p.os, p.arch, created
	config.Config = v1.Config{
		User:       "65534:65534",
		Entrypoint: []string{"/ambient-profile"},
		Labels: map[string]string{
			"org.opencontainers.image.title":       "ambient-profile",
			"org.opencontainers.image.description": "KRM function: Kubeflow user namespaces on Istio ambient mode",
			"org.opencontainers.image.source":      "https://github.com/kubeflow-ambient/ambient-profile",
			"org.opencontainers.image.licenses":    "Apache-2.0",
			"org.opencontainers.image.version":     r.version,
			"org.opencontainers.image.revision":    r.commit,
		},
	}
	return config
}
