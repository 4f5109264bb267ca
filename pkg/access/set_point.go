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
		if len(list) == 1 {
			return symbolic.Point{Text: list[0], There: true}
		}
		return symbolic.Point{}
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
		v, ok := claimAt(r.From.JWT.Claims, name).(string)
		return symbolic.Point{Text: v, There: ok}
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
		var list []string
		if p.There {
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
			if p.There && r.From.JWT != nil {
				putClaim(r.From.JWT.Claims, name, p.Text)
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

// putClaim sets a claim. A text stands for no mapping, so a claim below one is left out.
func putClaim(of map[string]any, name, text string) {
	head, rest, nested := strings.Cut(name, "\x00")
	if !nested {
		of[head] = text
		return
	}
	if of[head] == nil {
		of[head] = map[string]any{}
	}
	if below, ok := of[head].(map[string]any); ok {
		putClaim(below, rest, text)
	}
}
