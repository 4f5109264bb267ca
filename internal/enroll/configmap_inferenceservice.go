package enroll

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// editInferenceService switches KServe's models to Deployments behind the Gateway API, whose
// Services can use a waypoint; a headless Service cannot. It switches every model in the cluster, so
// it is done only if the configuration names the mode. A template of hosts is kept if it never gives
// two namespaces the same host.
func editInferenceService(plan generate.Plan, item *manifest.Item) {
	kserve := plan.Cluster.KServe
	if kserve.DeploymentMode == "" {
		return
	}
	hosts := ingressConfigOf(item).DomainTemplate
	if !readHostTemplate(hosts).apart {
		hosts = modelHosts
	}
	gateway := plan.Mesh.GatewayNamespace + "/" + plan.Mesh.GatewayName
	for _, edit := range []struct{ data, key, value string }{
		{"deploy", "defaultDeploymentMode", strconv.Quote(kserve.DeploymentMode)},
		{"ingress", "enableGatewayApi", "true"},
		{"ingress", "kserveIngressGateway", strconv.Quote(gateway)},
		{"ingress", "domainTemplate", strconv.Quote(hosts)},
		{"service", "serviceClusterIPNone", "false"},
	} {
		text := survey.DataOf(item, edit.data)
		if text == "" {
			text = "{}"
		}
		edited, err := setJSON(text, edit.key, edit.value)
		if err != nil {
			item.Errs = append(item.Errs, item.Report(diagnostic.ConfigMapInvalidJSON, "data["+edit.data+"]", err.Error(),
				"cluster.kserve.deploymentMode cannot be applied to it", "fix the JSON, or remove cluster.kserve.deploymentMode"))
			return
		}
		setData(item, edit.data, edited)
	}
}

// setJSON sets a top-level key of the JSON object in text to value, which is JSON itself, and leaves
// every other byte as it is. The error names the byte at which the JSON is invalid, or the key that
// is set twice.
func setJSON(text, key, value string) (string, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	if err := open(decoder); err != nil {
		return "", err
	}
	first := int(decoder.InputOffset()) // after the opening brace
	start, end, fields := -1, -1, 0
	seen := map[string]bool{}
	for ; decoder.More(); fields++ {
		name, err := decoder.Token()
		if err != nil {
			return "", broken(decoder, err)
		}
		if seen[name.(string)] { // a key of an object is always a string
			return "", fmt.Errorf("has the key %q twice", name)
		}
		if name != key && strings.EqualFold(name.(string), key) { // Go, in which KServe is written: encoding/json
			return "", fmt.Errorf("has the key %q, which KServe also reads as %s", name, key)
		}
		seen[name.(string)] = true
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			return "", broken(decoder, err)
		}
		if name == key {
			end = int(decoder.InputOffset())
			start = end - len(raw)
		}
	}
	if err := closed(decoder); err != nil {
		return "", err
	}
	switch {
	case start >= 0 && text[start:end] == value:
		return text, nil
	case start >= 0:
		return text[:start] + value + text[end:], nil
	default:
		return insertJSON(text, first, fields, strconv.Quote(key)+": "+value), nil
	}
}

// insertJSON adds a field after an object's opening brace, in the layout of the field that follows.
func insertJSON(text string, at, fields int, field string) string {
	if fields == 0 {
		return text[:at] + field + text[at:]
	}
	rest := text[at:]
	space := rest[:len(rest)-len(strings.TrimLeft(rest, " \t\r\n"))]
	if space == "" {
		return text[:at] + field + ", " + rest
	}
	return text[:at] + space + field + "," + rest
}

func open(decoder *json.Decoder) error {
	token, err := decoder.Token()
	if err != nil {
		return broken(decoder, err)
	}
	if token != json.Delim('{') {
		return fmt.Errorf("is not a JSON object, because it starts with %v", token)
	}
	return nil
}

func closed(decoder *json.Decoder) error {
	if _, err := decoder.Token(); err != nil {
		return broken(decoder, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("has trailing data after the JSON object, at byte %d", decoder.InputOffset())
	}
	return nil
}

func broken(decoder *json.Decoder, err error) error {
	at := decoder.InputOffset()
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at = syntax.Offset
	}
	return fmt.Errorf("is not valid JSON at byte %d (%w)", at, err)
}
