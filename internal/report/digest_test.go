package report

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"exhibit/internal/evidence"
)

// names are the subjects of a list, in order of name.
func names(items []DigestItem) string {
	var out []string
	for _, i := range items {
		out = append(out, i.Name)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// TestDigestLists holds where each kind of exposure is told, and whether anybody needs to know.
func TestDigestLists(t *testing.T) {
	d := BuildDigest(sampleWeek(t))
	for _, tc := range []struct {
		list string
		got  []DigestItem
		want string
	}{
		{"new", d.New, "invoices orphan scratch"},
		{"open", d.Open, "ben deploy"},
		{"fixed", d.Fixed, "logs tmp"},
		{"judged", d.Judged, "ci"},
		{"new for payments", d.Of("payments").New, "invoices"},
		{"open for payments", d.Of("payments").Open, "deploy"},
		{"fixed for payments", d.Of("payments").Fixed, ""},
		{"unowned", d.unowned(), "orphan"},
		{"open to begin with", d.AsBaseline().Open, "ben ci deploy invoices orphan scratch"},
		{"at once", d.AtLeast(evidence.High).New, "invoices orphan scratch"},
		{"at once, but nothing old", d.AtLeast(evidence.High).Open, ""},
	} {
		if got := names(tc.got); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.list, got, tc.want)
		}
	}
	if got := strings.Join(d.Readers(), " "); got != "payments platform security" {
		t.Errorf("readers: %s", got)
	}
	if i := d.New[slices.IndexFunc(d.New, func(i DigestItem) bool { return i.Name == "invoices" })]; !i.Again {
		t.Error("that invoices failed before is not told")
	}
	if d.AtLeast(evidence.Critical).Of("security").News() {
		t.Error("there is no critical news for security")
	}
	for owner, want := range map[string]int{"web": 1, "platform": 0} {
		if got := d.Of(owner).Overridden; len(got) != want {
			t.Errorf("%s is told of %d overridden gates, want %d: only those that let something of his through", owner, len(got), want)
		}
	}
	if len(d.Overridden) != 1 || !(&Digest{Overridden: d.Overridden}).News() || d.AtLeast(evidence.Low).Overridden != nil {
		t.Errorf("%d overridden gates, want one, which is news, and not at once", len(d.Overridden))
	}
	if s := d.Of("platform").Score; s != (Score{Pass: 1, Fail: 1, Accepted: 2}) {
		t.Errorf("the score of platform is %+v", s)
	}
}

// TestDigestEvents holds that what was found of an event is told once, and forgotten when it is no longer in view; of
// other things that cannot be seen, the failure stays open.
func TestDigestEvents(t *testing.T) {
	in := quietWeek(t)
	key := in.Now.Exposures[0]
	merged := key
	merged.Type, merged.Check, merged.Name, merged.FirstBad = "github.pull-request", "review", "late", at(92, 6)
	old := merged
	old.Name, old.Subject, old.FirstBad = "old", "old", at(88, 6)
	in.Now.Exposures = []evidence.Exposure{key, merged, old}
	in.Told = append(in.Told, old)
	in.Now.Failures = nil // nothing can be seen
	in.Events = map[string]bool{"github.pull-request": true}
	d := BuildDigest(in)
	if names(d.New) != "late" || names(d.Open) != "deploy" || !d.Open[0].Dark {
		t.Errorf("new %q, open %q", names(d.New), names(d.Open))
	}
	if day := d.Days[len(d.Days)-1]; day.Sum() != 1 {
		t.Errorf("%d fail today, want what can still be fixed alone", day.Sum())
	}
}

func TestDigestReminders(t *testing.T) {
	end := at(120, 0)
	for _, tc := range []struct {
		name      string
		from, to  time.Time
		near, old bool
	}{
		{"far away", at(80, 6), at(87, 6), false, true},
		{"within a month", at(87, 6), at(94, 6), true, false},
		{"said already", at(94, 6), at(101, 6), true, true},
		{"within a week", at(108, 6), at(115, 6), true, false},
		{"on the last day", at(118, 6), at(119, 6), true, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := digestBuilder{DigestInput: DigestInput{Now: &Posture{AsOf: tc.to}, Before: &Posture{AsOf: tc.from}}}
			if near, told := b.remind(end); near != tc.near || told != tc.old {
				t.Errorf("near %t, told %t", near, told)
			}
		})
	}
}

