// Command istiochart prints what `istioctl install --set profile=ambient` would apply, less the two node agents.
// It is built once, together with istiod, so that the tests themselves need only the output of Istio.
package main

import (
	"fmt"
	"io"
	"os"

	"istio.io/istio/operator/pkg/render"
)

func main() {
	os.Exit(run(os.Stdout, os.Stderr))
}

func run(stdout, stderr io.Writer) int {
	// ztunnel and istio-cni need a kernel and pods; istiod is the same without them.
	sets, _, err := render.GenerateManifest(nil, []string{
		"profile=ambient",
		"components.cni.enabled=false",
		"components.ztunnel.enabled=false",
	}, false, nil, nil)
	if err != nil {
		fmt.Fprintf(stderr, "istiochart: error: %v\n", err)
		return 1
	}
	for _, set := range sets {
		for _, m := range set.Manifests {
			fmt.Fprintf(stdout, "---\n%s\n", m.Content)
		}
	}
	return 0
}
