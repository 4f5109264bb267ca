package access

import (
	"fmt"
	"strings"
)

// ParseClient reads a client as flags name it: user:NAME, pod:NAMESPACE/ACCOUNT, token:NAMESPACE/ACCOUNT, jwt:ISSUER, anonymous or off-mesh.
func ParseClient(text string) (f From, err error) {
	kind, name, named := strings.Cut(text, ":")
	switch {
	case text == "anonymous":
		f.Anonymous = true
	case text == "off-mesh":
		f.OffMesh = true
	case named && name != "" && kind == "user":
		f.User = name
	case named && name != "" && kind == "jwt":
		f.JWT = &JWT{Issuer: name}
	case named && (kind == "pod" || kind == "token"):
		if _, _, ok := splitAccount(name); !ok {
			return f, fmt.Errorf("%q is not namespace/account", name)
		}
		if f.ServiceAccount = name; kind == "token" {
			f.ServiceAccount, f.Token = "", name
		}
	default:
		return f, fmt.Errorf("%q is not one of user:NAME, pod:NAMESPACE/ACCOUNT, token:NAMESPACE/ACCOUNT, jwt:ISSUER, anonymous, off-mesh", text)
	}
	return f, nil
}

// Impossible says why a request cannot be asked, and what to write instead: "" where it can.
func (r Request) Impossible() (found, remedy string) {
	if bad := r.check(); bad != nil {
		return bad.field + " " + bad.reason, bad.remedy
	}
	return "", ""
}

// ParseClaim adds a claim to a client's token, from NAME=VALUE. NAME is written as in request.auth.claims: a name, or [NAME][BELOW] for a claim in a mapping.
// The claim sub of a token of an issuer is its subject. A claim that is added again is a list.
func (f *From) ParseClaim(text string) error {
	at := strings.Index(text, "]=") + 1 // a name in brackets may hold =
	if !strings.HasPrefix(text, "[") || at == 0 {
		at = strings.Index(text, "=")
	}
	if at < 1 {
		return fmt.Errorf("%q is not NAME=VALUE", text)
	}
	name, value := text[:at], text[at+1:]
	of := &f.Claims
	switch {
	case f.JWT != nil && name == "sub":
		f.JWT.Subject = value
		return nil
	case f.JWT != nil:
		of = &f.JWT.Claims
	case f.User == "" && f.Token == "":
		return fmt.Errorf("%q needs a client of user:, token: or jwt:, which has a token", text)
	}
	path := []string{name}
	if strings.HasPrefix(name, "[") {
		path = strings.Split(strings.TrimSuffix(strings.TrimPrefix(name, "["), "]"), "][")
	}
	if *of == nil {
		*of = map[string]any{}
	}
	return addClaim(*of, path, value)
}

func addClaim(of map[string]any, path []string, value string) error {
	name := path[0]
	if len(path) > 1 {
		if of[name] == nil {
			of[name] = map[string]any{}
		}
		below, ok := of[name].(map[string]any)
		if !ok {
			return fmt.Errorf("claim %s is a text and a mapping", name)
		}
		return addClaim(below, path[1:], value)
	}
	switch was := of[name].(type) {
	case nil:
		of[name] = value
	case string:
		of[name] = []string{was, value}
	case []string:
		of[name] = append(was, value)
	default:
		return fmt.Errorf("claim %s is a text and a mapping", name)
	}
	return nil
}
