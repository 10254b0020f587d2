package assess

import "strings"

// pattern is an IAM pattern of a resource: * stands for any text, ? for one letter, ${name} for a value of the request
// that is not known, such as the caller's name.
type pattern []token

type token struct {
	kind tokenKind
	text string // the letter, or the variable's name
}

type tokenKind int8

const (
	letter tokenKind = iota
	oneLetter
	anyText
	variable
)

// newPattern reads a pattern. ${*}, ${?} and ${$} are the letters themselves.
func newPattern(text string) pattern {
	var p pattern
	for i := 0; i < len(text); i++ {
		end := strings.IndexByte(text[i:], '}')
		switch {
		case strings.HasPrefix(text[i:], "${") && end > 2:
			name := text[i+2 : i+end]
			if name == "*" || name == "?" || name == "$" {
				p = append(p, token{letter, name})
			} else {
				p = append(p, token{variable, name})
			}
			i += end
		case text[i] == '*':
			p = append(p, token{kind: anyText})
		case text[i] == '?':
			p = append(p, token{kind: oneLetter})
		default:
			p = append(p, token{letter, text[i : i+1]})
		}
	}
	return p
}

// covers reports whether p fits every text that q fits. It may miss that p does, and never claims it wrongly.
func (p pattern) covers(q pattern) bool {
	fits := func(outer, inner token) bool {
		return outer == inner && inner.kind != anyText || outer.kind == oneLetter && inner.kind == letter
	}
	i, j, star, mark := 0, 0, -1, 0
	for j < len(q) {
		switch {
		case i < len(p) && p[i].kind == anyText:
			star, mark = i, j
			i++
		case i < len(p) && fits(p[i], q[j]):
			i, j = i+1, j+1
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i].kind == anyText {
		i++
	}
	return i == len(p)
}

// overlaps reports whether there may be a text that both fit; variables stand for any text. It never misses one.
func (p pattern) overlaps(q pattern) bool {
	wild := func(t token) bool { return t.kind == anyText || t.kind == variable }
	// row[j] tells whether p's rest from i and q's rest from j fit a common text.
	row := make([]bool, len(q)+1)
	for i := len(p); i >= 0; i-- {
		above := row
		row = make([]bool, len(q)+1)
		for j := len(q); j >= 0; j-- {
			switch {
			case i == len(p) && j == len(q):
				row[j] = true
			case i < len(p) && wild(p[i]):
				row[j] = above[j] || j < len(q) && row[j+1]
			case j < len(q) && wild(q[j]):
				row[j] = row[j+1] || i < len(p) && above[j]
			case i < len(p) && j < len(q):
				same := p[i] == q[j] || p[i].kind == oneLetter || q[j].kind == oneLetter
				row[j] = same && above[j+1]
			}
		}
	}
	return row[0]
}

// unlikely is text that no policy names: where a pattern fits anything, it fits this.
const unlikely = "\x01"

// example is a text that the pattern fits and that other patterns fit by their wildcards only.
func (p pattern) example() string {
	var b strings.Builder
	for _, t := range p {
		if t.kind == letter {
			b.WriteString(t.text)
		} else {
			b.WriteString(unlikely)
		}
	}
	return b.String()
}

// fits reports whether the pattern fits an example, every variable having the value that examples give it.
func (p pattern) fits(example string) bool {
	filled := make(pattern, len(p))
	for i, t := range p {
		if t.kind == variable {
			t = token{letter, unlikely}
		}
		filled[i] = t
	}
	return filled.covers(literal(example))
}

// literal is the pattern of one text.
func literal(text string) pattern {
	p := make(pattern, len(text))
	for i := range len(text) {
		p[i] = token{letter, text[i : i+1]}
	}
	return p
}
