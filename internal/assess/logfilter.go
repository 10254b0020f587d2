package assess

import (
	"errors"
	"regexp"
	"strings"
)

// errNotFilter is the error for text that is no filter pattern that we can read. It leaves the text out, so that
// reasons are few.
var errNotFilter = errors.New("filterCovers: the text is not a filter pattern that can be read")

// logFilterLimit bounds a pattern. CloudWatch Logs takes 1024 letters.
const logFilterLimit = 2 << 10

// filterCovers reports whether a filter pattern of CloudWatch Logs surely matches every event with the given fields.
// event maps paths, "userIdentity.type", to values; an empty value is a field that the event does not have. About
// fields that it does not name nothing is known: a pattern that asks for one of them may miss events, and does not
// cover them. Neither the order of the conditions nor spelling (spaces, quotes, brackets) matters.
func filterCovers(pattern string, event map[string]string) (bool, error) {
	pattern = strings.TrimSpace(pattern)
	if len(pattern) > logFilterLimit {
		return false, errNotFilter
	}
	if strings.HasPrefix(pattern, "{") {
		p := logFilter{rest: pattern[1:], event: event}
		t, ok := p.either()
		if !ok || !p.take("}") || p.skip() != "" {
			return false, errNotFilter
		}
		return t == yes, nil
	}
	return termsCover(pattern, event)
}

// certain is the answer of which nothing is open.
func certain(holds bool) answer {
	if holds {
		return yes
	}
	return no
}

// logFilter reads a JSON pattern and judges it in one pass:
//
//	{ ($.eventName = CreateTrail) || $.eventSource = "ec2.*" && $.errorCode NOT EXISTS }
//
// && binds closer than ||.
type logFilter struct {
	rest  string
	event map[string]string
}

// skip drops space and returns the rest.
func (p *logFilter) skip() string {
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")
	return p.rest
}

// take steps over the token, if it comes next.
func (p *logFilter) take(token string) bool {
	rest, ok := strings.CutPrefix(p.skip(), token)
	if ok {
		p.rest = rest
	}
	return ok
}

// word steps over the keyword, whatever its case, if it comes next.
func (p *logFilter) word(keyword string) bool {
	rest := p.skip()
	if len(rest) < len(keyword) || !strings.EqualFold(rest[:len(keyword)], keyword) ||
		len(rest) > len(keyword) && isWord(rest[len(keyword)]) {
		return false
	}
	p.rest = rest[len(keyword):]
	return true
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

func (p *logFilter) either() (answer, bool) {
	t, ok := p.both()
	for ok && p.take("||") {
		var other answer
		other, ok = p.both()
		t = max(t, other)
	}
	return t, ok
}

func (p *logFilter) both() (answer, bool) {
	t, ok := p.one()
	for ok && p.take("&&") {
		var other answer
		other, ok = p.one()
		t = min(t, other)
	}
	return t, ok
}

func (p *logFilter) one() (answer, bool) {
	if p.take("(") {
		t, ok := p.either()
		return t, ok && p.take(")")
	}
	path, ok := p.selector()
	if !ok {
		return no, false
	}
	value, known := p.event[path]
	field := logField{value: value, known: known, there: value != ""}
	switch {
	case p.word("NOT"):
		return field.absent(), p.word("EXISTS")
	case p.word("EXISTS"):
		return yes - field.absent(), true
	case p.word("IS"):
		for _, word := range []string{"TRUE", "FALSE"} {
			if p.word(word) {
				return field.is(strings.ToLower(word)), true
			}
		}
		return field.null(), p.word("NULL")
	}
	for _, op := range []string{"!=", "<=", ">=", "=", "<", ">"} {
		if p.take(op) {
			want, ok := p.value()
			return field.compare(op, want), ok && want != nil
		}
	}
	return no, false
}

// selector reads $.a.b and $['a'].b as "a.b". An element of a list keeps its index, "a[0]".
func (p *logFilter) selector() (path string, ok bool) {
	rest, ok := strings.CutPrefix(p.skip(), "$")
	for ok && rest != "" {
		switch rest[0] {
		case '.':
			end := 1 + len(rest[1:]) - len(strings.TrimLeftFunc(rest[1:], isName))
			path, rest = path+rest[:end], rest[end:]
		case '[':
			var inside string
			inside, rest, ok = strings.Cut(rest[1:], "]")
			if name := strings.Trim(inside, `'"`); name != inside {
				path += "." + name
			} else {
				path += "[" + inside + "]"
			}
		default:
			p.rest = rest
			return strings.TrimLeft(path, "."), path != ""
		}
	}
	return "", false
}

// isName reports whether a letter may stand in a field's name that has no quotes.
func isName(r rune) bool { return !strings.ContainsRune(" \t\r\n()=!<>&|{}[].", r) }

// value reads what a field is compared with: text in quotes, a regular expression between %, or a word.
func (p *logFilter) value() (*logValue, bool) {
	rest := p.skip()
	switch {
	case strings.HasPrefix(rest, `"`):
		end := 1
		for end < len(rest) && rest[end] != '"' {
			if rest[end] == '\\' {
				end++
			}
			end++
		}
		if end >= len(rest) {
			return nil, false
		}
		p.rest = rest[end+1:]
		text := strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(rest[1:end])
		return &logValue{text: text}, true
	case strings.HasPrefix(rest, "%"):
		text, after, ok := strings.Cut(rest[1:], "%")
		expression, err := regexp.Compile(text)
		p.rest = after
		return &logValue{expression: expression}, ok && err == nil
	}
	end := strings.IndexAny(rest, " \t\r\n()&|{}")
	if end <= 0 {
		return nil, false
	}
	p.rest = rest[end:]
	return &logValue{text: rest[:end]}, true
}

// termsCover judges a pattern of words that must stand somewhere in the event: all of them, one of those with ?, none
// of those with -. An empty pattern matches everything.
func termsCover(pattern string, event map[string]string) (bool, error) {
	if strings.HasPrefix(pattern, "[") {
		return false, errNotFilter // fields between spaces, which these events are not made of
	}
	all, any, optional := yes, no, false
	for rest := pattern; rest != ""; rest = strings.TrimSpace(rest) {
		mark := rest[0]
		if mark == '?' || mark == '-' {
			rest = rest[1:]
		}
		p := logFilter{rest: rest + " "}
		want, ok := p.value()
		if !ok {
			return false, errNotFilter
		}
		rest = p.rest
		t := want.within(event)
		switch mark {
		case '?':
			optional, any = true, max(any, t)
		case '-':
			all = min(all, yes-t)
		default:
			all = min(all, t)
		}
	}
	if optional {
		all = min(all, any)
	}
	return all == yes, nil
}
