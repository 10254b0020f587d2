package drift

import "encoding/json"

// pair says which element of before became which of after, by index; -1 is none. Objects are the same thing changed when a
// key tells them apart on both sides and has the same value on both; the key that matches most wins, then the first by name.
// One left over on each side is one that changed.
func (d *differ) pair(before, after []any, restB, restA []int) [][2]int {
	var out [][2]int
	if name := identity(before, after, restB, restA); name != "" {
		byID := map[string]int{}
		for _, j := range restA {
			byID[scalar(after[j], name)] = j
		}
		var leftB []int
		for _, i := range restB {
			id := scalar(before[i], name)
			if j, ok := byID[id]; ok {
				out = append(out, [2]int{i, j})
				delete(byID, id)
			} else {
				leftB = append(leftB, i)
			}
		}
		var leftA []int
		for _, j := range restA {
			if k, ok := byID[scalar(after[j], name)]; ok && k == j {
				leftA = append(leftA, j)
			}
		}
		return append(out, alone(leftB, leftA)...)
	}
	if len(restB) == 1 && len(restA) == 1 && isObject(before[restB[0]]) && isObject(after[restA[0]]) {
		return [][2]int{{restB[0], restA[0]}}
	}
	return alone(restB, restA)
}

func alone(restB, restA []int) [][2]int {
	out := make([][2]int, 0, len(restB)+len(restA))
	for _, i := range restB {
		out = append(out, [2]int{i, -1})
	}
	for _, j := range restA {
		out = append(out, [2]int{-1, j})
	}
	return out
}

// identity finds the key by which the elements are told apart, "" when there is none.
func identity(before, after []any, restB, restA []int) string {
	if len(restB) == 0 || len(restA) == 0 {
		return ""
	}
	first, ok := before[restB[0]].(map[string]any)
	if !ok {
		return ""
	}
	best, most := "", 0
	for _, name := range sortedKeys(first) {
		b, okB := distinct(before, restB, name)
		a, okA := distinct(after, restA, name)
		if !okB || !okA {
			continue
		}
		shared := 0
		for id := range b {
			if a[id] {
				shared++
			}
		}
		if shared > most {
			best, most = name, shared
		}
	}
	return best
}

// distinct returns the values of a key when every element has one and no two share it.
func distinct(list []any, at []int, name string) (map[string]bool, bool) {
	seen := make(map[string]bool, len(at))
	for _, i := range at {
		id := scalar(list[i], name)
		if id == "" || seen[id] {
			return nil, false
		}
		seen[id] = true
	}
	return seen, true
}

// scalar returns an object's text or number under name, "" when it has none.
func scalar(v any, name string) string {
	m, ok := v.(map[string]any)
	if !ok {
		return ""
	}
	switch s := m[name].(type) {
	case string:
		return "s" + s
	case json.Number:
		return "n" + s.String()
	}
	return ""
}

func isObject(v any) bool {
	_, ok := v.(map[string]any)
	return ok
}
