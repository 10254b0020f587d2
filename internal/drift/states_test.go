package drift

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"exhibit/internal/evidence"
)

// day is one look: how the list ended, and each subject's state in truth, 'g'ood, 'b'ad or '-' not there.
type day struct {
	outcome evidence.Outcome
	truth   string
}

const ids = "abc"

// look makes the side of a day: what a collector and the checks would make of the truth.
func (w world) look(h int, d day, controls []evidence.Control) Side {
	subjects, judged := docs{}, verdicts{}
	for i, c := range d.truth {
		if c == '-' || !d.outcome.Seen() {
			continue
		}
		id := string(ids[i])
		subjects[id] = fmt.Sprintf(`{"bad":%t}`, c == 'b')
		judged[id] = evidence.Pass
		if c == 'b' {
			judged[id] = evidence.Fail
		}
	}
	outcome := d.outcome
	switch {
	case !outcome.Seen():
		judged[""] = evidence.Unknown
	case len(subjects) == 0:
		outcome, judged[""] = evidence.OutcomeEmpty, evidence.NotApplicable
	}
	return w.side(h, w.snapshot(h, outcome, subjects), controls, judged)
}

// play records the intervals of days that are six hours apart.
func (w world) play(t interface{ Fatal(...any) }, days []day) (book, Side) {
	b := book{}
	var last Side
	for i, d := range days {
		next := w.look(6*i, d, control("x"))
		b.record(t, w, last, next)
		last = next
	}
	return b, last
}

func (b book) text(subject string) string {
	var parts []string
	for _, s := range b.sorted() {
		if s.Subject != subject {
			continue
		}
		v := string(s.Verdict)
		if v == "" {
			v = "gone"
		}
		parts = append(parts, fmt.Sprintf("%s %d-%d", v, int(s.First.Sub(hour(0)).Round(time.Hour).Hours()), int(s.Last.Sub(hour(0)).Round(time.Hour).Hours())))
	}
	return strings.Join(parts, ", ")
}

