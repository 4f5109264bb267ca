package access

// covered is that a client has by another rule whatever an opening lets it have.
type covered struct {
	by  string
	too func() bool // whether the opening lets the client in at all
}

// maxCovered bounds how many clients are kept for each rule.
const maxCovered = 20

func (x *asker) cover(o *opening, v Verdict, too func() bool) {
	by := string(v.Point.Kind)
	if l := v.rules(); len(l) > 0 {
		by = l[0]
	}
	if key := o.key(); len(x.covered[key]) < maxCovered {
		x.covered[key] = append(x.covered[key], covered{by, too})
	}
}

// doubt notes that nobody knows what rules come to.
func (x *asker) doubt(openings []opening, v Verdict) {
	for i := range openings {
		if o := &openings[i]; o.policy != nil && x.unsettled[o.key()] == "" {
			x.unsettled[o.key()] = v.Why
		}
	}
}

// stop notes what stops a request that a rule takes.
func (x *asker) stop(o *opening, v Verdict) {
	switch {
	case o.policy == nil || o.misses(v) || v.Outcome == Allow:
	case v.Outcome == NotJudged && v.Point.Kind == AtRoute:
	case v.Outcome == NotJudged:
		x.doubt([]opening{*o}, v)
	case x.stopped[o.key()] == "":
		x.stopped[o.key()] = v.String()
	}
}
