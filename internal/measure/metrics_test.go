package measure

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

// The history that all formulas are worked out on by hand: March 2026, looked at once a day at noon, so that a failure that
// is first seen on day d began between d-1 and d.
func on(d int) time.Time { return time.Date(2026, 3, d, 12, 0, 0, 0, time.UTC) }

func days(n int) evidence.Duration { return evidence.Duration(n) * evidence.Duration(24*time.Hour) }

// failed is a failure that was first seen on day from and last on day to, and mended by the look on the day after; to is 0
// for one that is open on the 31st.
func failed(check, subject string, severity evidence.Severity, from, to int) evidence.Exposure {
	e := evidence.Exposure{Control: "c", Check: check, Scope: "aws:1", Type: "aws.s3.bucket", Subject: subject, Severity: severity,
		LastGood: on(from - 1), FirstBad: on(from), LastBad: on(to), FirstGood: on(to + 1), Ended: "passed"}
	if to == 0 {
		e.LastBad, e.FirstGood, e.Ended = on(31), time.Time{}, ""
		e.Least, e.Most = days(31-from), days(31-from+1)
		return e
	}
	e.Least, e.Most = days(to-from), days(to-from+2)
	return e
}

func history() Input {
	unseen := failed("public", "old", evidence.High, 3, 20) // nobody saw it good before
	unseen.LastGood = time.Time{}
	moot := failed("public", "moot", evidence.High, 5, 14)
	moot.Ended = "not-applicable"
	before := failed("public", "feb", evidence.High, 2, 4) // was mended before the period
	narrow := failed("crypt", "g", evidence.High, 15, 24)  // due on the 25th at six, between two looks: 9 to 11 days
	narrow.FirstBad = narrow.FirstBad.Add(-6 * time.Hour)
	return Input{
		Period: evidence.Window{From: on(10), To: on(31)}, AsOf: on(31),
		FixTimes: evidence.FixTimes{evidence.Critical: days(3), evidence.High: days(10)},
		Exposures: []evidence.Exposure{
			failed("public", "a", evidence.Critical, 11, 12), // mended within 1 to 3 days
			failed("public", "a", evidence.Critical, 20, 24), // came back after 7 to 9 days; 4 to 6 days
			failed("public", "b", evidence.Critical, 15, 18), // on the 18th it was due, and failed after that: 3 to 5 days
			failed("public", "c", evidence.Critical, 25, 0),  // open, 6 to 7 days
			before, unseen, moot, narrow,
			failed("crypt", "a", evidence.High, 12, 14), // 2 to 4 days
			failed("crypt", "d", evidence.High, 21, 30), // due on the 31st, when it was mended: 9 to 11 days
			failed("crypt", "e", evidence.High, 22, 23), // a new text of the check began it
		},
		Rules: []Ruled{{After: on(21), Until: on(22), Keys: map[string]bool{"aws:1|crypt|e": true}}},
		OwnerOf: func(_, _, _, subject string) string {
			return map[string]string{"a": "web", "b": "web", "c": "data", "d": "web"}[subject]
		},
	}
}

// find returns the metric with the name.
func find(t *testing.T, all []evidence.Metric, name, of string) evidence.Metric {
	t.Helper()
	i := slices.IndexFunc(all, func(m evidence.Metric) bool { return m.Name == name && m.Of == of })
	if i < 0 {
		t.Fatalf("there is no metric %s of %q", name, of)
	}
	return all[i]
}

// brief is a metric as the tables below write it.
func brief(m evidence.Metric) string {
	s := fmt.Sprintf("%d/%d", m.Numerator, m.Denominator)
	if m.Unknown > 0 {
		s += fmt.Sprintf(" unknown %d", m.Unknown)
	}
	for _, part := range []struct {
		name string
		s    *evidence.Spread
	}{{"median", m.Median}, {"p90", m.P90}} {
		if part.s == nil {
			continue
		}
		s += fmt.Sprintf(" %s %s to %s", part.name, part.s.Least, part.s.Most)
		if part.s.Open {
			s = strings.TrimSuffix(s, " to 0s") + " or more"
		}
	}
	for _, x := range m.Excluded {
		s += fmt.Sprintf("; %d %s", x.Count, x.Reason)
	}
	if m.Because != "" {
		s += "; not measurable: " + m.Because
	}
	return s
}

func TestTimes(t *testing.T) {
	all := Metrics(history())
	for _, tc := range []struct{ name, of, want, why string }{
		{"time-to-fix", "critical", "3/4 median 3d to 5d p90 4d to 6d", "1 to 3, 3 to 5 and 4 to 6 days; c is open"},
		{"open-age", "critical", "1/4 median 6d to 7d p90 6d to 7d", "c since the 25th, or the 24th"},
		{"time-to-fix", "high", "5/5 median 9d to 11d p90 17d or more; 1 ended because the check is no longer about the subject",
			"crypt on e: 1 to 3, on a: 2 to 4, on d and g: 9 to 11; old: 17 or more, since nobody saw it begin; feb is too early"},
		{"open-age", "high", "0/5; 1 ended because the check is no longer about the subject; not measurable: none is left open", ""},
		{"time-to-fix", "low", "0/0; not measurable: no failure of this severity was there in the period", ""},
		{"fixed-in-time", "critical", "1/4", "due on 14: a in time; on 18: b not; on 23: a not; on 28: c not"},
		{"fixed-in-time", "high", "3/4 unknown 1; 1 ended because the check is no longer about the subject",
			"due on 12: feb in time; on 13: old not; on 22: crypt a in time; on 25: g, who knows; on 31: d, good on the 31st"},
		{"fixed-in-time", "medium", "0/0; not measurable: no time to fix is set for this severity", ""},
	} {
		t.Run(tc.name+" "+tc.of, func(t *testing.T) {
			if got := brief(find(t, all, tc.name, tc.of)); got != tc.want {
				t.Errorf("got  %s\nwant %s\n%s", got, tc.want, tc.why)
			}
		})
	}
}
