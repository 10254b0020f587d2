package simcloud

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// clock fills in the times of a document: "{{day-30}}" is thirty days before the simulated day, "{{base-400}}" 400 days
// before day 0, "{{day-1 08:15}}" yesterday at a quarter past eight, "{{base+4 +2h30m}}" two and a half hours after day 4.
// All are written in RFC 3339, in UTC.
type clock struct{ base, now time.Time }

// timed reports whether a value holds such a time.
func timed(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(v, "{{")
	case []any:
		for _, e := range v {
			if timed(e) {
				return true
			}
		}
	case map[string]any:
		for _, e := range v {
			if timed(e) {
				return true
			}
		}
	}
	return false
}

// fill returns the value with its times; what holds none is shared.
func (c clock) fill(v any) (any, error) {
	if !timed(v) {
		return v, nil
	}
	switch v := v.(type) {
	case string:
		return c.text(v)
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			f, err := c.fill(e)
			if err != nil {
				return nil, err
			}
			out[i] = f
		}
		return out, nil
	default:
		m := v.(map[string]any)
		out := make(map[string]any, len(m))
		for k, e := range m {
			f, err := c.fill(e)
			if err != nil {
				return nil, err
			}
			out[k] = f
		}
		return out, nil
	}
}

func (c clock) text(s string) (string, error) {
	var b strings.Builder
	for {
		head, rest, found := strings.Cut(s, "{{")
		b.WriteString(head)
		if !found {
			return b.String(), nil
		}
		expr, tail, closed := strings.Cut(rest, "}}")
		t, err := c.time(expr)
		if err != nil || !closed {
			return "", fmt.Errorf("time %q: want {{day-30}}, {{base+2 08:15}} or the like", "{{"+expr)
		}
		b.WriteString(t.Format(time.RFC3339))
		s = tail
	}
}

func (c clock) time(expr string) (time.Time, error) {
	var zero time.Time
	days, hour, timeGiven := strings.Cut(expr, " ")
	t := c.now
	n, found := strings.CutPrefix(days, "day")
	if !found {
		if n, found = strings.CutPrefix(days, "base"); !found {
			return zero, strconv.ErrSyntax
		}
		t = c.base
	}
	if n != "" {
		d, err := strconv.Atoi(n)
		if err != nil {
			return zero, err
		}
		t = t.AddDate(0, 0, d)
	}
	if later, found := strings.CutPrefix(hour, "+"); found {
		d, err := time.ParseDuration(later)
		return t.Add(d), err
	}
	if timeGiven {
		h, err := time.Parse("15:04", hour)
		if err != nil {
			return zero, err
		}
		y, m, d := t.Date()
		t = time.Date(y, m, d, h.Hour(), h.Minute(), 0, 0, time.UTC)
	}
	return t, nil
}
