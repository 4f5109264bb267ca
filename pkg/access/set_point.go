package access

import (
	"net/url"
	"strings"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// on is the text that a request has on an axis.
func (r *Request) on(w *World, axis string) symbolic.Point {
	text := func(s string) symbolic.Point { return symbolic.Point{Text: s, There: s != ""} }
	path, query, _ := strings.Cut(r.Path, "?")
	switch axis {
	case methodAxis:
		return text(r.Method)
	case hostAxis:
		return text(r.Host)
	case pathAxis:
		return text(path)
	case userAxis:
		return text(r.From.User)
	case tokenAxis:
		ns, account, _ := splitAccount(r.From.Token)
		return text(accountPrefix + ns + ":" + account)
	case audienceAxis:
		list := r.From.Audiences
		if r.From.JWT != nil {
			list = r.From.JWT.Audiences
		}
		return audiencePoint(list)
	case subjectAxis:
		return text(r.From.JWT.Subject)
	case peerAxis:
		ns, account, _ := splitAccount(r.From.ServiceAccount)
		return text(w.identity(ns, account).principal())
	}
	if name, ok := strings.CutPrefix(axis, paramAxis); ok {
		values, _ := url.ParseQuery(query)
		return symbolic.Point{Text: values.Get(name), There: values.Has(name)}
	}
	if name, ok := strings.CutPrefix(axis, claimAxis); ok && r.From.JWT != nil {
		return claimPoint(r.From.JWT.Claims, name)
	}
	v, ok := r.Headers[strings.TrimPrefix(axis, headerAxis)]
	return symbolic.Point{Text: v, There: ok}
}

// put gives a request a text on an axis. Headers and parameters are of its own afterwards.
func (r *Request) put(axis string, p symbolic.Point) {
	path, query, _ := strings.Cut(r.Path, "?")
	switch axis {
	case methodAxis:
		r.Method = p.Text
	case hostAxis:
		r.Host = p.Text
	case pathAxis:
		if r.Path = p.Text; query != "" {
			r.Path += "?" + query
		}
	case userAxis:
		r.From.User = p.Text
	case tokenAxis:
		ns, account, _ := strings.Cut(strings.TrimPrefix(p.Text, accountPrefix), ":")
		r.From.Token = join(ns, account)
	case audienceAxis:
		list, several := p.List()
		if p.There && !several {
			list = []string{p.Text}
		}
		if r.From.JWT != nil {
			r.From.JWT.Audiences = list
		} else {
			r.From.Audiences = list
		}
	case subjectAxis:
		r.From.JWT.Subject = p.Text
	case peerAxis:
		id, _ := parsePrincipal(p.Text)
		r.From.ServiceAccount = join(id.namespace, id.account)
	default:
		if name, ok := strings.CutPrefix(axis, paramAxis); ok {
			values, _ := url.ParseQuery(query)
			if values.Del(name); p.There {
				values.Set(name, p.Text)
			}
			if r.Path = path; len(values) > 0 {
				r.Path += "?" + values.Encode()
			}
			return
		}
		if name, ok := strings.CutPrefix(axis, claimAxis); ok {
			if r.From.JWT != nil {
				putClaim(r.From.JWT.Claims, name, p)
			}
			return
		}
		name := strings.TrimPrefix(axis, headerAxis)
		if delete(r.Headers, name); p.There {
			r.Headers[name] = p.Text
		}
	}
}

// claimAt is a claim of a mapping of them, whose name's parts are joined by \x00.
func claimAt(of map[string]any, name string) any {
	head, rest, nested := strings.Cut(name, "\x00")
	if !nested {
		return of[head]
	}
	below, _ := of[head].(map[string]any)
	return claimAt(below, rest)
}

// claimPoint is the text, list or mapping that a claim is.
func claimPoint(of map[string]any, name string) symbolic.Point {
	switch v := claimAt(of, name).(type) {
	case string:
		return symbolic.Point{Text: v, There: true}
	case []string:
		return symbolic.ListPoint(v)
	case map[string]any:
		return symbolic.MappingPoint()
	}
	return symbolic.Point{}
}

// audiencePoint: one audience is a text, several are a list (RFC 7519 4.1.3).
func audiencePoint(list []string) symbolic.Point {
	switch len(list) {
	case 0:
		return symbolic.Point{}
	case 1:
		return symbolic.Point{Text: list[0], There: true}
	}
	return symbolic.ListPoint(list)
}

// putClaim sets a claim. What is below a claim is there only where that is a mapping, which the axis of the claim says.
func putClaim(of map[string]any, name string, p symbolic.Point) {
	head, rest, nested := strings.Cut(name, "\x00")
	below, _ := of[head].(map[string]any)
	switch list, isList := p.List(); {
	case nested && below != nil:
		putClaim(below, rest, p)
	case nested:
	case !p.There:
		delete(of, head)
	case isList:
		of[head] = list
	case p.IsMapping() && below == nil:
		of[head] = map[string]any{}
	case p.IsMapping():
	default:
		of[head] = p.Text
	}
}
