package drift

import (
	"errors"
	"iter"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

func span(v evidence.Verdict, first, last int) evidence.State {
	return evidence.State{Control: "public", Check: "s3.public", Scope: "aws:1", Type: bucket, Subject: "a", Verdict: v, First: hour(first), Last: hour(last)}
}

func states(all ...evidence.State) iter.Seq2[evidence.State, error] {
	return func(yield func(evidence.State, error) bool) {
		for _, s := range all {
			if !yield(s, nil) {
				return
			}
		}
	}
}

func hours(n int) evidence.Duration { return evidence.Duration(time.Duration(n) * time.Hour) }

func TestExposures(t *testing.T) {
	const pass, fail, unknown, gone = evidence.Pass, evidence.Fail, evidence.Unknown, evidence.Verdict("")
	type want struct {
		lastGood, firstBad, lastBad, firstGood int // -1 is none
		ended                                  string
		least, most, unseen                    int
	}
	for _, tc := range []struct {
		name   string
		states []evidence.State
		gaps   []evidence.Window
		look   int // the last look
		want   []want
	}{
		{"never bad", []evidence.State{span(pass, 0, 0)}, nil, 90, nil},
		{"unknown alone is no failure", []evidence.State{span(unknown, 0, 0)}, nil, 90, nil},
		{"opened and closed", []evidence.State{span(pass, 12, 24), span(fail, 30, 54), span(pass, 60, 60)}, nil, 90,
			[]want{{24, 30, 54, 60, "passed", 24, 36, 0}}},
		{"seen bad once", []evidence.State{span(pass, 12, 24), span(fail, 30, 30), span(pass, 36, 36)}, nil, 90,
			[]want{{24, 30, 30, 36, "passed", 0, 12, 0}}},
		{"first seen bad", []evidence.State{span(fail, 30, 54), span(pass, 60, 60)}, nil, 90, []want{{-1, 30, 54, 60, "passed", 24, 50, 0}}},
		{"still open", []evidence.State{span(pass, 12, 24), span(fail, 30, 30)}, nil, 90, []want{{24, 30, 90, -1, "", 60, 72, 0}}},
		{"came bad and went", []evidence.State{span(gone, 24, 24), span(fail, 30, 36), span(gone, 42, 42)}, nil, 90, []want{{24, 30, 36, 42, "gone", 6, 18, 0}}},
		{"no longer about it", []evidence.State{span(fail, 30, 36), span(evidence.NotApplicable, 42, 42)}, nil, 90,
			[]want{{-1, 30, 36, 42, "not-applicable", 6, 32, 0}}},
		{"twice", []evidence.State{span(pass, 12, 12), span(fail, 18, 18), span(pass, 24, 30), span(fail, 36, 42), span(pass, 48, 48)}, nil, 90,
			[]want{{12, 18, 18, 24, "passed", 0, 12, 0}, {30, 36, 42, 48, "passed", 6, 18, 0}}},
		{"unknown in between closes nothing", []evidence.State{span(pass, 12, 12), span(fail, 18, 24), span(unknown, 30, 36), span(fail, 42, 48), span(pass, 54, 54)}, nil, 90,
			[]want{{12, 18, 48, 54, "passed", 12, 42, 18}}},
		{"unknown at the end closes nothing", []evidence.State{span(pass, 12, 12), span(fail, 18, 24), span(unknown, 30, 30)}, nil, 90,
			[]want{{12, 18, 24, -1, "", 6, 84, 72}}},
		{"unknown before it began", []evidence.State{span(pass, 12, 12), span(unknown, 18, 24), span(fail, 30, 36), span(pass, 42, 42)}, nil, 90,
			[]want{{12, 30, 36, 42, "passed", 6, 30, 12}}},
		{"nobody looked for a while", []evidence.State{span(pass, 12, 12), span(fail, 18, 66), span(pass, 72, 72)},
			[]evidence.Window{{From: hour(24), To: hour(60)}, {From: hour(30), To: hour(40)}}, 90, []want{{12, 18, 66, 72, "passed", 12, 60, 36}}},
		{"over before the period", []evidence.State{span(fail, 0, 2), span(pass, 5, 8)}, nil, 90, nil},
		{"began before the period", []evidence.State{span(pass, 0, 2), span(fail, 4, 20), span(pass, 26, 26)}, nil, 90,
			[]want{{2, 4, 20, 26, "passed", 10, 16, 0}}},
		{"not known yet as of then", []evidence.State{span(pass, 12, 80), span(fail, 99, 99)}, nil, 90, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := Exposures(states(tc.states...), ExposureOptions{
				Period: evidence.Window{From: hour(10), To: hour(100)}, AsOf: hour(96),
				LastLook: func(string, string) time.Time { return hour(tc.look) },
				Gaps:     func(string, string) []evidence.Window { return tc.gaps },
				Severity: func(string) evidence.Severity { return evidence.High },
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(tc.want) {
				t.Fatalf("got %d exposures, want %d: %+v", len(got), len(tc.want), got)
			}
			at := func(h int) time.Time {
				if h < 0 {
					return time.Time{}
				}
				return hour(h)
			}
			for i, w := range tc.want {
				e := evidence.Exposure{Control: "public", Check: "s3.public", Scope: "aws:1", Type: bucket, Subject: "a", Severity: evidence.High,
					LastGood: at(w.lastGood), FirstBad: at(w.firstBad), LastBad: at(w.lastBad), FirstGood: at(w.firstGood), Ended: w.ended,
					Least: hours(w.least), Most: hours(w.most), Unseen: hours(w.unseen)}
				if got[i] != e {
					t.Errorf("exposure %d:\ngot  %+v\nwant %+v", i, got[i], e)
				}
			}
		})
	}
}

func TestExposuresKeepSubjectsApart(t *testing.T) {
	other := span(evidence.Pass, 40, 40)
	other.Subject = "b"
	got, err := Exposures(states(span(evidence.Fail, 30, 30), other), ExposureOptions{AsOf: hour(96), Period: evidence.Window{From: hour(0), To: hour(96)}})
	if err != nil || len(got) != 1 || got[0].Ended != "" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestExposuresReportErrors(t *testing.T) {
	broken := errors.New("broken")
	_, err := Exposures(func(yield func(evidence.State, error) bool) { yield(evidence.State{}, broken) }, ExposureOptions{})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestGaps(t *testing.T) {
	type snap struct {
		from, to int
		outcome  evidence.Outcome
	}
	for _, tc := range []struct {
		name  string
		snaps []snap
		want  []evidence.Gap
	}{
		{"none", []snap{{8, 8, "ok"}, {28, 28, "empty"}, {50, 50, "ok"}, {70, 70, "not-enabled"}, {90, 90, "ok"}}, nil},
		{"nobody tried", []snap{{10, 10, "ok"}, {60, 61, "ok"}, {80, 80, "ok"}}, []evidence.Gap{{Window: evidence.Window{From: hour(10), To: hour(60)}}}},
		{"tried and denied", []snap{{10, 10, "ok"}, {30, 30, "denied"}, {40, 40, "throttled"}, {60, 60, "ok"}, {80, 80, "ok"}},
			[]evidence.Gap{{Window: evidence.Window{From: hour(10), To: hour(60)}, Reason: "denied"}}},
		{"until the end", []snap{{10, 10, "ok"}, {34, 34, "failed"}}, []evidence.Gap{{Window: evidence.Window{From: hour(10), To: hour(96)}, Reason: "failed"}}},
		{"from the beginning", []snap{{60, 60, "ok"}, {80, 80, "ok"}}, []evidence.Gap{{Window: evidence.Window{From: hour(10), To: hour(60)}}}},
		{"only ever denied", []snap{{20, 20, "denied"}}, []evidence.Gap{{Window: evidence.Window{From: hour(10), To: hour(96)}, Reason: "denied"}}},
		{"a look before the period counts", []snap{{5, 5, "ok"}, {30, 30, "ok"}, {50, 50, "ok"}, {70, 70, "ok"}, {90, 90, "ok"}}, nil},
		{"a gap that began before the period is cut", []snap{{0, 0, "ok"}, {30, 30, "ok"}, {50, 50, "ok"}, {70, 70, "ok"}, {90, 90, "ok"}},
			[]evidence.Gap{{Window: evidence.Window{From: hour(10), To: hour(30)}}}},
		{"looks after the period do not count", []snap{{10, 10, "ok"}, {30, 30, "ok"}, {50, 50, "ok"}, {70, 70, "ok"}, {99, 99, "ok"}}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld()
			got, err := Gaps(func(yield func(evidence.Snapshot, error) bool) {
				for i := len(tc.snaps) - 1; i >= 0; i-- { // in any order
					s := w.snapshot(tc.snaps[i].to, tc.snaps[i].outcome, nil)
					s.Window.From = hour(tc.snaps[i].from)
					if !yield(s, nil) {
						return
					}
				}
			}, func(string) evidence.Duration { return hours(26) }, evidence.Window{From: hour(10), To: hour(100)}, hour(96))
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(tc.want) {
				t.Fatalf("got %+v, want %+v", got, tc.want)
			}
			for i, g := range got {
				tc.want[i].Series = "src|" + bucket + "|aws:1"
				if g != tc.want[i] {
					t.Errorf("got %+v, want %+v", g, tc.want[i])
				}
			}
		})
	}
}
