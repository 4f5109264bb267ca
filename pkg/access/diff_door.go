package access

import (
	"slices"

	"github.com/kubeflow-ambient/ambient-profile/internal/symbolic"
)

// newDoors notes the doors to a namespace that someone gets through and that it did not have. Who gets where by them is not known, so it may be anyone.
func (d *differ) newDoors(name string) {
	old, next := d.askers[1-d.newer], d.askers[d.newer]
	doors := next.openDoors(name, d.pool)
	if len(doors) == 0 {
		return
	}
	had := old.allDoors(name)
	for _, text := range doors {
		if !slices.Contains(had, text) {
			d.out.Unknown = append(d.out.Unknown, text)
		}
	}
}

// openDoors are the doors to a namespace that someone gets through.
func (x *asker) openDoors(name string, pool *symbolic.Pool) (out []string) {
	if x.w.locked != nil {
		return x.w.locked.doors(name)
	}
	doors := x.w.doors(x.w.look(name), "", nil)
	for i := range doors {
		if one := &doors[i]; one.at == nil || x.passes(one, pool, anyone) != nil {
			out = append(out, one.told(name))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// allDoors are the doors to a namespace. A lock has those only that someone got through.
func (x *asker) allDoors(name string) (out []string) {
	if x.w.locked != nil {
		return x.w.locked.doors(name)
	}
	doors := x.w.doors(x.w.look(name), "", nil)
	for i := range doors {
		out = append(out, doors[i].told(name))
	}
	return out
}

// told is a door to a namespace on a line. Two doors have the same one only where they lead from the same Service to the same target.
func (d *door) told(namespace string) string {
	out := d.to + " of " + namespace + ": " + d.by.kind + " " + d.by.id()
	if d.at != nil {
		out += " at Service " + join(d.at.Namespace, d.at.Service)
	}
	return out + ": " + d.reason()
}

// doors are those to a namespace of a lock.
func (l *Lock) doors(name string) []string {
	if s := l.at[name]; s != nil {
		return s.doors
	}
	return nil
}
