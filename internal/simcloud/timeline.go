package simcloud

import (
	"fmt"
	"maps"
	"path"
	"slices"
)

// event is one line of timeline.json. It has one of Merge, Add, Remove, Reverse and Fault.
type event struct {
	Day  int    `json:"day"`
	Note string `json:"note"`
	// In is the path of the file without its end, "aws/111122223333/buckets"; Item the key of the thing in a list.
	In   string `json:"in,omitempty"`
	Item string `json:"item,omitempty"`
	// Merge is a JSON merge patch (RFC 7396) for the item, or for the file's object.
	Merge map[string]any `json:"merge,omitempty"`
	// Add is a new item, put at the end of the list.
	Add map[string]any `json:"add,omitempty"`
	// Remove takes the item out.
	Remove bool `json:"remove,omitempty"`
	// Reverse names an array of the item, or "*" for the list itself, whose order is turned round: noise, no change.
	Reverse string `json:"reverse,omitempty"`
	// Fault goes wrong with Operation from Day up to and including Until.
	Fault     *Fault `json:"fault,omitempty"`
	Operation string `json:"operation,omitempty"`
	Until     int    `json:"until,omitempty"`
}

type files struct {
	lists   map[string][]seed
	objects map[string]seed
}

// play returns the files as they stand on a day, and gives the day's faults to w.
func (e *Estate) play(day int, w *world) (files, error) {
	f := files{maps.Clone(e.lists), maps.Clone(e.objects)}
	touched := map[string]bool{}
	for _, ev := range e.events {
		if ev.Day > day {
			break
		}
		if ev.Fault != nil {
			if err := ev.Fault.check(); err != nil {
				return f, fmt.Errorf("timeline, day %d, %s: %w", ev.Day, ev.Note, err)
			}
			if day <= ev.Until {
				w.faults = append(w.faults, rule{op: ev.Operation, Fault: *ev.Fault})
			}
			continue
		}
		if !touched[ev.In] {
			touched[ev.In] = true
			if l, ok := f.lists[ev.In]; ok {
				f.lists[ev.In] = slices.Clone(l)
			}
		}
		if err := e.apply(f, ev); err != nil {
			return f, fmt.Errorf("timeline, day %d, %s: %w", ev.Day, ev.Note, err)
		}
	}
	return f, nil
}

func (e *Estate) apply(f files, ev event) error {
	if o, ok := f.objects[ev.In]; ok {
		if ev.Merge == nil {
			return fmt.Errorf("%s is an object: only merge applies", ev.In)
		}
		f.objects[ev.In] = newSeed(merge(o.doc, ev.Merge).(map[string]any))
		return nil
	}
	l, ok := f.lists[ev.In]
	if !ok {
		return fmt.Errorf("no file %q", ev.In)
	}
	kind := path.Base(ev.In)
	i := slices.IndexFunc(l, func(s seed) bool { return e.keyOf(kind, s.doc) == ev.Item })
	switch {
	case ev.Add != nil:
		key := e.keyOf(kind, ev.Add)
		if slices.ContainsFunc(l, func(s seed) bool { return e.keyOf(kind, s.doc) == key }) {
			return fmt.Errorf("%s has %q already", ev.In, key)
		}
		f.lists[ev.In] = append(l, newSeed(ev.Add))
	case ev.Reverse == "*":
		slices.Reverse(l)
	case i < 0:
		return fmt.Errorf("%s has no %q", ev.In, ev.Item)
	case ev.Remove:
		f.lists[ev.In] = slices.Delete(l, i, i+1)
	case ev.Reverse != "":
		a, ok := l[i].doc[ev.Reverse].([]any)
		if !ok {
			return fmt.Errorf("%s has no array %q", ev.Item, ev.Reverse)
		}
		doc := maps.Clone(l[i].doc)
		a = slices.Clone(a)
		slices.Reverse(a)
		doc[ev.Reverse] = a
		l[i] = newSeed(doc)
	case ev.Merge != nil:
		l[i] = newSeed(merge(l[i].doc, ev.Merge).(map[string]any))
	default:
		return fmt.Errorf("nothing to do")
	}
	return nil
}

// merge applies a JSON merge patch; what is given is not changed.
func merge(v, patch any) any {
	p, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	out := map[string]any{}
	if m, ok := v.(map[string]any); ok {
		maps.Copy(out, m)
	}
	for k, e := range p {
		if e == nil {
			delete(out, k)
			continue
		}
		out[k] = merge(out[k], e)
	}
	return out
}
