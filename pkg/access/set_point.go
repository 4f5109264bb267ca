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
		if len(r.From.Audiences) == 1 {
			return symbolic.Point{Text: r.From.Audiences[0], There: true}
		}
		return symbolic.Point{}
	case peerAxis:
		ns, account, _ := splitAccount(r.From.ServiceAccount)
		return text(w.identity(ns, account).principal())
	}
	if name, ok := strings.CutPrefix(axis, paramAxis); ok {
		values, _ := url.ParseQuery(query)
		return symbolic.Point{Text: values.Get(name), There: values.Has(name)}
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
		if r.From.Audiences = nil; p.There {
			r.From.Audiences = []string{p.Text}
		}
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
		name := strings.TrimPrefix(axis, headerAxis)
		if delete(r.Headers, name); p.There {
			r.Headers[name] = p.Text
		}
	}
}
