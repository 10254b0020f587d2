package report

import (
	"slices"
	"time"

	"exhibit/internal/evidence"
)

// BuildDigest makes the report about everybody's things. Of makes one owner's of it.
func BuildDigest(in DigestInput) *Digest {
	in.OwnerOf = ownerOf(in.Controls, in.OwnerOf)
	b := digestBuilder{DigestInput: in, checks: map[string]evidence.Check{}, told: map[string]bool{},
		failures: map[string]Failure{}, accepted: map[string]string{}, changes: map[string]evidence.Change{},
		failing: map[string]bool{}, ended: map[string]bool{}}
	now := in.Now
	d := &Digest{Report: in.Report, All: true, Simulated: now.Simulated, Tool: now.Tool, To: now.AsOf, Next: in.Next,
		Page: in.Page, Score: now.Score, Gaps: now.Gaps, Mappings: ofKind(now.Changes, "requirement"),
		Lost: ofKind(now.Changes, "scope-added", "scope-lost", "coverage"), Oldest: oldest(now.Controls),
		calendar: newCalendar(in.Zone, now.AsOf), source: &digestSource{began: in.Began, owners: now.Owners}}
	if in.Before != nil {
		d.From, d.Before, d.source.before = in.Before.AsOf, &in.Before.Score, in.Before.Owners
	}
	b.digest = d
	b.index()
	for _, e := range now.Exposures {
		b.exposure(e)
	}
	b.judged()
	b.unseen()
	b.acceptances()
	b.attestations()
	d.Overridden = keep(in.Decisions, func(d evidence.Decision) bool { return d.Override != nil })
	if in.Before == nil {
		d.baseline()
	}
	d.finish()
	return d
}

// digestSource is what the reports of single owners are made of beside the lists.
type digestSource struct {
	began          time.Time
	exposures      []ownedExposure
	owners, before []OwnerPosture
}

type ownedExposure struct {
	evidence.Exposure
	owner string
}

type digestBuilder struct {
	DigestInput
	digest   *Digest
	checks   map[string]evidence.Check
	told     map[string]bool            // exposures by turnKey, with whether they had ended
	failures map[string]Failure         // of now, by key
	accepted map[string]string          // of before, by which acceptance
	changes  map[string]evidence.Change // of verdicts
	failing  map[string]bool            // what has an open exposure
	ended    map[string]bool            // what has one that ended
}

// exposureKey names the check on the subject, as evidence.Observation.Key does.
func exposureKey(e evidence.Exposure) string { return e.Scope + "|" + e.Check + "|" + e.Subject }

// turnKey names one time that it failed. What an access log tells later does not change it.
func turnKey(e evidence.Exposure) string {
	return exposureKey(e) + "|" + e.FirstBad.UTC().Format(time.RFC3339Nano)
}

func (b *digestBuilder) index() {
	for _, c := range b.Controls {
		for _, k := range c.Checks {
			b.checks[k.ID] = k
		}
	}
	for _, e := range b.Told {
		b.told[turnKey(e)] = e.Ended != ""
	}
	for _, f := range b.Now.Failures {
		b.failures[f.Key()] = f
	}
	if b.Before != nil {
		for _, f := range b.Before.Failures {
			if f.Accepted != "" {
				b.accepted[f.Key()] = f.Accepted
			}
		}
	}
	for _, c := range b.Now.Changes {
		if c.What == "verdict" {
			b.changes[c.Scope+"|"+c.Check+"|"+c.Subject] = c
		}
	}
	for _, e := range b.Now.Exposures {
		if e.Ended == "" {
			b.failing[exposureKey(e)] = true
		} else {
			b.ended[exposureKey(e)] = true
		}
	}
}

