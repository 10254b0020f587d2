package collect

import "strings"

// literals looks for many short strings in one pass over a text: three table lookups a byte rule out nearly all
// places.
type literals struct {
	all    []string
	tables [3][256]uint64 // by position: which groups have a literal with that byte there
	groups [64][]string
}

// newLiterals makes a search for strings of at least three bytes.
func newLiterals(all []string) *literals {
	l := &literals{all: all}
	for i, s := range all {
		group := i % len(l.groups)
		l.groups[group] = append(l.groups[group], s)
		for at := range l.tables {
			l.tables[at][s[at]] |= 1 << group
		}
	}
	return l
}

// any reports whether one of the strings stands somewhere in the text for which is says yes.
func (l *literals) any(text []byte, is func(at int, literal string) bool) bool {
	first, second, third := &l.tables[0], &l.tables[1], &l.tables[2]
	for i := 0; i+2 < len(text); i++ {
		hit := first[text[i]] & second[text[i+1]] & third[text[i+2]]
		for group := 0; hit != 0; group, hit = group+1, hit>>1 {
			if hit&1 == 0 {
				continue
			}
			for _, s := range l.groups[group] {
				if strings.HasPrefix(string(text[i:min(i+len(s), len(text))]), s) && is(i, s) {
					return true
				}
			}
		}
	}
	return false
}
