// Package stubs stands in for applications: each answer names the pod that was reached and what it saw.
package stubs

import (
	"encoding/json"
	"net/http"
	"strings"
)

// ReachedHeader names the pod that answered. Only the applications here write it.
const ReachedHeader = "x-reached"

// Echo answers with what reached the pod.
func Echo(pod string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		headers := map[string]string{}
		for name, values := range r.Header {
			headers[strings.ToLower(name)] = strings.Join(values, ",")
		}
		reply(w, pod, http.StatusOK, Seen{Pod: pod, Method: r.Method, Host: r.Host, Path: r.RequestURI, Headers: headers})
	})
}

// Seen is a request as a pod saw it.
type Seen struct {
	Pod     string            `json:"pod"`
	Method  string            `json:"method"`
	Host    string            `json:"host"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
}

func reply(w http.ResponseWriter, pod string, status int, body any) {
	w.Header().Set(ReachedHeader, pod)
	w.Header().Set("content-type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
