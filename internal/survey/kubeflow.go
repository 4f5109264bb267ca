package survey

import (
	"maps"
	"slices"
)

// Kubeflow is the control plane: what was found of it, and for the rest what June 2026 has. Where
// nothing was found it is the zero value.
type Kubeflow struct {
	// Isolated: a NetworkPolicy closes the namespace's waypoint to what it does not name. Confined: it
	// keeps the waypoint from what it does not name.
	Isolated, Confined bool
	// Restricted are the namespaces that enforce Pod Security restricted.
	Restricted []string
	// Closed: a policy of the root namespace denies by default in the whole mesh.
	Closed bool
	// Login is what is missing of Kubeflow's login.
	Login KubeflowLogin

	components []Component
	webhooks   []Webhook
}

// Component is one workload of the control plane, as policies and routes refer to it.
type Component struct {
	Name string
	// Account is the service account that its pods run as.
	Account string
	// Labels select its pods.
	Labels map[string]string
	// Service leads to it.
	Service string
	// Found: the input has it; else all of this is assumed.
	Found bool
	// Deployed is false for a component that only some releases of Kubeflow have, and this one does not.
	Deployed bool

	optional bool
}

// KubeflowInput is what the objects of the namespace kubeflow say.
type KubeflowInput struct {
	Workloads []Workload
	// Services by name.
	Services []string
	// Webhooks; none: those of June 2026 are assumed.
	Webhooks                   []Webhook
	Isolated, Confined, Closed bool
	Restricted                 []string
}

// Workload makes pods with these labels, which run as this account.
type Workload struct {
	Name, Account string
	Labels        map[string]string
}

// Webhook is a Service of the control plane that the API server calls.
type Webhook struct {
	Service string
	// Labels select its pods, and Ports are theirs.
	Labels map[string]string
	Ports  []string
}

// Find takes from the input what it says, and assumes June 2026 for the rest.
func Find(in KubeflowInput) Kubeflow {
	k := Kubeflow{
		Isolated: in.Isolated, Confined: in.Confined, Restricted: in.Restricted, Closed: in.Closed,
		webhooks: in.Webhooks,
	}
	for _, c := range components {
		k.components = append(k.components, c.find(in))
	}
	return k
}

func (c componentSpec) find(in KubeflowInput) Component {
	found := Component{Name: c.name, Account: c.account, Labels: c.labels, optional: c.optional}
	if len(c.services) > 0 {
		found.Service = c.services[0]
	}
	for i, name := range c.workloads {
		at := slices.IndexFunc(in.Workloads, func(w Workload) bool { return w.Name == name })
		if at < 0 {
			continue
		}
		workload := in.Workloads[at]
		found.Found, found.Account, found.Labels = true, workload.Account, c.selector(workload.Labels)
		if i < len(c.services) {
			found.Service = c.services[i]
		}
		break
	}
	for _, name := range c.services {
		if slices.Contains(in.Services, name) {
			found.Service = name
			break
		}
	}
	found.Deployed = found.Found || c.assumed(in)
	return found
}

// assumed reports whether a component that was not found is there nevertheless.
func (c componentSpec) assumed(in KubeflowInput) bool {
	switch {
	case !c.optional:
		return true
	case c.former:
		return false
	case c.insteadOf != "":
		return !slices.ContainsFunc(in.Workloads, func(w Workload) bool { return w.Name == c.insteadOf })
	default:
		return len(in.Workloads) == 0
	}
}

// selector are the labels by which a policy finds the pods: those that Kubeflow's own policies
// use. Pods that have none of them are selected by all that they have, never by nothing, which
// would be every pod of the namespace.
func (c componentSpec) selector(pod map[string]string) map[string]string {
	selector := map[string]string{}
	for _, key := range append(slices.Sorted(maps.Keys(c.labels)), c.keys...) {
		if value, found := pod[key]; found {
			selector[key] = value
		}
	}
	switch {
	case len(selector) > 0:
		return selector
	case len(pod) > 0:
		return pod
	default:
		return c.labels
	}
}

// Components are all of Kubeflow's, found or assumed.
func (k Kubeflow) Components() []Component {
	if k.components == nil {
		return Find(KubeflowInput{}).components
	}
	return k.components
}

// Component is the one of that name.
func (k Kubeflow) Component(name string) Component {
	for _, c := range k.Components() {
		if c.Name == name {
			return c
		}
	}
	return Component{}
}

// Webhooks are the Services of the namespace kubeflow that the API server calls.
func (k Kubeflow) Webhooks() []Webhook {
	if len(k.webhooks) == 0 {
		return assumedWebhooks
	}
	return k.webhooks
}

// Found returns the names of the components that were found, and of those that are assumed.
func (k Kubeflow) Found() (found, assumed []string) {
	for _, c := range k.Components() {
		switch {
		case c.Found:
			found = append(found, c.Name)
		case !c.optional:
			assumed = append(assumed, c.Name)
		}
	}
	return found, assumed
}