// exposure puts one into the list where it belongs.
func (b *digestBuilder) exposure(e evidence.Exposure) {
	d, key := b.digest, exposureKey(e)
	hadEnded, told := b.told[turnKey(e)]
	f, seen := b.failures[key]
	past := e.Ended == "" && !seen && b.Events[e.Type] // nothing can be done about it, and nobody can look at it again
	item := b.item(e)
	if !past {
		d.source.exposures = append(d.source.exposures, ownedExposure{e, item.Owner})
	}
	if c, ok := b.changes[key]; ok && (c.After == string(evidence.Fail)) == (e.Ended == "") {
		item.Before, item.After, item.Cause, item.Why = c.Before, c.After, c.Cause, c.Reason
	}
	switch {
	case e.Ended != "":
		if told && hadEnded || b.failing[key] { // what fails again is told as that
			return
		}
		item.Due, item.Overdue = time.Time{}, false
		d.put(item, &d.Fixed)
	case f.Accepted != "":
		if told && b.accepted[key] == "" {
			item.Why, item.Until, item.Overdue = f.Accepted, f.Until, false
			d.Accepted = append(d.Accepted, item)
		}
	case !told:
		item.Again = b.ended[key]
		d.put(item, &d.New)
	case past:
	case seen && b.accepted[key] != "":
		item.Back = b.lapsed(b.accepted[key])
		d.New = append(d.New, item)
	default:
		item.Dark = !seen
		d.Open = append(d.Open, item)
	}
}

// put appends an item to a list, or to what is judged differently when a check is why.
func (d *Digest) put(item DigestItem, to *[]DigestItem) {
	if item.Cause == evidence.CauseRule {
		to = &d.Judged
	}
	*to = append(*to, item)
}

func (b *digestBuilder) item(e evidence.Exposure) DigestItem {
	k := b.checks[e.Check]
	i := DigestItem{Exposure: e, Title: firstOf(k.Title, e.Check), Remediation: k.Remediation,
		Owner: b.OwnerOf(e.Control, e.Scope, e.Type, e.Subject), Due: evidence.FixBy(e, b.FixBy)}
	i.Overdue = !i.Due.IsZero() && !b.Now.AsOf.Before(i.Due)
	if b.Preceding != nil {
		i.Preceding = b.Preceding(e)
	}
	return i
}

// lapsed says why an acceptance that was in effect no longer is.
func (b *digestBuilder) lapsed(id string) string {
	for _, a := range b.Now.Acceptances {
		if a.ID == id && a.Why != "" {
			return "acceptance " + id + ": " + a.Why
		}
	}
	return "acceptance " + id + " no longer speaks of it"
}

// judged adds the verdicts that a check changed and that have no exposure to tell of them.
func (b *digestBuilder) judged() {
	for _, c := range b.Now.Changes {
		if c.What != "verdict" || c.Cause != evidence.CauseRule || c.Before == string(evidence.Fail) ||
			c.After == string(evidence.Fail) {
			continue
		}
		k := b.checks[c.Check]
		e := evidence.Exposure{Control: c.Control, Check: c.Check, Scope: c.Scope, Type: c.Type, Subject: c.Subject,
			Name: c.Name, Severity: c.Severity}
		b.digest.Judged = append(b.digest.Judged, DigestItem{Exposure: e, Title: firstOf(k.Title, c.Check),
			Owner: b.OwnerOf(c.Control, c.Scope, c.Type, c.Subject), Before: c.Before, After: c.After, Cause: c.Cause,
			Why: c.Reason})
	}
}

// unseen lists what could not be told, with whether that was so before.
func (b *digestBuilder) unseen() {
	type group struct{ check, scope, owner, reason string }
	was := map[group]bool{}
	if b.Before != nil {
		for _, u := range b.Before.Unknowns {
			was[group{u.Check, u.Scope, u.Owner, u.Reason}] = true
		}
	}
	for _, u := range b.Now.Unknowns {
		b.digest.Unseen = append(b.digest.Unseen, DigestUnseen{Unknown: u, Title: firstOf(b.checks[u.Check].Title, u.Check),
			New: b.Before != nil && !was[group{u.Check, u.Scope, u.Owner, u.Reason}]})
	}
}

// ofKind returns the changes of some kinds.
func ofKind(changes []evidence.Change, kinds ...string) []evidence.Change {
	var out []evidence.Change
	for _, c := range changes {
		if slices.Contains(kinds, c.What) {
			out = append(out, c)
		}
	}
	return out
}

// oldest returns when the oldest evidence was seen that a finding rests on.
func oldest(controls []ControlPosture) time.Time {
	var t time.Time
	for _, c := range controls {
		for _, f := range c.Findings {
			if !f.ObservedFrom.IsZero() && (t.IsZero() || f.ObservedFrom.Before(t)) {
				t = f.ObservedFrom
			}
		}
	}
	return t
}