func TestStates(t *testing.T) {
	const ok, denied = evidence.OutcomeOK, evidence.OutcomeDenied
	for _, tc := range []struct {
		name string
		days []day
		want string
	}{
		{"nothing changes", []day{{ok, "g"}, {ok, "g"}, {ok, "g"}}, "pass 0-0"},
		{"opens and closes", []day{{ok, "g"}, {ok, "g"}, {ok, "b"}, {ok, "b"}, {ok, "g"}}, "pass 0-6, fail 12-18, pass 24-24"},
		{"comes bad", []day{{ok, "-"}, {ok, "-"}, {ok, "b"}}, "gone 6-6, fail 12-12"},
		{"bad from the first look", []day{{ok, "b"}, {ok, "b"}}, "fail 0-0"},
		{"bad when the list can first be read", []day{{denied, "b"}, {ok, "b"}}, "fail 6-6"},
		{"goes", []day{{ok, "b"}, {ok, "-"}, {ok, "-"}}, "fail 0-0, gone 6-6"},
		{"goes and comes", []day{{ok, "b"}, {ok, "-"}, {ok, "-"}, {ok, "g"}}, "fail 0-0, gone 6-12, pass 18-18"},
		{"nobody can look", []day{{ok, "b"}, {denied, "b"}, {denied, "b"}, {ok, "b"}}, "fail 0-0, unknown 6-12, fail 18-18"},
		{"goes while nobody can look", []day{{ok, "b"}, {denied, "-"}, {ok, "-"}, {ok, "-"}}, "fail 0-0, unknown 6-6, gone 12-12"},
		{"another is there, this one goes while nobody can look", []day{{ok, "bg"}, {denied, "-g"}, {ok, "-g"}}, "fail 0-0, unknown 6-6, gone 12-12"},
		{"never seen again", []day{{ok, "b"}, {denied, "-"}, {denied, "-"}}, "fail 0-0, unknown 6-6"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b, _ := newWorld().play(t, tc.days)
			if got := b.text("a"); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// TestStatesOfAnotherRule holds that a verdict which changed without a look counts from the assessment.
func TestStatesOfAnotherRule(t *testing.T) {
	w := newWorld()
	b := book{}
	first := w.side(0, w.snapshot(0, evidence.OutcomeOK, docs{"a": `{}`}), control("x"), verdicts{"a": evidence.Pass})
	second := w.side(6, w.snapshot(6, evidence.OutcomeOK, docs{"a": `{}`}), control("x"), verdicts{"a": evidence.Pass})
	third := w.side(9, second.Snapshots[0], control("y"), verdicts{"a": evidence.Fail})
	b.record(t, w, Side{}, first)
	b.record(t, w, first, second)
	b.record(t, w, second, third)
	if got, want := b.text("a"), "pass 0-6, fail 9-9"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// A check that is no more says nothing of a subject that is still there.
	b = book{}
	b.record(t, w, Side{}, first)
	b.record(t, w, first, w.side(6, second.Snapshots[0], nil, nil))
	if got, want := b.text("a"), "pass 0-0, unknown 6-6"; got != want {
		t.Errorf("check removed: got %s, want %s", got, want)
	}
	// A check that is new has no beginning in the subject's coming.
	b = book{}
	b.record(t, w, w.side(0, w.snapshot(0, evidence.OutcomeOK, docs{"a": `{}`}), nil, nil), second)
	if got, want := b.text("a"), "pass 6-6"; got != want {
		t.Errorf("new check: got %s, want %s", got, want)
	}
}

// TestStatesHold plays histories against a truth that changes at most once between two looks, and holds that intervals never
// overlap, that recording again changes nothing, and that every exposure's bounds contain how long it failed in truth.
func TestStatesHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "days")
		days := make([]day, n)
		flips := make([]int, n) // minutes after look i at which the truth of look i+1 begins
		for i := range days {
			days[i].outcome = rapid.SampledFrom([]evidence.Outcome{"ok", "ok", "ok", "denied", "throttled"}).Draw(t, "outcome")
			days[i].truth = rapid.StringOfN(rapid.RuneFrom([]rune("gb-")), len(ids), len(ids), -1).Draw(t, "truth")
			flips[i] = rapid.IntRange(1, 6*60-15).Draw(t, "flip")
		}
		w := newWorld()
		b, last := w.play(t, days)
		rows := b.sorted()
		for i, s := range rows {
			if s.Last.Before(s.First) {
				t.Fatalf("ends before it begins: %+v", s)
			}
			if i > 0 && sameSubject(rows[i-1], s) && !s.First.After(rows[i-1].Last) {
				t.Fatalf("overlap: %+v and %+v", rows[i-1], s)
			}
			if i > 0 && sameSubject(rows[i-1], s) && s.Verdict == rows[i-1].Verdict {
				t.Fatalf("one state twice: %+v and %+v", rows[i-1], s)
			}
		}
		before := len(rows)
		b.record(t, w, last, last)
		if len(b) != before {
			t.Fatal("recording the same again wrote intervals")
		}

		asOf := last.Assessment.AsOf
		lastLook := time.Time{}
		for i, d := range days {
			if d.outcome.Seen() {
				lastLook = hour(6 * i)
			}
		}
		o := ExposureOptions{Period: evidence.Window{From: hour(0).Add(-24 * time.Hour), To: asOf.Add(time.Hour)}, AsOf: asOf,
			LastLook: func(string, string) time.Time { return lastLook }}
		got, err := Exposures(b.all(), o)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range got {
			if e.Least > e.Most || e.Least < 0 || e.Unseen < 0 || e.Unseen > e.Most {
				t.Fatalf("bounds: %+v", e)
			}
			if e.Subject == "" {
				continue
			}
			from, to := e.LastGood, e.FirstGood
			if to.IsZero() {
				to = asOf
			}
			var truth time.Duration
			subject := strings.Index(ids, e.Subject)
			for m := hour(0); m.Before(to); m = m.Add(time.Minute) {
				if m.Before(from) {
					continue
				}
				i := min(int(m.Sub(hour(0)).Hours())/6, n-1)
				now := days[i].truth
				if i+1 < n && m.Sub(hour(6*i)) > time.Duration(flips[i])*time.Minute {
					now = days[i+1].truth
				}
				if now[subject] == 'b' {
					truth += time.Minute
				}
			}
			if slack := 10 * time.Minute; truth+slack < time.Duration(e.Least) || truth > time.Duration(e.Most)+slack {
				t.Fatalf("failed for %s in truth, which is not between %s and %s\n%+v\n%s\n%v", truth, e.Least, e.Most, e, b.text(e.Subject), days)
			}
		}
		for _, s := range rows { // what fails is exposed
			if s.Verdict == evidence.Fail && len(got) == 0 {
				t.Fatalf("no exposure of %+v", s)
			}
		}
	})
}
