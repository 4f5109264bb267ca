package survey

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
)

// Image is an image of Istio's that a workload of the input runs.
type Image struct {
	Item *manifest.Item
	// Field leads to the image, and Name is its reference.
	Field, Name string
	// Container runs it.
	Container *yaml.Node
}

// istioImages are the names of Istio's own images.
var istioImages = []string{"pilot", "proxyv2", "ztunnel", "install-cni"}

// Istio finds Istio's images in the workloads of the input.
func (in *Index) Istio() []Image {
	if in == nil {
		return nil
	}
	var out []Image
	for _, item := range in.Items {
		if item.Kind != "Deployment" && item.Kind != "DaemonSet" {
			continue
		}
		for i, c := range manifest.Content(manifest.Field(item.Node, "spec", "template", "spec", "containers")) {
			c = manifest.Dealias(c)
			name := manifest.Value(c, "image")
			if slices.Contains(istioImages, repository(name)) {
				out = append(out, Image{item, fmt.Sprintf("spec.template.spec.containers[%d].image", i), name, c})
			}
		}
	}
	return out
}

// repository is the last part of an image's name, without tag and digest.
func repository(image string) string {
	image, _, _ = strings.Cut(image, "@")
	image = image[strings.LastIndexByte(image, '/')+1:]
	image, _, _ = strings.Cut(image, ":")
	return image
}

// IsIstiod reports whether the image is the control plane.
func (i Image) IsIstiod() bool { return repository(i.Name) == "pilot" }

// Env is the value of a variable, which names no Secret and no ConfigMap; "" where it is not set.
func (i Image) Env(name string) string {
	for _, e := range manifest.Content(manifest.Field(i.Container, "env")) {
		if e = manifest.Dealias(e); manifest.Value(e, "name") == name {
			return manifest.Value(e, "value")
		}
	}
	return ""
}

// LayeredPolicies is the istiod that enforces L4 policies in front of the waypoints as well, or nil.
func (in *Index) LayeredPolicies() *Image {
	for _, image := range in.Istio() {
		if on, _ := strconv.ParseBool(image.Env("ENABLE_LAYERED_WAYPOINT_AUTHORIZATION_POLICIES")); on && image.IsIstiod() { // as Istio's pkg/env
			return &image
		}
	}
	return nil
}
