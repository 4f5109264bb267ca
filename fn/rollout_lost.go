package fn

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/pkg/access"
)

// loss is a set of requests to one target that is denied from one look at the rollout to another one, and was allowed at the beginning.
type loss struct {
	who, to, what string
	from, until   int // the first and the last look
}

// losses looks at the cluster twice for each stage, before its pods have restarted and after, and notes who gets less than at the beginning.
func (v *prover) losses(stages []Stage, ends []state) error {
	var all []loss
	for i := range stages {
		looks := []state{ends[i]}
		if len(stages[i].restarts) > 0 {
			looks = []state{ends[i].running(proxied, stages[i].restarts...), ends[i]}
		}
		for j, at := range looks {
			now, err := v.lost(at)
			if err != nil {
				return err
			}
			all = mergeLosses(all, now, 2*i+1-(len(looks)-1-j))
		}
	}
	for i := range stages {
		stages[i].Lost = lostIn(all, stages, i)
	}
	return nil
}

// lost are the requests that are denied and were allowed at the beginning, as sidecars usually are.
func (v *prover) lost(at state) (out []loss, err error) {
	begin, err := v.load(v.begin())
	if err != nil {
		return nil, err
	}
	objects := v.judged(at)
	now, err := begin.LoadNext(func(yield func(*yaml.Node) bool) {
		for _, o := range objects {
			if !yield(o.node) {
				return
			}
		}
	})
	if err != nil {
		return nil, err
	}
	begin.AsUsual()
	now.AsUsual()
	d := begin.Diff(now)
	for i := range d.Namespaces {
		for _, c := range d.Namespaces[i].Changes {
			out = append(out, lostBy(&c, d.Namespaces[i].Namespace)...)
		}
	}
	return out, nil
}

// lostBy are the losses of a change, one a target. What no route leads to yet nobody loses, nor what proxies refuse or not for its method alone.
func lostBy(c *access.Change, namespace string) (out []loss) {
	if c.Change != "lost" || strings.HasPrefix(c.What, "method CONNECT or any but") {
		return nil
	}
	who := c.Who
	if c.Old == "not-judged" || c.New == "not-judged" {
		who = "perhaps " + who
	}
	for _, to := range c.To {
		if !strings.HasSuffix(to, "(no route yet)") {
			out = append(out, loss{who: who, to: to + " of " + namespace, what: c.What})
		}
	}
	return out
}

// mergeLosses adds the losses of one more look.
func mergeLosses(all, now []loss, look int) []loss {
	for _, l := range now {
		i := slices.IndexFunc(all, func(o loss) bool { return o.who == l.who && o.to == l.to && o.what == l.what })
		if i < 0 {
			l.from, i = look, len(all)
			all = append(all, l)
		}
		all[i].until = look
	}
	return all
}

// lostIn are the lines of the losses that begin in a stage.
func lostIn(all []loss, stages []Stage, stage int) (lines []string) {
	type line struct{ who, what, until string }
	var order []line
	targets := map[line][]string{}
	for _, l := range all {
		if l.from/2 != stage {
			continue
		}
		at := line{l.who, l.what, l.lasts(stages)}
		if targets[at] == nil {
			order = append(order, at)
		}
		targets[at] = append(targets[at], l.to)
	}
	for _, l := range order {
		text := l.who + " to " + strings.Join(targets[l], ", ")
		if l.what != "" {
			text += ", " + l.what
		}
		lines = append(lines, text+"; "+l.until)
	}
	return lines
}

// lasts is how long a loss lasts.
func (l *loss) lasts(stages []Stage) string {
	switch {
	case l.until == 2*len(stages)-1:
		return "for good"
	case l.until%2 == 0:
		return "until the pods have restarted"
	}
	return "until stage " + stages[l.until/2+1].Name
}
