package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	texttemplate "text/template"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"istio.io/api/annotation"
	cniutil "istio.io/istio/cni/pkg/util"
	charts "istio.io/istio/manifests"
	"istio.io/istio/pilot/pkg/features"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pkg/config/mesh/meshwatcher"
	"istio.io/istio/pkg/kube/inject"
)

// A capture answers how a pod takes part in the mesh: whether the API server calls
// the injector (the selectors of Istio's own chart), whether that injects (its
// webhook), and whether istio-cni then redirects to ztunnel (its selectors, with
// the chart's values).
type capture struct {
	hooks    []admissionregistrationv1.MutatingWebhook
	injector *http.ServeMux
	cni      *cniutil.CompiledEnablementSelectors
}

const (
	discoveryWebhook = "charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml"
	cniValues        = "charts/istio-cni/values.yaml"
)

func newCapture() (*capture, error) {
	hooks, err := renderedWebhooks()
	if err != nil {
		return nil, err
	}
	// Native sidecars can only be recognized with nodes; either way the pod has a sidecar.
	features.EnableNativeSidecars = features.NativeSidecarModeDisabled
	mux := http.NewServeMux()
	env := model.NewEnvironment()
	env.Watcher = meshwatcher.NewTestWatcher(meshOfCases())
	if _, err := inject.NewWebhook(inject.WebhookParameters{Watcher: injection{}, Mux: mux, Env: env, Revision: "default"}); err != nil {
		return nil, err
	}
	selectors, err := enablement()
	if err != nil {
		return nil, err
	}
	cni, err := cniutil.NewCompiledEnablementSelectors(selectors)
	return &capture{hooks, mux, cni}, err
}

// renderedWebhooks are those of a plain installation (revision "", enableNamespacesByDefault false).
func renderedWebhooks() ([]admissionregistrationv1.MutatingWebhook, error) {
	raw, err := fs.ReadFile(charts.FS, discoveryWebhook)
	if err != nil {
		return nil, err
	}
	t := texttemplate.New("webhook")
	t.Funcs(texttemplate.FuncMap{
		"dict": func(pairs ...any) map[string]any {
			m := map[string]any{}
			for i := 0; i+1 < len(pairs); i += 2 {
				m[pairs[i].(string)] = pairs[i+1]
			}
			return m
		},
		"mergeOverwrite": func(a, b map[string]any) map[string]any {
			for k, v := range b {
				a[k] = v
			}
			return a
		},
		"deepCopy": func(m map[string]any) map[string]any {
			out := map[string]any{}
			for k, v := range m {
				out[k] = v
			}
			return out
		},
		"include": func(name string, data any) (string, error) {
			if name == "istio.labels" { // of the chart's helpers; no selector looks at them
				return "", nil
			}
			var b strings.Builder
			err := t.ExecuteTemplate(&b, name, data)
			return b.String(), err
		},
		"default": func(d, v any) any {
			if v == nil || v == "" {
				return d
			}
			return v
		},
		"quote":   func(v any) string { return fmt.Sprintf("%q", fmt.Sprint(v)) },
		"toYaml":  func(v any) (string, error) { b, err := yaml.Marshal(v); return string(b), err },
		"indent":  func(_ int, s string) string { return s },
		"nindent": func(_ int, s string) string { return s },
	})
	if _, err := t.Parse(string(raw)); err != nil {
		return nil, err
	}
	values := map[string]any{
		"Values": map[string]any{
			"revision": "", "global": map[string]any{"resourceScope": "all"}, "sidecarInjectorWebhook": map[string]any{"reinvocationPolicy": "Never"},
			"istiodRemote": map[string]any{"injectionPath": "/inject"},
		},
		"Release": map[string]any{"Namespace": rootNamespace, "Name": "istiod"},
	}
	var out bytes.Buffer
	if err := t.Execute(&out, values); err != nil {
		return nil, err
	}
	config := admissionregistrationv1.MutatingWebhookConfiguration{}
	if err := yaml.Unmarshal(out.Bytes(), &config); err != nil {
		return nil, err
	}
	if len(config.Webhooks) != 4 {
		return nil, fmt.Errorf("the chart has %d webhooks, not 4", len(config.Webhooks))
	}
	return config.Webhooks, nil
}

