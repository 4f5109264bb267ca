// Package platform writes what Kubeflow's control plane needs on ambient mode: the way in, a mesh
// that denies by default, and who may reach which component. One component is one file; a
// policy's comment says who passes and why. What differs between Kubeflow's releases is in
// Kubeflow, which tells what was found and what is assumed.
package platform

import (
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
	"github.com/kubeflow-ambient/ambient-profile/pkg/profile"
)

// Platform is what the manifests need to know.
type Platform struct {
	*generate.Mesh
	generate.Platform
	Kubeflow survey.Kubeflow
}

// Manifests lists all of them, in the order in which they come out: the way in, the default deny,
// and then one component after the other.
func Manifests(plan generate.Plan, kubeflow survey.Kubeflow) []generate.Object {
	var out []generate.Object
	if plan.Platform != nil {
		p := Platform{plan.Mesh, *plan.Platform, kubeflow}
		out = append(out, ingress(p)...)
		out = append(out, allowNothing(p), allowNothingOnWaypoints(p))
		out = append(out, waypoint(p)...)
		out = append(out, verifyTokens(p)...)
		for _, component := range []func(Platform) []generate.Object{
			dex, oauth2Proxy, dashboard, profiles, jupyter, volumes, tensorboards, katib, models,
			pipelines, pipelinesUI, visualizations, profileController, metadata, mysql, storage, modelCatalog, webhooks,
		} {
			out = append(out, component(p)...)
		}
	}
	if plan.Admission {
		out = append(out, admission(plan, kubeflow)...)
	}
	for i := range out {
		out[i].Own(plan.Name)
	}
	return out
}

// principal is a service account of the control plane, as the mesh spells it.
func (p Platform) principal(account string) string {
	return p.TrustDomain + "/ns/" + profile.KubeflowNamespace + "/sa/" + account
}
