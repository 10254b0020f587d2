package drift

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"exhibit/internal/evidence"
)

// Documents returns what differs between two documents of one subject type, in order of path; nothing when they say the
// same. Paths are JSON pointers, and go on inside a text that is itself JSON. An element of an unordered list has the index
// that it has after, or had before when it is gone.
func Documents(before, after json.RawMessage, schema evidence.Schema) ([]evidence.FieldChange, error) {
	r := newRules(schema)
	b, okB := parse(before)
	a, okA := parse(after)
	if !okB || !okA {
		return nil, fmt.Errorf("compare documents of %s: one is no JSON", schema.Type)
	}
	d := differ{rules: r}
	d.value(r.normalise(b, nil), r.normalise(a, nil), nil)
	return d.sorted(), nil
}

// differ collects differences between normalised values.
type differ struct {
	rules
	out []evidence.FieldChange
}

func (d *differ) sorted() []evidence.FieldChange {
	slices.SortStableFunc(d.out, func(x, y evidence.FieldChange) int { return strings.Compare(x.Path, y.Path) })
	return d.out
}

// absent stands for a value that is not there, which null is not.
type absent struct{}

func (d *differ) add(path []string, before, after any) {
	d.out = append(d.out, evidence.FieldChange{Path: pointer(path), Before: text(before), After: text(after)})
}

func text(v any) json.RawMessage {
	if _, ok := v.(absent); ok {
		return nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("null") // unreachable: v was read from JSON
	}
	return raw
}

func pointer(path []string) string {
	var b strings.Builder
	for _, step := range path {
		b.WriteByte('/')
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(step, "~", "~0"), "/", "~1"))
	}
	return b.String()
}

func (d *differ) value(before, after any, path []string) {
	switch b := before.(type) {
	case map[string]any:
		if a, ok := after.(map[string]any); ok {
			d.object(b, a, path)
			return
		}
	case []any:
		if a, ok := after.([]any); ok {
			if matches(d.ordered, path) {
				d.sequence(b, a, path)
			} else {
				d.set(b, a, path)
			}
			return
		}
	}
	if before != after { // at least one is a scalar
		d.add(path, before, after)
	}
}

func (d *differ) object(before, after map[string]any, path []string) {
	for _, k := range sortedKeys(before) {
		p := append(path, k)
		if a, ok := after[k]; ok {
			d.value(before[k], a, p)
		} else {
			d.add(p, before[k], absent{})
		}
	}
	for _, k := range sortedKeys(after) {
		if _, ok := before[k]; !ok {
			d.add(append(path, k), absent{}, after[k])
		}
	}
}

// sequence compares lists whose order means something: what is the same at both ends is left out, the rest is compared in
// place.
func (d *differ) sequence(before, after []any, path []string) {
	same := func(i, j int) bool { return d.key(before[i], path) == d.key(after[j], path) }
	from, endB, endA := 0, len(before), len(after)
	for from < endB && from < endA && same(from, from) {
		from++
	}
	for endB > from && endA > from && same(endB-1, endA-1) {
		endB, endA = endB-1, endA-1
	}
	for i := from; i < max(endB, endA); i++ {
		p := append(path, strconv.Itoa(i))
		switch {
		case i >= endA:
			d.add(p, before[i], absent{})
		case i >= endB:
			d.add(p, absent{}, after[i])
		default:
			d.value(before[i], after[i], p)
		}
	}
}

// set compares lists whose order means nothing: equal elements are matched first, then objects that share an identity.
func (d *differ) set(before, after []any, path []string) {
	there := map[string][]int{}
	for j, a := range after {
		k := d.key(a, append(path, strconv.Itoa(j)))
		there[k] = append(there[k], j)
	}
	matched := make([]bool, len(after))
	var restB, restA []int
	for i, b := range before {
		k := d.key(b, append(path, strconv.Itoa(i)))
		if js := there[k]; len(js) > 0 {
			matched[js[0]] = true
			there[k] = js[1:]
			continue
		}
		restB = append(restB, i)
	}
	for j := range after {
		if !matched[j] {
			restA = append(restA, j)
		}
	}
	for _, pair := range d.pair(before, after, restB, restA) {
		switch {
		case pair[1] < 0:
			d.add(append(path, strconv.Itoa(pair[0])), before[pair[0]], absent{})
		case pair[0] < 0:
			d.add(append(path, strconv.Itoa(pair[1])), absent{}, after[pair[1]])
		default:
			d.value(before[pair[0]], after[pair[1]], append(path, strconv.Itoa(pair[1])))
		}
	}
}
