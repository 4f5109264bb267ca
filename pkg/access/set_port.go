package access

// portOptions are the ports of a Service that the rule takes. Where a route leads to the Service, it says which.
func (x *asker) portOptions(o *opening, s *sameAxis, word string, listed bool, to *aim, by *approach) (out []option) {
	ports := []int{0}
	switch {
	case by != nil:
		ports[0] = by.port(to)
	case to.svc != nil && len(to.svc.ports) > 0:
		ports = ports[:0]
		for _, p := range to.svc.ports {
			ports = append(ports, p.number)
		}
	case listed:
		ports[0] = portOf(word)
	}
	for _, n := range ports {
		at := attributes{port: n}
		if listed && at.matchPort(word) == no || !s.takes(x.w, o.policy, &at) {
			continue
		}
		set := func(r *Request) { r.Port = n }
		if by != nil {
			set = func(*Request) {}
		}
		out = append(out, option{word: word, set: set})
	}
	return out
}

func portOf(v string) (n int) {
	for _, d := range v {
		n = n*10 + int(d-'0')
	}
	return n
}
