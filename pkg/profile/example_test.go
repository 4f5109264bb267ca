package profile_test

import (
	"fmt"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Parse fills in the defaults, so the smallest configuration is complete.
func ExampleParse() {
	p, err := profile.Parse(yaml.MustParse(`apiVersion: ambient.kubeflow.org/v1alpha1
kind: AmbientProfile
metadata: {name: tenants}
spec:
  profiles:
  - name: alice
    owner: {name: alice@example.com}
`).Document())
	fmt.Println(err)
	fmt.Println(p.Spec.Profiles[0].Owner.Kind, p.Spec.Profiles[0].ServiceAccounts, p.Spec.Access.OpenPaths)
	// Output:
	// <nil>
	// User [default-editor] [/healthz /metrics /wait-for-drain]
}

// A name where a map is expected is rejected with the YAML to write.
func ExampleParse_ownerIsAName() {
	_, err := profile.Parse(yaml.MustParse(`apiVersion: ambient.kubeflow.org/v1alpha1
kind: AmbientProfile
metadata: {name: tenants}
spec:
  profiles:
  - name: alice
    owner: alice@example.com
`).Document())
	fmt.Println(err)
	// Output: [AP0210] spec.profiles[0].owner: expected a map, got the string "alice@example.com"; write owner: {name: alice@example.com}
}