// TestDigestAccepted holds that an acceptance is news when it begins and when it lapses, and what it covers is not.
func TestDigestAccepted(t *testing.T) {
	in := quietWeek(t)
	in.Now.Failures[0].Accepted, in.Now.Failures[0].Until = "legacy", at(200, 0)
	d := BuildDigest(in)
	tickets := d.Tickets()
	if len(d.Open) != 0 || names(d.Accepted) != "deploy" || len(tickets) != 1 ||
		tickets[0].Action != evidence.TicketUpdate {
		t.Errorf("open %q, accepted %q, tickets %+v", names(d.Open), names(d.Accepted), tickets)
	}
	in = quietWeek(t)
	in.Before.Failures[0].Accepted = "legacy"
	in.Now.Acceptances = []AcceptanceState{{RiskAcceptance: evidence.RiskAcceptance{ID: "legacy"}, Why: "ended"}}
	d = BuildDigest(in)
	if names(d.New) != "deploy" || d.New[0].Back != "acceptance legacy: ended" {
		t.Errorf("new: %+v", d.New)
	}
}

// TestDigestTellsOnce holds over random histories and reports at random times: every failure that is open when a
// report is made is told as new by one report, and by one as fixed when it ended; nothing is told that was not so.
func TestDigestTellsOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const steps = 12
		subjects := rapid.IntRange(1, 3).Draw(t, "subjects")
		var verdicts [][]evidence.Verdict
		for range subjects {
			one := rapid.SampledFrom([]evidence.Verdict{evidence.Pass, evidence.Fail, evidence.Fail, evidence.Unknown})
			verdicts = append(verdicts, rapid.SliceOfN(one, steps, steps).Draw(t, "verdicts"))
		}
		var before *Posture
		var told []evidence.Exposure
		asNew, asFixed := map[string]int{}, map[string]int{}
		open := map[string]bool{} // ever open at a report
		var all []evidence.Exposure
		for step := range steps {
			if step != steps-1 && rapid.Bool().Draw(t, "silent") {
				continue
			}
			now := &Posture{AsOf: at(60+step, 6)}
			for n, v := range verdicts {
				now.Exposures = append(now.Exposures, exposuresOf(n, v[:step+1])...)
				if v[step] == evidence.Fail {
					now.Failures = append(now.Failures, Failure{Observation: timelineObservation(n)})
				}
			}
			d := BuildDigest(DigestInput{Now: now, Before: before, Told: told})
			for _, i := range slices.Concat(d.New, keep(d.Open, func(DigestItem) bool { return d.Baseline })) {
				asNew[turnKey(i.Exposure)]++
			}
			for _, i := range d.Fixed {
				asFixed[turnKey(i.Exposure)]++
			}
			for _, e := range now.Exposures {
				open[turnKey(e)] = open[turnKey(e)] || e.Ended == ""
			}
			before, told, all = now, now.Exposures, now.Exposures
		}
		for _, e := range all {
			key := turnKey(e)
			want := 0
			if open[key] {
				want = 1
			}
			if asNew[key] != want {
				t.Errorf("%s was told as new %d times, want %d", key, asNew[key], want)
			}
			if asFixed[key] > 1 || e.Ended == "" && asFixed[key] > 0 {
				t.Errorf("%s was told as fixed %d times; it ended: %q", key, asFixed[key], e.Ended)
			}
			last := !slices.ContainsFunc(all, func(x evidence.Exposure) bool {
				return exposureKey(x) == exposureKey(e) && x.FirstBad.After(e.FirstBad)
			})
			if e.Ended != "" && last && open[key] && asFixed[key] != 1 {
				t.Errorf("%s ended for good and was told as fixed %d times", key, asFixed[key])
			}
		}
	})
}

func timelineObservation(n int) evidence.Observation {
	return obs("c", "k", "t", "s", itoa(n), itoa(n), evidence.Fail)
}

// exposuresOf are those of one verdict a day; what is unknown ends nothing.
func exposuresOf(n int, verdicts []evidence.Verdict) []evidence.Exposure {
	var out []evidence.Exposure
	open := false
	for day, v := range verdicts {
		switch {
		case v == evidence.Fail && !open:
			out = append(out, exposure(timelineObservation(n), evidence.High, time.Time{}, at(60+day, 6)))
			open = true
		case v == evidence.Pass && open:
			out[len(out)-1].FirstGood, out[len(out)-1].Ended = at(60+day, 6), "passed"
			open = false
		}
	}
	return out
}
