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

// modelHosts gives each model a host of its own: a dot keeps name and namespace apart, because neither may hold one. Both may hold a dash.
const modelHosts = "{{ .Name }}.{{ .Namespace }}.{{ .IngressDomain }}"

// defaultModelHosts is what KServe uses where inferenceservice-config names no template (KServe: DefaultDomainTemplate).
const defaultModelHosts = "{{ .Name }}-{{ .Namespace }}.{{ .IngressDomain }}"

var (
	// templateField is one field of KServe's DomainTemplateValues in a template.
	templateField = regexp.MustCompile(`\{\{-?\s*\.(\w+)\s*-?\}\}`)
	// joinedFields is a label of a host that holds both. No host has such brackets.
	joinedFields = regexp.MustCompile(`^[a-z0-9-]*<(Name|Namespace)>([a-z0-9-]*)<(Name|Namespace)>[a-z0-9-]*$`)
)

// hostTemplate is what a domainTemplate of KServe makes of a model's name and namespace.
type hostTemplate struct {
	// apart: models of two namespaces never get the same host.
	apart bool
	// understood: else nobody knows.
	understood bool
	// between stands between name and namespace in one label of the host; namespaceFirst is their order.
	between        string
	namespaceFirst bool
}

// readHostTemplate understands templates of plain fields. Where one label of the host holds the namespace and not the name, the namespaces
// stay apart.
func readHostTemplate(template string) hostTemplate {
	host := templateField.ReplaceAllString(template, "<$1>")
	var joined []string
	for label := range strings.SplitSeq(host, ".") {
		switch {
		case strings.ContainsAny(label, "{}"), strings.Contains(label, "<Annotations>"), strings.Contains(label, "<Labels>"):
			return hostTemplate{} // which may hold dots
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

// twin is the name of a model of the namespace short that gets the host of the model x of long; "" where none does.
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

// hostsTrouble finds profiles whose models may get one host. Istio gives it to the older of two routes (sortConfigByCreationTime).
func hostsTrouble(plan generate.Plan, input *survey.Index, notes *survey.Notes) {
	if !plan.Cluster.KServe.Enabled {
		return
	}
	config, object := ingressConfig{}, "spec.profiles"
	if item := inferenceServiceConfig(plan, input); item != nil {
		config, object = ingressConfigOf(item), item.String()
	}
	if config.DomainTemplate == "" {
		config.DomainTemplate = defaultModelHosts
	}
	switch t := readHostTemplate(config.DomainTemplate); {
	case config.DisableIngressCreation, t.apart:
	case !t.understood:
		notes.Note(diagnostic.UncodedInfo, object, "has the domainTemplate "+config.DomainTemplate, "nothing here knows whether it gives models of two profiles one host")
	default:
		sharedHosts(plan, notes, object, config.DomainTemplate, t)
	}
}

// sharedHosts tries for each profile what its name begins or ends with, so the cost grows with the profiles and not with their pairs.
func sharedHosts(plan generate.Plan, notes *survey.Notes, object, template string, t hostTemplate) {
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
			notes.Find(diagnostic.Uncoded, object, fmt.Sprintf("KServe's hosts, %s, do not tell the profile %s from %s", template, ns.Name, someOf(others)),
				fmt.Sprintf("the model %s of %s and the model x of %s, say, get the same host: the older one gets the other's requests, with the bearer tokens in them", t.twin(ns.Name, others[0]), ns.Name, others[0]),
				fmt.Sprintf("set ingress.domainTemplate in inferenceservice-config to %s (cluster.kserve.deploymentMode does, and switches every model)", modelHosts))
		}
	}
}

// someOf names the first few of a list.
func someOf(list []string) string {
	const few = 10
	if len(list) <= few {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:few], ", "), len(list)-few)
}

// inferenceServiceConfig is KServe's own ConfigMap, or nil where it is not in the input.
func inferenceServiceConfig(plan generate.Plan, input *survey.Index) *manifest.Item {
	for _, item := range input.Items {
		if item.Kind != "ConfigMap" || item.Group != "" || item.Namespace != plan.Cluster.KServe.Namespace {
			continue
		}
		name := item.Name
		if m := survey.Hashed.FindStringSubmatch(name); m != nil {
			name = m[1]
		}
		if name == "inferenceservice-config" {
			return item
		}
	}
	return nil
}
