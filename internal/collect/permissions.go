package collect

import "slices"

// Permissions returns every permission that the provider's declared operations need, sorted: the least that a
// collecting identity can do with.
func Permissions(p Provider) []string {
	var all []string
	add := func(operations []Operation) {
		for _, o := range operations {
			all = append(all, o.Permissions...)
		}
	}
	add(p.Operations())
	for _, c := range p.Collectors() {
		add(c.Operations)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
