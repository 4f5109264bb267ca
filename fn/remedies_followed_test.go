package fn

import (
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// follow is what a reader does who follows the remedy of a message.
type follow = func(*reader, diagnostic.Diagnostic)

// followed has the remedies that are followed in the input or in the configuration.
var followed = map[diagnostic.Code]follow{
	diagnostic.ConfigUppercase: func(r *reader, d diagnostic.Diagnostic) {
		name := quoted(d.Found)[0]
		r.config = strings.ReplaceAll(r.config, name, strings.ToLower(name))
	},

	diagnostic.RoleBindingMismatch: func(r *reader, d diagnostic.Diagnostic) {
		binding := r.the(d.Object)
		if strings.Contains(d.Found, "grants another role") || strings.Contains(d.Found, "exactly one subject") { // no annotation says that
			r.set(d.Object, "roleRef/name", "kubeflow-edit")
			r.set(d.Object, "subjects", "[{apiGroup: rbac.authorization.k8s.io, kind: User, name: bob@example.com}]")
			binding = r.the(d.Object)
		}
		r.annotate(d.Object, "user", must(binding.GetString("subjects.[kind=User].name")))
		r.annotate(d.Object, "role", strings.TrimPrefix(must(binding.GetString("roleRef.name")), "kubeflow-"))
	},
	diagnostic.NotebookHeaderUnset: func(r *reader, d diagnostic.Diagnostic) {
		if d.Object.Kind == "Workspace" {
			r.set(diagnostic.Object{APIVersion: "kubeflow.org/v1beta1", Kind: "WorkspaceKind", Name: "studio"}, "spec/podTemplate/ports", "[]")
			return
		}
		r.annotate(d.Object, headersKey, `{}`)
	},
	diagnostic.RoleBindingIgnored: func(r *reader, d diagnostic.Diagnostic) {
		r.set(d.Object, "subjects", "[{apiGroup: rbac.authorization.k8s.io, kind: User, name: everybody@example.com}]")
		r.annotate(d.Object, "user", "everybody@example.com")
	},
	diagnostic.NotebookHeadersUnset: func(r *reader, d diagnostic.Diagnostic) {
		r.annotate(d.Object, headersKey, `{"Name": "value"}`)
	},
	diagnostic.AppNotRouted: func(r *reader, d diagnostic.Diagnostic) {
		switch {
		case d.Object.Kind == "PVCViewer":
			r.set(d.Object, "spec/networking/basePrefix", "/pvcviewers")
			return
		case d.Field == "spec.kind":
			r.add("apiVersion: kubeflow.org/v1beta1\nkind: WorkspaceKind\nmetadata: {name: notes}\n" +
				"spec: {podTemplate: {options: {imageConfig: {values: [{id: large, spec: {ports: [{id: notes, port: 80}]}}]}}}}\n")
			return
		case d.Object.Kind == "Workspace":
			r.set(d.Object, "spec/podTemplate/options/imageConfig", "large")
			return
		}
		r.set(d.Object, "metadata/name", d.Remedy[strings.LastIndex(d.Remedy, " ")+1:len(d.Remedy)-1])
	},
	diagnostic.NamespaceOwnerDiffers: func(r *reader, d diagnostic.Diagnostic) {
		r.annotate(d.Object, "owner", quoted(d.Remedy)[0])
	},
	diagnostic.WaypointOptOutRemoved: unlabel("istio.io/use-waypoint"),
	diagnostic.OtherWaypointRemoved:  unlabel("istio.io/use-waypoint-namespace"),

	diagnostic.ControllerPolicyEdited: deleted,
	diagnostic.L4PolicyKept: func(r *reader, d diagnostic.Diagnostic) {
		r.drop(diagnostic.Object{Kind: "Namespace", Name: d.Object.Namespace}, "metadata/labels")
		r.remove(d.Object)
	},
	diagnostic.Overwritten:     deleted,
	diagnostic.DenyOverwritten: func(r *reader, d diagnostic.Diagnostic) { r.set(d.Object, "metadata/name", "of-our-own") },
	diagnostic.OverridesRemoved: func(r *reader, d diagnostic.Diagnostic) {
		words := strings.Fields(d.Found)
		r.unmark(d.Object, words[2]+"s", words[3])
	},

	diagnostic.LabelsFileInvalid: func(r *reader, d diagnostic.Diagnostic) {
		r.set(d.Object, "data/namespace-labels.yaml", `'team: "yes"'`)
	},
	diagnostic.LabelsFileSets: func(r *reader, d diagnostic.Diagnostic) {
		r.set(d.Object, "data/namespace-labels.yaml", `'team: "yes"'`)
	},
	diagnostic.LabelsFileRemoves: func(r *reader, d diagnostic.Diagnostic) {
		r.set(d.Object, "data/namespace-labels.yaml", `'team: "yes"'`)
	},

	diagnostic.ModelServerless: func(r *reader, d diagnostic.Diagnostic) {
		r.annotate(d.Object, "serving.kserve.io/deploymentMode", "RawDeployment")
	},
	diagnostic.ModelsServerless: func(r *reader, _ diagnostic.Diagnostic) {
		r.configure("spec/cluster/kserve/deploymentMode", "RawDeployment")
	},
	diagnostic.KServeConfigMissing: func(r *reader, _ diagnostic.Diagnostic) {
		r.config = regexp.MustCompile(`deploymentMode: \w+`).ReplaceAllString(r.config, "enabled: true")
	},
	diagnostic.ModelHostsShared: func(r *reader, d diagnostic.Diagnostic) {
		const template = `'{"domainTemplate": "{{ .Name }}.{{ .Namespace }}.{{ .IngressDomain }}"}'`
		if d.Object.Kind == "ConfigMap" {
			r.set(d.Object, "data/ingress", template)
		} else {
			r.add("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: inferenceservice-config, namespace: kubeflow}\ndata: {ingress: " + template + "}\n")
		}
	},

	diagnostic.SelectorNotKnown:      toWaypoint,
	diagnostic.NoServiceSelected:     toWaypoint,
	diagnostic.TooManyServices:       toWaypoint,
	diagnostic.PodsNotKnown:          toWaypoint,
	diagnostic.PortsNotKnown:         toWaypoint,
	diagnostic.PortsOfNoService:      toWaypoint,
	diagnostic.PortsDiffer:           toWaypoint,
	diagnostic.ModelServicesNotKnown: toWaypoint,
	diagnostic.OtherWaysToPods:       toWaypoint,
	diagnostic.ServicesPastWaypoint:  peersOnly,
	diagnostic.BehindNoWaypoint:      peersOnly,
	diagnostic.OnlyAtWaypoint:        denyAtPods,
	diagnostic.NotAtPods: func(r *reader, d diagnostic.Diagnostic) {
		rule := must(r.at(d.Object, d.Field).String())
		r.dropItem(d.Object, "spec.rules", d.Field)
		r.add("apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: peers, namespace: " + d.Object.Namespace + "}\nspec:\n  rules:\n  - " + strings.ReplaceAll(strings.TrimSpace(rule), "\n", "\n    ") + "\n")
	},
	diagnostic.PodAttributeAtWaypoint:       func(r *reader, d diagnostic.Diagnostic) { must(r.at(d.Object, d.Field).Pipe(yaml.Clear("when"))) },
	diagnostic.RootPolicyNotConverted:       copied(""),
	diagnostic.OldGatewayPolicyNotConverted: copied(gatewayTarget),
	diagnostic.AmbientPolicyNotConverted:    peersOnly,
	diagnostic.OtherPodsToo:                 ownService,
	diagnostic.TokensOfOtherPods:            ownService,
	diagnostic.GatewayPortNotKnown: func(r *reader, d diagnostic.Diagnostic) {
		must(r.at(d.Object, d.Field).Pipe(yaml.SetField("to", must(yaml.Parse(`[{operation: {ports: ["8000"]}}]`)))))
	},
	diagnostic.GatewayPortsDiffer: func(r *reader, d diagnostic.Diagnostic) {
		copied(gatewayTarget)(r, d)
		fresh := r.objects[len(r.objects)-1]
		for _, rule := range must(must(fresh.Pipe(yaml.Lookup("spec", "rules"))).Elements()) {
			if rule.Field("to") != nil {
				must(rule.Pipe(yaml.SetField("to", must(yaml.Parse(`[{operation: {ports: ["80"]}}]`)))))
			}
		}
	},
	diagnostic.GatewayPolicyOfRevision: unlabel("istio.io/rev"),
	diagnostic.TokensNotVerified:       toWaypoint,
	diagnostic.MeshTokensNotVerified:   copied("targetRefs: [{group: gateway.networking.k8s.io, kind: GatewayClass, name: istio-waypoint}]"),

	diagnostic.LoginOfAnotherRevision: unlabel("istio.io/rev"),
	diagnostic.NoSessionIssuer: func(r *reader, d diagnostic.Diagnostic) {
		if login := aLogin.FindStringSubmatch(d.Found); login != nil {
			r.attach(diagnostic.Object{Kind: "RequestAuthentication", Namespace: login[1], Name: login[2]}, d)
			return
		}
		r.configure("spec/identity/sessionIssuers", "[https://login.example.com]")
	},
	diagnostic.RuleWithoutIssuer: inRule("issuer", "https://builds.example.com"),
	diagnostic.HeaderNotWritten: func(r *reader, d diagnostic.Diagnostic) {
		inRule("outputClaimToHeaders", bothHeaders)(r, d)
		if strings.Contains(d.Remedy, "and set forwardOriginalToken: true") {
			inRule("forwardOriginalToken", "true")(r, d)
		}
	},
	diagnostic.ChosenClaim:         inRule("outputClaimToHeaders", bothHeaders),
	diagnostic.AudienceNotChecked:  withoutRule,
	diagnostic.KeysDiscoveredTwice: inRule("jwksUri", "https://login.example.com/keys"),
	diagnostic.OtherKeys:           withoutRule,
	diagnostic.OtherClaim:          withoutRule,
	diagnostic.SessionRuleUnknown: func(r *reader, d diagnostic.Diagnostic) {
		const login = "{issuer: https://login.example.com, forwardOriginalToken: true, outputClaimToHeaders: " + bothHeaders + "}"
		namespace, targets := "istio-system", gatewayTarget
		if d.Snippet != "" {
			namespace, targets = "edge", d.Snippet
		}
		r.add("apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {name: of-people, namespace: " + namespace + "}\nspec: {" + targets + ", jwtRules: [" + login + "]}\n")
	},
	diagnostic.ModeRenamed: func(r *reader, d diagnostic.Diagnostic) {
		if d.Object.Kind != "InferenceService" {
			r.configure("spec/cluster/kserve/deploymentMode", "Standard")
			return
		}
		r.annotate(d.Object, "serving.kserve.io/deploymentMode", "Standard")
	},
	diagnostic.ConfigGroupsUnread: func(r *reader, _ diagnostic.Diagnostic) {
		r.config = strings.ReplaceAll(r.config, "  identity: {groupsClaim: groups}\n", "")
	},
	diagnostic.NothingVerified: func(r *reader, _ diagnostic.Diagnostic) {
		r.config = regexp.MustCompile(`, verifyTokensFor: \[[^]]*\]|(?m)^ *verifyTokensFor: .*\n`).ReplaceAllString(r.config, "")
	},
	diagnostic.VoidingRuleLost: func(r *reader, d diagnostic.Diagnostic) {
		r.set(d.Object, "spec/targetRefs", "[{kind: Service, name: another}]")
	},
	diagnostic.VerifyTokensVoid: withoutRule,

	diagnostic.NoZtunnel: func(r *reader, _ diagnostic.Diagnostic) {
		r.add("apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: ztunnel, namespace: istio-system}\n")
	},
	diagnostic.KubeflowNotEnrolled: func(r *reader, _ diagnostic.Diagnostic) {
		r.add("apiVersion: v1\nkind: Namespace\nmetadata: {name: kubeflow}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: auth}\n")
	},
	diagnostic.GatewayIsolated: func(r *reader, d diagnostic.Diagnostic) {
		r.add("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: to-the-gateway, namespace: " + d.Object.Namespace + "}\n" +
			"spec: {podSelector: {matchLabels: {gateway.networking.k8s.io/gateway-name: ambient-ingressgateway}}, ingress: [{ports: [{port: 80}, {port: 443}]}], policyTypes: [Ingress]}\n")
	},
	diagnostic.GatewayNotInInput: func(r *reader, _ diagnostic.Diagnostic) { r.configure("spec/cluster/platform/enabled", "true") },
	diagnostic.WebhookPortUnknown: func(r *reader, d diagnostic.Diagnostic) {
		for _, port := range must(r.at(d.Object, "spec.ports").Elements()) {
			must(port.Pipe(yaml.SetField("targetPort", yaml.NewScalarRNode("9443"))))
		}
	},
	diagnostic.OtherLogin: func(r *reader, _ diagnostic.Diagnostic) {
		r.add("apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {name: of-people, namespace: istio-system}\n" +
			"spec: {" + gatewayTarget + ", jwtRules: [{issuer: https://login.example.com, forwardOriginalToken: true, outputClaimToHeaders: " + bothHeaders + "}]}\n")
		r.configure("spec/identity/loginPaths", "[/sso/*]")
	},
	diagnostic.InjectionSelected: func(r *reader, d diagnostic.Diagnostic) {
		if d.Field == "spec.selector" {
			r.drop(d.Object, "spec/selector/matchLabels/sidecar.istio.io~inject")
		}
		r.drop(d.Object, "spec/template/metadata/labels/sidecar.istio.io~inject")
	},
	diagnostic.DefaultDenyStops: func(r *reader, d diagnostic.Diagnostic) {
		r.add("apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: all, namespace: " + d.Object.Name + "}\nspec: {rules: [{from: [{source: {namespaces: [" + d.Object.Name + "]}}]}]}\n")
	},
	diagnostic.WaypointLabelNotSet: func(r *reader, d diagnostic.Diagnostic) {
		r.add("apiVersion: v1\nkind: Service\nmetadata: {name: " + d.Object.Name + ", namespace: kubeflow}\nspec: {selector: {app: x}, ports: [{port: 80}]}\n")
	},
	diagnostic.WaypointLabelRemoved: unlabel("istio.io/use-waypoint"),
	diagnostic.WaypointReplaced: func(r *reader, d diagnostic.Diagnostic) {
		r.unmark(d.Object, "labels", "istio.io/use-waypoint")
		r.unmark(d.Object, "labels", "istio.io/use-waypoint-namespace")
	},
	diagnostic.RestrictPolicyLost: func(r *reader, d diagnostic.Diagnostic) { r.set(d.Object, "metadata/name", "of-our-own") },
	diagnostic.MalformedPolicyKept: func(r *reader, d diagnostic.Diagnostic) {
		r.set(d.Object, "spec/rules", "[{from: [{source: {namespaces: [a]}}]}]")
	},
	diagnostic.LoginPolicyTooOpen: deleted,
	diagnostic.LoginPolicyExempts: func(r *reader, d diagnostic.Diagnostic) {
		r.set(d.Object, "spec/rules", "[{from: [{source: {notRequestPrincipals: ['*']}}], to: [{operation: {notPaths: [/dex/*, /dex/**, /oauth2/*]}}]}]")
	},
	diagnostic.LoginPathsDenied: func(r *reader, d diagnostic.Diagnostic) {
		r.set(d.Object, "spec/rules", "[{from: [{source: {notRequestPrincipals: ['*']}}], to: [{operation: {notPaths: [/dex/*, /sso/*]}}]}]")
	},
	diagnostic.PolicyOfOtherRevision: unlabel("istio.io/rev"),
	diagnostic.RouteNotConverted:     routed,
	diagnostic.StaysOnOldGateway:     moved,
	diagnostic.ProviderNotDefined:    deleted,
	diagnostic.OldGatewayUnknown: func(r *reader, _ diagnostic.Diagnostic) {
		r.add("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: front, namespace: istio-system}\nspec: {template: {metadata: {labels: {app: front}}, spec: {serviceAccountName: front-account}}}\n")
	},
	diagnostic.ListenerUnknown: func(r *reader, _ diagnostic.Diagnostic) { r.configure("spec/ingress/sectionName", "https") },
	diagnostic.RedirectLost: func(r *reader, d diagnostic.Diagnostic) {
		r.add(d.Snippet)
		if strings.Contains(d.Remedy, "set spec.ingress.sectionName: https") {
			r.configure("spec/ingress/sectionName", "https")
		}
	},
	diagnostic.ServerLost: func(r *reader, d diagnostic.Diagnostic) { r.dropItem(d.Object, "spec.servers", d.Field) },
	diagnostic.ServerHostsLost: func(r *reader, d diagnostic.Diagnostic) {
		r.at(d.Object, d.Field).YNode().Content = must(yaml.Parse("['*']")).YNode().Content
	},
	diagnostic.ServerSettingsLost: func(r *reader, d diagnostic.Diagnostic) {
		for _, key := range strings.FieldsFunc(strings.TrimPrefix(d.Found, "sets "), func(c rune) bool { return c == ' ' || c == ',' }) {
			server := r.at(d.Object, d.Field)
			if rest, in := strings.CutPrefix(strings.TrimSuffix(key, ":"), "tls."); in {
				must(server.Pipe(yaml.Lookup("tls"), yaml.Clear(rest)))
			} else {
				must(server.Pipe(yaml.Clear(rest)))
			}
		}
	},
	diagnostic.DefaultDenyAdded: func(r *reader, d diagnostic.Diagnostic) {
		namespace := regexp.MustCompile(`AuthorizationPolicy ([\w-]+)/global-deny-all`).FindStringSubmatch(d.Found)[1]
		r.add("apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: global-deny-all, namespace: " + namespace + "}\nspec: {}\n")
	},
	diagnostic.TLSLost: func(r *reader, _ diagnostic.Diagnostic) { r.configure("spec/ingress/tlsSecret", "kubeflow-tls") },
}

// notFollowed say why nobody follows the remedy of a message here.
var notFollowed = map[diagnostic.Code]string{
	diagnostic.ConfigRestrict:           "it says what Restrict costs",
	diagnostic.ClientAddressesAtGateway: "a patch after the function does it",
	diagnostic.ConfigGroupOwner:         "who the members are, only the reader knows",
	diagnostic.ConfigBeyondASCII:        "it says what to compare",
	diagnostic.LayeredPolicies:          "istiod is configured where Istio is installed",
	diagnostic.KeysBlocked:              "istiod is configured where Istio is installed",
	diagnostic.ImageMoved:               "the images are chosen where Istio is installed",
	diagnostic.NamespaceInjected:        "the pods are restarted in the cluster",
	diagnostic.HashedNameKept:           "the function is run elsewhere",
	diagnostic.RestrictKept:             "who is to have the rights, only the reader knows",
	diagnostic.SettingsReplaced:         "a patch after the function does it",
	diagnostic.SettingsKept:             "the ConfigMap is generated elsewhere",
	diagnostic.NamespacesSelected:       "which Namespaces are meant, only the reader knows",
}

const (
	headersKey    = "notebooks.kubeflow.org/http-headers-request-set"
	bothHeaders   = "[{claim: email, header: kubeflow-userid}, {claim: groups, header: kubeflow-groups}]"
	gatewayTarget = "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: ambient-ingressgateway}]"
)

// deleted deletes the object.
func deleted(r *reader, d diagnostic.Diagnostic) { r.remove(d.Object) }

// unlabel removes a label.
func unlabel(key string) follow {
	return func(r *reader, d diagnostic.Diagnostic) { r.unmark(d.Object, "labels", key) }
}

// ownService gives the pods of a policy's Service labels that the policy selects by.
func ownService(r *reader, d diagnostic.Diagnostic) {
	service := diagnostic.Object{Kind: "Service", Namespace: d.Object.Namespace, Name: d.Found[strings.LastIndex(d.Found, " ")+1:]}
	r.set(service, "spec/selector", must(r.at(d.Object, "spec.selector.matchLabels").String()))
}

// quoted are the quoted parts of a text.
func quoted(text string) (out []string) {
	for i, part := range strings.Split(text, `"`) {
		if i%2 == 1 {
			out = append(out, part)
		}
	}
	return out
}

// toWaypoint names in targetRefs what a policy is for.
func toWaypoint(r *reader, d diagnostic.Diagnostic) {
	name, kind := "waypoint", "Gateway"
	switch d.Object.Namespace {
	case "kubeflow":
		name = "kubeflow-waypoint"
	case "istio-system":
		name, kind = "istio-waypoint", "GatewayClass"
	}
	must(r.the(d.Object).Pipe(yaml.Lookup("spec"), yaml.Clear("selector")))
	r.set(d.Object, "spec/targetRefs", "[{group: gateway.networking.k8s.io, kind: "+kind+", name: "+name+"}]")
}

// peersOnly writes the rules with peers and ports only.
func peersOnly(r *reader, d diagnostic.Diagnostic) {
	r.set(d.Object, "spec/rules", "[{from: [{source: {namespaces: [guests]}}]}]")
}

// denyAtPods adds a DENY policy for the same pods, peers and ports. Who is to be allowed there is allowed
// by a rule with peers and ports only.
func denyAtPods(r *reader, d diagnostic.Diagnostic) {
	policy := r.the(d.Object)
	action, _ := policy.GetString("spec.action") // without one it allows
	switch action {
	case "AUDIT":
		r.cannot = "where requests must be logged, only the reader knows"
	case "DENY", "CUSTOM":
		fresh := policy.Copy()
		r.objects = append(r.objects, fresh)
		if err := fresh.SetName("at-pods"); err != nil {
			r.t.Fatal(err)
		}
		must(fresh.Pipe(yaml.Lookup("spec"), yaml.Clear("provider")))
		must(fresh.Pipe(yaml.Lookup("spec"), yaml.SetField("action", yaml.NewStringRNode("DENY"))))
		for _, rule := range must(must(fresh.Pipe(yaml.Lookup("spec", "rules"))).Elements()) {
			withoutHTTP(rule, "from", "source", "principals", "notPrincipals", "namespaces", "notNamespaces")
			withoutHTTP(rule, "to", "operation", "ports", "notPorts")
			must(rule.Pipe(yaml.Clear("when")))
		}
	default:
		peersOnly(r, d)
	}
}

// withoutHTTP leaves these fields in each entry of a rule; an entry without any matches everything.
func withoutHTTP(rule *yaml.RNode, list, below string, known ...string) {
	if rule.Field(list) == nil {
		return
	}
	for _, entry := range must(rule.Field(list).Value.Elements()) {
		attributes := entry.Field(below).Value
		for _, key := range must(attributes.Fields()) {
			if !slices.Contains(known, key) {
				must(attributes.Pipe(yaml.Clear(key)))
			}
		}
		if len(must(attributes.Fields())) == 0 {
			must(rule.Pipe(yaml.Clear(list)))
			return
		}
	}
}

// copied writes a copy with targetRefs: those that the message has, or others.
func copied(targets string) follow {
	return func(r *reader, d diagnostic.Diagnostic) {
		fresh := r.the(d.Object).Copy()
		r.objects = append(r.objects, fresh)
		spec := must(fresh.Pipe(yaml.Lookup("spec")))
		must(spec.Pipe(yaml.Clear("selector")))
		if err := fresh.SetName("copy"); err != nil {
			r.t.Fatal(err)
		}
		if targets == "" {
			targets = d.Snippet
		}
		value := must(yaml.Parse(targets)).Field("targetRefs").Value
		must(spec.Pipe(yaml.SetField("targetRefs", value)))
	}
}

// inRule sets a field of a JWT rule.
func inRule(key, value string) follow {
	return func(r *reader, d diagnostic.Diagnostic) {
		must(r.at(d.Object, d.Field).Pipe(yaml.SetField(key, must(yaml.Parse(value)))))
	}
}

// withoutRule removes a JWT rule.
func withoutRule(r *reader, d diagnostic.Diagnostic) { r.dropItem(d.Object, "spec.jwtRules", d.Field) }

var rulesToDelete = regexp.MustCompile(`(rules\[\d+\]) of AuthorizationPolicy ([\w-]+)/([\w-]+)`)

// routed deletes a VirtualService, and adds the HTTPRoute that the message has.
func routed(r *reader, d diagnostic.Diagnostic) {
	for _, open := range rulesToDelete.FindAllStringSubmatch(d.Remedy, -1) {
		r.dropItem(diagnostic.Object{Kind: "AuthorizationPolicy", Namespace: open[2], Name: open[3]}, "spec.rules", "spec."+open[1])
	}
	if strings.Contains(d.Remedy, " from its gateways") {
		gateways := r.at(d.Object, "spec.gateways").YNode()
		gateways.Content = slices.DeleteFunc(gateways.Content, func(n *yaml.Node) bool { return strings.Contains(d.Remedy, "remove "+n.Value+" from its gateways") })
	} else {
		r.remove(d.Object)
	}
	if strings.HasPrefix(d.Snippet, "{") {
		r.add(d.Snippet)
	}
}

// moved attaches to the new Gateway what stays on the old one.
func moved(r *reader, d diagnostic.Diagnostic) {
	switch d.Object.Kind {
	case "Gateway":
		r.remove(d.Object)
	case "HorizontalPodAutoscaler":
		r.set(d.Object, "spec/scaleTargetRef/name", "ambient-ingressgateway-istio")
	case "PodDisruptionBudget":
		r.set(d.Object, "spec/selector", "{matchLabels: {gateway.networking.k8s.io/gateway-name: ambient-ingressgateway}}")
	case "HTTPRoute":
		r.set(d.Object, "spec/parentRefs", must(must(yaml.Parse(d.Snippet)).Field("parentRefs").Value.String()))
	case "Ingress":
		if strings.HasPrefix(d.Remedy, "replace it") {
			r.remove(d.Object)
			return
		}
		if namespace := toNamespace.FindStringSubmatch(d.Remedy); namespace != nil {
			o := d.Object
			r.set(o, "metadata/namespace", namespace[1])
			d.Object.Namespace = namespace[1]
		}
		r.set(d.Object, "spec/rules", "[]")
		r.set(d.Object, "spec/defaultBackend", "{service: {name: ambient-ingressgateway-istio, port: {number: 80}}}")
	default:
		r.attach(d.Object, d)
	}
}

var (
	aLogin      = regexp.MustCompile(`RequestAuthentication ([\w-]+)/([\w-]+)`)
	toNamespace = regexp.MustCompile(`put it into the namespace ([\w-]+)`)
)

// attach writes the targetRefs of a message in an object in place of its selector or its targetRefs.
func (r *reader) attach(o diagnostic.Object, d diagnostic.Diagnostic) {
	r.t.Helper()
	for _, selector := range []string{"workloadSelector", "selector"} {
		must(r.the(o).Pipe(yaml.Lookup("spec"), yaml.Clear(selector)))
	}
	r.set(o, "spec/targetRefs", must(must(yaml.Parse(d.Snippet)).Field("targetRefs").Value.String()))
	if namespace := toNamespace.FindStringSubmatch(d.Remedy); namespace != nil {
		r.set(o, "metadata/namespace", namespace[1])
	}
}
