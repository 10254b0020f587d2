package evidence

import (
	"fmt"
	"testing"
	"time"
)

func TestUnknownPartsOfACoverage(t *testing.T) {
	at := func(h int) time.Time { return time.Date(2026, 1, 1, h, 0, 0, 0, time.UTC) }
	window := func(from, to int) Window { return Window{From: at(from), To: at(to)} }
	c := Coverage{Span: window(10, 50), Gaps: []Unknowable{{window(20, 25), "a"}, {window(40, 45), "b"}}}
	for _, tt := range []struct {
		from, to int
		want     string
	}{
		{26, 39, "[]"},
		{10, 20, "[]"},
		{25, 40, "[]"},
		{22, 24, "[22-24 a]"},
		{15, 30, "[20-25 a]"},
		{24, 41, "[24-25 a 40-41 b]"},
		{5, 15, "[5-10 before the span that was collected]"},
		{45, 60, "[50-60 not collected yet]"},
		{60, 70, "[60-70 not collected yet]"},
		{0, 99, "[0-10 before the span that was collected 20-25 a 40-45 b 50-99 not collected yet]"},
	} {
		got := []string{}
		for _, u := range c.Unknown(window(tt.from, tt.to)) {
			got = append(got, fmt.Sprintf("%g-%g %s", u.Window.From.Sub(at(0)).Hours(), u.Window.To.Sub(at(0)).Hours(), u.Reason))
		}
		if fmt.Sprint(got) != tt.want {
			t.Errorf("in %d-%d: %v, want %s", tt.from, tt.to, got, tt.want)
		}
	}
}
