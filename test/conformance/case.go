package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
)

// A Recording is one file of Istio's verdicts.
type Recording struct {
	Sets []Set `json:"sets"`
}

// A Set is one cluster and what is asked of it.
type Set struct {
	Name string `json:"name"`
	// Manifests are recorded whole, unless they are a golden output: then Golden
	// names it, Hash reports whether it is still the one that was judged, and
	// Manifests holds only what the questions need in addition.
	Golden    string `json:"golden,omitempty"`
	Hash      string `json:"hash,omitempty"`
	Manifests string `json:"manifests,omitempty"`
	// Refused names the policies ("Kind ns/name") that Istio's validation refuses.
	Refused []string `json:"refused,omitempty"`
	Cases   []Case   `json:"cases"`
}

// A Case is one request at one enforcement point, and Istio's answer.
type Case struct {
	Point string `json:"point"` // waypoint, gateway, ztunnel; or binding: which waypoint a Service gets
	// Namespace and Name say where: the Gateway, for ztunnel the Pod, for a binding the Service.
	Namespace string `json:"ns"`
	Name      string `json:"name"`
	// Service is the one that a waypoint is asked for, in ServiceNamespace.
	Service          string  `json:"svc,omitempty"`
	ServiceNamespace string  `json:"svcNs,omitempty"`
	Request          Request `json:"req"`
	Want             Verdict `json:"want"`
}

// A Request as the enforcement point sees it.
type Request struct {
	From    *Peer             `json:"from,omitempty"` // nil: plain text, nobody
	IP      string            `json:"ip,omitempty"`   // where the connection comes from
	Method  string            `json:"method,omitempty"`
	Host    string            `json:"host,omitempty"`
	Path    string            `json:"path,omitempty"`
	Headers map[string]string `json:"headers,omitempty"` // lower case names
	Token   map[string]any    `json:"token,omitempty"`   // claims of a bearer token with a good signature
	Port    int               `json:"port,omitempty"`
	DestIP  string            `json:"destIP,omitempty"`
	TCP     bool              `json:"tcp,omitempty"`
}

// A Peer is the identity of a workload certificate.
type Peer struct {
	TrustDomain    string `json:"td,omitempty"` // empty: cluster.local
	Namespace      string `json:"ns"`
	ServiceAccount string `json:"sa"`
}

// A Verdict is Istio's answer.
type Verdict struct {
	// Got is allow, deny, rejected (a policy that Istio refuses) or nack (a
	// configuration that Envoy refuses); for a binding none or the waypoint.
	Got string `json:"got"`
	// By lists every rule that made it so, as "ns/name#rule" (for ztunnel
	// "ns/name": the rules it was sent are not the rules that were written).
	// Empty: no policy matched, or none was there.
	By []string `json:"by,omitempty"`
	// Custom lists the CUSTOM rules that match: an external authorizer is asked
	// first, and its answer is not known here.
	Custom []string `json:"custom,omitempty"`
	// Sent is the request that a route forwards; By lists where to.
	Sent *Sent `json:"sent,omitempty"`
}

// Sent is a request as it leaves a proxy.
type Sent struct {
	Path    string            `json:"path"`
	Host    string            `json:"host"`
	Headers map[string]string `json:"headers,omitempty"` // those that changed
	Removed []string          `json:"removed,omitempty"`
}

const (
	allow    = "allow"
	deny     = "deny"
	rejected = "rejected"
	nack     = "nack"
)

// URI is the SPIFFE identity, as in the certificate.
func (p *Peer) URI() string {
	if p == nil {
		return ""
	}
	td := p.TrustDomain
	if td == "" {
		td = "cluster.local"
	}
	return fmt.Sprintf("spiffe://%s/ns/%s/sa/%s", td, p.Namespace, p.ServiceAccount)
}

// write is deterministic: no time in the gzip header, one line per set.
func (r Recording) write(path string) error {
	var out bytes.Buffer
	zip, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(zip)
	enc.SetEscapeHTML(false)
	for _, set := range r.Sets {
		if err := enc.Encode(set); err != nil {
			return err
		}
	}
	if err := zip.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}

func hash(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = fmt.Fprintf(h, "%d\n", len(p)) // a hash takes every write
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}
