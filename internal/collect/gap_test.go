package collect

import (
	"fmt"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

// TestGapsThatMeet tells of spans whose events are lost. Times are hours after the view's begin.
func TestGapsThatMeet(t *testing.T) {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(hours int) time.Time { return begin.Add(time.Duration(hours) * time.Hour) }
	task := &Task{work: &work{mark: &mark{begin: begin}}}
	for _, g := range []struct {
		from, to int
		reason   string
	}{
		{-5, -1, "a"}, // out of view
		{-2, 2, "a"},
		{4, 6, "a"},
		{1, 5, "a"}, // meets both
		{1, 5, "b"},
		{8, 9, "a"},
		{8, 9, "a"}, // said again
	} {
		task.Gap(at(g.from), at(g.to), g.reason)
	}
	got := ""
	for _, g := range task.mark.gaps {
		got += fmt.Sprintf(" %s%v-%v", g.Reason, g.Window.From.Sub(begin).Hours(), g.Window.To.Sub(begin).Hours())
	}
	if want := " a0-6 b1-5 a8-9"; got != want {
		t.Errorf("gaps%s, want%s", got, want)
	}
	if c := task.mark.coverage(true); len(c.Gaps) != 3 || c.Gaps[0].Window != (evidence.Window{From: at(0), To: at(6)}) {
		t.Errorf("the coverage has %+v", c.Gaps)
	}
	(&Task{work: &work{}}).Gap(at(0), at(1), "a") // a thing that is listed whole has no mark
}