func enablement() ([]cniutil.EnablementSelector, error) {
	raw, err := fs.ReadFile(charts.FS, cniValues)
	if err != nil {
		return nil, err
	}
	var values struct {
		Defaults struct {
			Ambient struct {
				EnablementSelectors []cniutil.EnablementSelector `json:"enablementSelectors"`
			} `json:"ambient"`
		} `json:"_internal_defaults_do_not_set"`
	}
	if err := yaml.Unmarshal(raw, &values); err != nil {
		return nil, err
	}
	if len(values.Defaults.Ambient.EnablementSelectors) == 0 {
		return nil, fmt.Errorf("%s names no pod to capture", cniValues)
	}
	return values.Defaults.Ambient.EnablementSelectors, nil
}

// injection is the injector's configuration: the chart's policy, and templates
// that put in a container and nothing else.
type injection struct{}

func (injection) SetHandler(func(*inject.Config, string) error) {}
func (injection) Run(<-chan struct{})                           {}
func (injection) Get() (*inject.Config, string, error) {
	const proxy = "spec:\n  containers:\n  - name: istio-proxy\n    image: proxy\n"
	raw, err := yaml.Marshal(map[string]any{
		"policy": "enabled", "defaultTemplates": []string{"sidecar"}, "templates": map[string]string{"sidecar": proxy, "gateway": proxy},
	})
	if err != nil {
		return nil, "", err
	}
	config, err := inject.UnmarshalConfig(raw)
	return &config, "{}", err
}

func (p *capture) ask(c *manifests, ask Case) (Verdict, error) {
	pod := c.pods[ask.Namespace+"/"+ask.Name]
	if pod == nil {
		return Verdict{}, fmt.Errorf("no pod %s/%s", ask.Namespace, ask.Name)
	}
	pod = pod.DeepCopy()
	of := map[string]string{corev1.LabelMetadataName: ask.Namespace}
	for k, v := range c.labels[ask.Namespace] {
		of[k] = v
	}
	called, err := p.called(pod, of)
	if err != nil {
		return Verdict{}, err
	}
	if called {
		injected, err := p.inject(pod)
		if err != nil {
			return Verdict{}, err
		}
		if injected {
			return Verdict{Got: "sidecar"}, nil
		}
	}
	if !p.cni.Matches(pod, of) {
		return Verdict{Got: "outside"}, nil
	}
	// nodeagent getPodLevelTrafficOverrides: no redirection of what comes in.
	if bypass, set := cniutil.CheckBooleanAnnotation(pod, annotation.AmbientBypassInboundCapture.Name); set && bypass {
		return Verdict{Got: "bypass"}, nil
	}
	return Verdict{Got: "captured"}, nil
}

// called: the API server calls a webhook whose selectors match.
func (p *capture) called(pod *corev1.Pod, namespace map[string]string) (bool, error) {
	return anyOf(p.hooks, func(h admissionregistrationv1.MutatingWebhook) (bool, error) {
		ns, err := metav1.LabelSelectorAsSelector(h.NamespaceSelector)
		if err != nil {
			return false, err
		}
		object, err := metav1.LabelSelectorAsSelector(h.ObjectSelector)
		return err == nil && ns.Matches(labels.Set(namespace)) && object.Matches(labels.Set(pod.Labels)), err
	})
}

// inject asks Istio's webhook.
func (p *capture) inject(pod *corev1.Pod) (bool, error) {
	patch, err := reviewed(p.injector, pod)
	return strings.Contains(string(patch), "istio-proxy"), err
}

// reviewed is the patch with which a webhook answers for a pod.
func reviewed(webhook http.Handler, pod *corev1.Pod) ([]byte, error) {
	raw, err := json.Marshal(pod)
	if err != nil {
		return nil, err
	}
	review, err := json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"},
		Request:  &admissionv1.AdmissionRequest{UID: "u", Namespace: pod.Namespace, Object: runtime.RawExtension{Raw: raw}},
	})
	if err != nil {
		return nil, err
	}
	r := httptest.NewRequest(http.MethodPost, "/inject", bytes.NewReader(review))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	webhook.ServeHTTP(w, r)
	answer := admissionv1.AdmissionReview{}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		return nil, fmt.Errorf("the injector answers %d %s: %w", w.Code, w.Body, err)
	}
	if answer.Response == nil || !answer.Response.Allowed {
		return nil, fmt.Errorf("the injector answers %s", w.Body)
	}
	return answer.Response.Patch, nil
}
