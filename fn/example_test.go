package fn_test

import (
	"fmt"
	"os"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/fn"
)

// Standalone writes manifests and needs no kustomize; a configuration that is rejected writes nothing.
func ExampleStandalone() {
	config := `apiVersion: ambient.kubeflow.org/v1alpha1
kind: AmbientProfile
metadata: {name: tenants}
spec:
  profiles:
  - name: alice@example.com
    owner: {name: alice@example.com}
`
	err := fn.Standalone("-", nil, strings.NewReader(config), os.Stdout, os.Stderr)
	fmt.Println("exit code", fn.Exit(err, os.Stdout))
	// Output:
	// ambient-profile: error: stdin:6:11: [AP0213] spec.profiles[0].name: "alice@example.com" is a login, not a namespace; write the name of the Profile here (see kubectl get profiles), and the login in owner: {name: alice@example.com}
	// exit code 1
}
