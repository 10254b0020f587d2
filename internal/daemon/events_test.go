package daemon

import (
	"fmt"
	"testing"
	"time"

	"exhibit/internal/evidence"
	"exhibit/internal/store"
	"exhibit/internal/store/storetest"
)

// commitCoverage commits a run with one snapshot of a population; nil is a collection that failed before any succeeded.
func commitCoverage(t *testing.T, s *store.Store, day int, scope evidence.Scope, covers *evidence.Coverage) {
	t.Helper()
	b, err := s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Discard()
	snap := evidence.Snapshot{Collector: "aws.cloudtrail.s3-change", Source: "src", Scope: scope, Outcome: evidence.OutcomeOK,
		Completeness: evidence.Completeness{Listed: day, Coverage: covers}}
	object, err := evidence.Encode(snap)
	if err != nil {
		t.Fatal(err)
	}
	list := b.List("run|snapshots", "snapshot")
	if _, err := list.Add(t.Context(), snap.Series(), object); err != nil {
		t.Fatal(err)
	}
	run := evidence.Run{ID: fmt.Sprint(day)}
	if run.Snapshots, err = list.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := commit(b, evidence.KindRun, run, storetest.Start().AddDate(0, 0, day)); err != nil {
		t.Fatal(err)
	}
}

// TestEventSnapshots holds that as few snapshots as are needed cover a time, however far back, and whatever lies between.
func TestEventSnapshots(t *testing.T) {
	s := storetest.New(t)
	at := func(day int) time.Time { return storetest.Start().AddDate(0, 0, day) }
	scope := evidence.Scope{Provider: "aws", Account: "1", Region: "r1"}
	for day := 1; day <= 40; day++ {
		covers := &evidence.Coverage{Span: evidence.Window{From: at(day - 10), To: at(day)}}
		switch {
		case day == 12:
			covers = nil
		case day > 20 && day < 32:
			continue // nobody collected
		}
		commitCoverage(t, s, day, scope, covers)
	}
	commitCoverage(t, s, 41, evidence.Scope{Provider: "aws", Account: "11", Region: "r1"}, &evidence.Coverage{})
	for _, tt := range []struct {
		since time.Time
		want  string
	}{
		{time.Time{}, "[40]"},
		{at(35), "[40]"},
		{at(25), "[40 32]"}, // from 30 on, and from 22 on
		{at(21), "[40 32 20]"},
		{at(5), "[40 32 20 10]"},
		{at(-100), "[40 32 20 10 1]"},
	} {
		err := s.View(func(v *store.View) error {
			snaps, err := eventSnapshots(v, v.Size(), "aws:1", tt.since)
			var days []int
			for _, s := range snaps {
				days = append(days, s.Completeness.Listed)
			}
			if got := fmt.Sprint(days); got != tt.want {
				t.Errorf("since %s: snapshots of days %s, want %s", tt.since.Format(time.DateOnly), got, tt.want)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
