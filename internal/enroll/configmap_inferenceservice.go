package enroll

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/manifest"
	"github.com/kubeflow-ambient/ambient-profile/internal/survey"
	"github.com/kubeflow-ambient/ambient-profile/pkg/generate"
)

// inferenceService switches KServe's models to Deployments behind the Gateway API, whose Services a
// waypoint can stand before; a headless one it could not. It would switch every model of the
// cluster, so it is done only when the configuration names the mode. A template of hosts stays if
// no two namespaces can get one host by it.
func editInferenceService(plan generate.Plan, item *manifest.Item) error {
	kserve := plan.Cluster.KServe
	if kserve.DeploymentMode == "" {
		return nil
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
			return fmt.Errorf("data[%s]: %w; correct it before KServe reads it", edit.data, err)
		}
		setData(item, edit.data, edited)
	}
	return nil
}

// setJSON sets a top-level key of the JSON object in text to value, which is JSON itself, and leaves
// every other byte as it is. The error says at which byte the text is broken, or which key
// stands there twice.
func setJSON(text, key, value string) (string, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	if err := open(decoder); err != nil {
		return "", err
	}
	first := int(decoder.InputOffset()) // behind the opening brace
	start, end, fields := -1, -1, 0
	seen := map[string]bool{}
	for ; decoder.More(); fields++ {
		name, err := decoder.Token()
		if err != nil {
			return "", broken(decoder, err)
		}
		if seen[name.(string)] { // a key of an object is always text
			return "", fmt.Errorf("has the key %q twice", name)
		}
		if name != key && strings.EqualFold(name.(string), key) { // Go, in which KServe is written: encoding/json
			return "", fmt.Errorf("has the key %q, which KServe reads as %s, too", name, key)
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

// insertJSON puts a field behind an object's opening brace, in the layout of the field after it.
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
		return fmt.Errorf("is no JSON object but begins with %v", token)
	}
	return nil
}

func closed(decoder *json.Decoder) error {
	if _, err := decoder.Token(); err != nil {
		return broken(decoder, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("has more behind the JSON object, at byte %d", decoder.InputOffset())
	}
	return nil
}

func broken(decoder *json.Decoder, err error) error {
	at := decoder.InputOffset()
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at = syntax.Offset
	}
	return fmt.Errorf("is broken JSON at byte %d: %w", at, err)
}
