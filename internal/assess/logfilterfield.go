package assess

import (
	"regexp"
	"strconv"
	"strings"
)

// logValue is what a field is compared with.
type logValue struct {
	text       string // in which * stands for any text
	expression *regexp.Regexp
}

func (v *logValue) fits(s string) bool {
	if v.expression != nil {
		return v.expression.MatchString(s)
	}
	parts := strings.Split(v.text, "*")
	last := len(parts) - 1
	if last == 0 {
		return s == v.text
	}
	s, ok := strings.CutPrefix(s, parts[0])
	for _, part := range parts[1:last] {
		i := strings.Index(s, part)
		if !ok || i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return ok && strings.HasSuffix(s, parts[last])
}

// logField is what is known of a field of the event.
type logField struct {
	value        string
	known, there bool
}

func (f logField) absent() answer {
	if !f.known {
		return perhaps
	}
	return certain(!f.there)
}

func (f logField) is(text string) answer {
	if !f.known {
		return perhaps
	}
	return certain(f.value == text)
}

func (f logField) null() answer {
	if f.there {
		return no
	}
	return perhaps
}

// compare judges one comparison. Whether "is not" holds of a field that is not there is not documented.
func (f logField) compare(op string, want *logValue) answer {
	switch {
	case want == nil:
		return no
	case !f.known, !f.there && op == "!=":
		return perhaps
	case !f.there:
		return no
	case op == "=":
		return certain(want.fits(f.value))
	case op == "!=":
		return certain(!want.fits(f.value))
	}
	got, err1 := strconv.ParseFloat(f.value, 64)
	limit, err2 := strconv.ParseFloat(want.text, 64)
	if err1 != nil || err2 != nil {
		return no
	}
	return certain(op[0] == '<' && got < limit || op[0] == '>' && got > limit || len(op) == 2 && got == limit)
}

// within reports whether a word stands somewhere in the event. Of an event that is not wholly known nobody can say that
// it does not.
func (v *logValue) within(event map[string]string) answer {
	for _, value := range event {
		if v.expression != nil && v.expression.MatchString(value) || v.expression == nil && strings.Contains(value, v.text) {
			return yes
		}
	}
	return perhaps
}
