// Package question asks the same of real proxies and of the referee (`ambient-profile check`), and compares.
package question

import "encoding/json"

// Case is one case of an AccessCheck.
type Case struct {
	Name    string  `json:"name"`
	From    From    `json:"from"`
	To      To      `json:"to"`
	Request Request `json:"request,omitzero"`
	Expect  string  `json:"expect"`
}

// From is who asks: one of these.
type From struct {
	User           string `json:"user,omitempty"`
	Token          string `json:"token,omitempty"` // namespace/account
	Audience       string `json:"audience,omitempty"`
	JWT            *JWT   `json:"jwt,omitempty"`
	Anonymous      bool   `json:"anonymous,omitempty"`
	ServiceAccount string `json:"serviceAccount,omitempty"` // a pod in the mesh
	OffMesh        bool   `json:"offMesh,omitempty"`
}

// JWT is a token of any issuer that signs in this run.
type JWT struct {
	Issuer    string         `json:"issuer"`
	Subject   string         `json:"subject"`
	Audiences []string       `json:"audiences,omitempty"`
	Claims    map[string]any `json:"claims,omitempty"`
}

// To is what is asked for.
type To struct {
	Namespace string            `json:"namespace"`
	Service   string            `json:"service,omitempty"`
	Pod       map[string]string `json:"pod,omitempty"`
	Direct    bool              `json:"direct,omitempty"` // at the pod's address
}

// Request is what is sent.
type Request struct {
	Method  string            `json:"method,omitempty"`
	Host    string            `json:"host,omitempty"`
	Path    string            `json:"path,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	Port    int               `json:"port,omitempty"`
	// Listener is one of the ingress Gateway, or of its ListenerSets.
	Listener string `json:"listener,omitempty"`
	TCP      bool   `json:"tcp,omitempty"`
}

// throughIngress: anyone who is not in the cluster comes by the ingress Gateway.
func (f From) throughIngress() bool { return f.ServiceAccount == "" && !f.OffMesh }

// String is the case as a line of an AccessCheck, without its name.
func (c Case) String() string {
	c.Name, c.Expect = "", ""
	line, err := json.Marshal(struct {
		From    From    `json:"from"`
		To      To      `json:"to"`
		Request Request `json:"request,omitzero"`
	}{c.From, c.To, c.Request})
	if err != nil {
		return err.Error()
	}
	return string(line)
}
