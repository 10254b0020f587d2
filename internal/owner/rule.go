package owner

import (
	"fmt"
	"strings"

	"exhibit/internal/assess"
	"exhibit/internal/evidence"
)

// compile compiles rule i.
func (r *Resolver) compile(m *assess.Matcher, i int, one Rule) (out rule, errs Errors) {
	out.Rule = one
	fail := func(field string, line, column int, msg string) {
		errs = append(errs, Error{Section: "owners", Rule: i, Field: field, Line: line, Column: column, Msg: msg})
	}
	if one.Match != "" {
		var wrong assess.ExprErrors
		out.match, wrong = m.Condition(one.Match)
		for _, e := range wrong {
			fail("match", e.Line, e.Column, e.Msg)
		}
	}
	if one.Service != "" {
		for _, name := range r.services {
			if evidence.Like(one.Service, name) {
				out.either = append(out.either, name)
			}
		}
		if len(out.either) == 0 {
			fail("service", 1, 1, fmt.Sprintf("%q is not under services:", one.Service))
		}
	}
	switch {
	case one.Codeowners && one.Owner != "":
		fail("owner", 1, 1, "the owner is in CODEOWNERS: expected codeowners: true alone, or an owner alone")
	case one.Owner == "" && !one.Codeowners && one.Service == "":
		fail("", 1, 1, "the rule has no owner")
	}
	var wrong assess.ExprErrors
	out.owner, wrong = compileTemplate(m, one.Owner)
	for _, e := range wrong {
		fail("owner", e.Line, e.Column, e.Msg)
	}
	if word, fixed := out.owner.fixed(); fixed && word != "" {
		if msg := r.refuse(word); msg != "" {
			fail("owner", 1, 1, msg)
		}
	}
	return out, errs
}

// template is an owner's text; a part is an expression or stands as it is.
type template []part

type part struct {
	text string
	expr *assess.Match
}

// compileTemplate reads text with expressions in braces.
func compileTemplate(m *assess.Matcher, text string) (out template, errs assess.ExprErrors) {
	for at := 0; at < len(text); {
		open := strings.IndexByte(text[at:], '{')
		if open != 0 {
			end := len(text)
			if open > 0 {
				end = at + open
			}
			out, at = append(out, part{text: text[at:end]}), end
			continue
		}
		end := closing(text[at:])
		if end < 0 {
			return nil, assess.ExprErrors{{Line: 1, Column: at + 1, Msg: "the brace is not closed"}}
		}
		expr, wrong := m.Text(text[at+1 : at+end])
		for _, e := range wrong {
			if e.Line == 1 {
				e.Column += at + 1
			}
		}
		out, errs = append(out, part{expr: expr}), append(errs, wrong...)
		at += end + 1
	}
	return out, errs
}

// closing returns where the brace that text begins with is closed, -1 when nowhere.
func closing(text string) int {
	depth := 0
	for i, c := range text {
		switch c {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// fixed returns the text of a template without expressions.
func (t template) fixed() (string, bool) {
	switch {
	case len(t) == 0:
		return "", true
	case len(t) == 1 && t[0].expr == nil:
		return t[0].text, true
	}
	return "", false
}

// value fills the template in. It is empty when one of its expressions has no value.
func (t template) value(target *assess.Target) (text, unread string, err error) {
	if fixed, ok := t.fixed(); ok {
		return fixed, "", nil
	}
	if target == nil {
		return "", "", nil
	}
	var b strings.Builder
	for _, p := range t {
		one := p.text
		if p.expr != nil {
			if one, unread, err = p.expr.Value(target); one == "" || err != nil {
				return "", unread, err
			}
		}
		b.WriteString(one)
	}
	return b.String(), "", nil
}

// any reports whether the text is like one of the list's, or nothing is asked.
func (l List) any(text string) bool {
	for _, one := range l {
		if text != "" && evidence.Like(one, text) {
			return true
		}
	}
	return len(l) == 0
}

// String describes what a rule is about: "account 111122223333, tag team".
func (r Rule) String() string {
	var parts []string
	for _, c := range []struct {
		what   string
		values List
	}{
		{"match", one(r.Match)}, {"account", r.Account}, {"project", r.Project}, {"subscription", r.Subscription},
		{"scope", r.Scope}, {"type", r.Type}, {"repository", r.Repository}, {"path", r.Path}, {"tag", r.Tag},
		{"service", one(r.Service)},
	} {
		if len(c.values) > 0 {
			parts = append(parts, c.what+" "+strings.Join(c.values, " or "))
		}
	}
	if r.Codeowners {
		parts = append(parts, "CODEOWNERS")
	}
	if len(parts) == 0 {
		return "everything"
	}
	return strings.Join(parts, ", ")
}

func one(text string) List {
	if text == "" {
		return nil
	}
	return List{text}
}
