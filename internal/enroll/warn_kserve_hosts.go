package enroll

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// modelHosts gives each model its own host: a dot separates name and namespace, because neither may contain one. Both may contain a dash.
const modelHosts = "{{ .Name }}.{{ .Namespace }}.{{ .IngressDomain }}"

// defaultModelHosts is what KServe uses if inferenceservice-config has no template (KServe: DefaultDomainTemplate).
const defaultModelHosts = "{{ .Name }}-{{ .Namespace }}.{{ .IngressDomain }}"

var (
	// templateField is one field of KServe's DomainTemplateValues in a template.
	templateField = regexp.MustCompile(`\{\{-?\s*\.(\w+)\s*-?\}\}`)
	// joinedFields is a label of a host that contains both. No host has such brackets.
	joinedFields = regexp.MustCompile(`^[a-z0-9-]*<(Name|Namespace)>([a-z0-9-]*)<(Name|Namespace)>[a-z0-9-]*$`)
)

// hostTemplate describes the hosts that a domainTemplate of KServe makes of a model's name and namespace.
type hostTemplate struct {
	// apart: models of two namespaces never get the same host.
	apart bool
	// understood: false if the hosts are unknown.
	understood bool
	// between separates name and namespace in one label of the host; namespaceFirst is their order.
	between        string
	namespaceFirst bool
}

// readHostTemplate understands templates of plain fields. If one label of the host contains the namespace and not the name, no two
// namespaces get the same host.
func readHostTemplate(template string) hostTemplate {
	host := templateField.ReplaceAllString(template, "<$1>")
	var joined []string
	for label := range strings.SplitSeq(host, ".") {
		switch {
		case strings.ContainsAny(label, "{}"), strings.Contains(label, "<Annotations>"), strings.Contains(label, "<Labels>"):
			return hostTemplate{} // which may contain dots
		case strings.Contains(label, "<Namespace>") && !strings.Contains(label, "<Name>"):
			return hostTemplate{apart: true, understood: true}
		case strings.Contains(label, "<Namespace>"):
			joined = append(joined, label)
		}
	}
	if len(joined) != 1 {
		return hostTemplate{}
	}
	m := joinedFields.FindStringSubmatch(joined[0])
	if m == nil || m[1] == m[3] {
		return hostTemplate{}
	}
	return hostTemplate{understood: true, between: m[2], namespaceFirst: m[1] == "Namespace"}
}

// twin returns the name of a model in namespace short that gets the host of model x in long, or "".
func (t hostTemplate) twin(short, long string) string {
	if t.namespaceFirst {
		name, _ := strings.CutPrefix(strings.TrimPrefix(long, short)+t.between+"x", t.between)
		if short+t.between+name == long+t.between+"x" {
			return name
		}
		return ""
	}
	name, _ := strings.CutSuffix("x"+t.between+strings.TrimSuffix(long, short), t.between)
	if name+t.between+short == "x"+t.between+long {
		return name
	}
	return ""
}

// ingressConfig is the part of KServe's ingress configuration that decides the hosts of models.
type ingressConfig struct {
	DomainTemplate         string `json:"domainTemplate"`
	DisableIngressCreation bool   `json:"disableIngressCreation"`
}

func ingressConfigOf(item *manifest.Item) (c ingressConfig) {
	if json.Unmarshal([]byte(survey.DataOf(item, "ingress")), &c) != nil {
		return ingressConfig{} // KServe does not start with it
	}
	return c
}

// warnHosts reports profiles whose models may get the same host. Istio gives it to the older of two routes (sortConfigByCreationTime).
func warnHosts(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	if !plan.Cluster.KServe.Enabled {
		return
	}
	item, config := inferenceServiceConfig(plan, input), ingressConfig{}
	if item != nil {
		config = ingressConfigOf(item)
	}
	if config.DomainTemplate == "" {
		config.DomainTemplate = defaultModelHosts
	}
	switch t := readHostTemplate(config.DomainTemplate); {
	case config.DisableIngressCreation, t.apart:
	case !t.understood: // so the template is that of the ConfigMap
		notes.WarnAt(diagnostic.ModelHostsUnknown, item, "data[ingress]", "has the domainTemplate "+config.DomainTemplate+", which this function cannot evaluate",
			"models of two profiles may get the same host", "")
	default:
		warnSharedHosts(plan, notes, item, config.DomainTemplate, t)
	}
}

// warnSharedHosts reports the profiles. It tries for each profile the prefixes or suffixes of its name, so that the cost grows with the profiles and not with their pairs.
// item is KServe's ConfigMap, or nil.
func warnSharedHosts(plan generate.Plan, notes *survey.Notes, item *manifest.Item, template string, t hostTemplate) {
	profiles := make(map[string]bool, len(plan.Namespaces))
	for _, ns := range plan.Namespaces {
		profiles[ns.Name] = true
	}
	longer := map[string][]string{}
	for _, ns := range plan.Namespaces {
		for i := 1; i < len(ns.Name); i++ {
			short := ns.Name[i:]
			if t.namespaceFirst {
				short = ns.Name[:i]
			}
			if profiles[short] && t.twin(short, ns.Name) != "" {
				longer[short] = append(longer[short], ns.Name)
			}
		}
	}
	for _, ns := range plan.Namespaces {
		if others := longer[ns.Name]; len(others) > 0 {
			effect := fmt.Sprintf("for example, model %s of %s and model x of %s get one host, and the older model receives the other's requests with their bearer tokens",
				t.twin(ns.Name, others[0]), ns.Name, others[0])
			remedy := fmt.Sprintf("set ingress.domainTemplate in inferenceservice-config to %s (cluster.kserve.deploymentMode does, and switches every model)", modelHosts)
			if item == nil {
				notes.WarnConfig(diagnostic.ModelHostsShared, "spec.profiles",
					fmt.Sprintf("lists %s and %s, whose models can get the same host by KServe's default domainTemplate %s", ns.Name, someOf(others), template), effect, remedy)
				continue
			}
			notes.WarnAt(diagnostic.ModelHostsShared, item, "data[ingress]",
				fmt.Sprintf("gives models of profile %s and of %s the same host by the domainTemplate %s", ns.Name, someOf(others), template), effect, remedy)
		}
	}
}

// someOf returns the first few of a list, for messages.
func someOf(list []string) string {
	const few = 10
	if len(list) <= few {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:few], ", "), len(list)-few)
}
