// Package stubs replaces applications: each answer names the pod that was reached and what it saw.
package stubs

import (
	"encoding/json"
	"net/http"
	"strings"
)

// ReachedHeader names the pod that answered. Only the applications here write it.
const ReachedHeader = "x-reached"

// Echo answers with what reached the pod, less what differs from one request to the next.
func Echo(pod string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, groups := r.Header.Values("kubeflow-userid"), r.Header.Values("kubeflow-groups")
		reply(w, pod, http.StatusOK, Seen{
			Pod: pod, Method: r.Method, Path: r.RequestURI,
			User: strings.Join(user, ","), Groups: strings.Join(groups, ","), Token: r.Header.Get("authorization") != "",
		})
	})
}

// Seen is a request as a pod saw it.
type Seen struct {
	Pod    string `json:"pod"`
	Method string `json:"method"`
	Path   string `json:"path"`
	User   string `json:"user,omitempty"`
	Groups string `json:"groups,omitempty"`
	Token  bool   `json:"token,omitempty"` // it still has its Authorization header
}

func reply(w http.ResponseWriter, pod string, status int, body any) {
	w.Header().Set(ReachedHeader, pod)
	w.Header().Set("content-type", "application/json")
	w.WriteHeader(status)
	text, err := json.Marshal(body)
	if err != nil {
		text = []byte(err.Error())
	}
	_, _ = w.Write(text)
}
