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
