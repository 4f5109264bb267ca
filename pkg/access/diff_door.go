package access

import (
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// newDoors notes the doors to a namespace that somebody gets through and that it did not have. Who gets where by them is not known, so it may be anybody.
func (d *differ) newDoors(name string) {
	old, next := d.askers[1-d.newer], d.askers[d.newer]
	doors := next.w.doors(next.w.look(name), "", nil)
	if len(doors) == 0 {
		return
	}
	had := old.w.doors(old.w.look(name), "", nil)
	for i := range doors {
		one := &doors[i]
		known := slices.ContainsFunc(had, func(o door) bool { return o.key() == one.key() })
		anyone := func(*inquiry, *Request, *symbolic.Trace) bool { return true }
		if known || one.from == name || one.at != nil && next.passes(one, d.pool, anyone) == nil {
			continue
		}
		d.out.Unknown = append(d.out.Unknown, one.to+" of "+name+": "+one.by.kind+" "+one.by.id()+": "+one.reason())
	}
}
