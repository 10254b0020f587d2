package report

import (
	"slices"
	"time"
)

// notice counts which of the reminders of an end are due at t: a month, a week and a day before it.
func notice(end, t time.Time) int {
	n := 0
	for _, days := range []int{30, 7, 1} {
		if !t.Before(end.AddDate(0, 0, -days)) {
			n++
		}
	}
	return n
}

// remind reports whether an end is near, and whether the last report said so as urgently.
func (b *digestBuilder) remind(end time.Time) (near, told bool) {
	n := notice(end, b.Now.AsOf)
	return n > 0, b.Before != nil && notice(end, b.Before.AsOf) >= n
}

// acceptances adds those that soon end or no longer have effect, as far as something fails that they speak of.
func (b *digestBuilder) acceptances() {
	was := map[string]string{}
	if b.Before != nil {
		for _, a := range b.Before.Acceptances {
			was[a.ID] = a.Why
		}
	}
	for _, a := range b.Now.Acceptances {
		e := DigestEnding{What: "acceptance", ID: a.ID, Of: firstOf(b.checks[a.Check].Title, a.Check), End: a.End, Why: a.Why,
			Owners: []string{a.Owner}}
		for _, f := range b.Now.Failures {
			// One that ends while another goes on covering the same is no news, and neither is one that lapsed so.
			if a.Why == "" && f.Accepted == a.ID || a.Why != "" && f.Accepted == "" && a.Covers(f.Observation) {
				e.Failing++
				if !slices.Contains(e.Owners, f.Owner) {
					e.Owners = append(e.Owners, f.Owner)
				}
			}
		}
		near := true
		if a.Why == "" {
			near, e.told = b.remind(a.End)
		} else {
			why, known := was[a.ID]
			e.told = known && why == a.Why
		}
		if near && e.Failing > 0 && a.Why != "not started" {
			b.digest.Ending = append(b.digest.Ending, e)
		}
	}
}

// attestations adds those that soon expire or have, unless a later one says the same.
func (b *digestBuilder) attestations() {
	type about struct{ control, scope string }
	last := map[about]time.Time{}
	for _, a := range b.Now.Attestations {
		if k := (about{a.Control, a.Scope}); a.Expires.After(last[k]) {
			last[k] = a.Expires
		}
	}
	titles := map[string]string{}
	for _, c := range b.Controls {
		titles[c.ID] = c.Title
	}
	for _, a := range b.Now.Attestations {
		if a.Expires.Before(last[about{a.Control, a.Scope}]) {
			continue
		}
		e := DigestEnding{What: "attestation", ID: a.ID, Of: firstOf(titles[a.Control], a.Control), End: a.Expires,
			Owners: []string{b.OwnerOf(a.Control, a.Scope, "", "")}}
		near, told := b.remind(a.Expires)
		e.told = told
		if !b.Now.AsOf.Before(a.Expires) {
			e.Why, e.told = "expired", b.Before != nil && !b.Before.AsOf.Before(a.Expires)
		}
		if near {
			b.digest.Ending = append(b.digest.Ending, e)
		}
	}
}
