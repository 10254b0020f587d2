package drift

import (
	"fmt"
	"iter"
	"time"

	"exhibit/internal/evidence"
)

// Intervals returns the stored intervals of one check in one scope, in order of subject and time: of one subject, or of all
// when subject is empty.
type Intervals func(scope, check, subject string) iter.Seq2[evidence.State, error]

// States calls emit for every interval to store when the later side's assessment is committed: only what changed, a closed
// interval before the one that follows it. before is the zero Side for the first assessment.
//
// A look takes its time, and what was seen in it may have been so at any moment of it. An interval therefore begins at the
// end of its first look and ends at the beginning of its last, so that what is certain is never said to be longer than it
// was; only an interval of one look has one time for both, its end.
//
// A verdict counts from the look that its evidence came from, or from the assessment's as-of time when nothing was looked
// at anew (the check changed, time passed). An observation that is no longer made is "gone" only when every list of its
// place is whole and the subject is in none of them; else it is unknown. A subject that came between two whole lists gets
// an interval of absence at the earlier look, so that a failure it came with has a beginning. When a list can be read again,
// what is not in it any more is gone. An event of a population is never gone.
func States(v View, before, after Side, stored Intervals, emit func(evidence.State) error) error {
	k := keeper{view: v, before: before, after: after, stored: stored, emit: emit,
		placesB: places(before.Snapshots), placesA: places(after.Snapshots), came: map[place]map[string]bool{},
		there: map[place]map[string]bool{}}
	ref := before.Assessment.Observations
	if before.Assessment.AsOf.IsZero() {
		ref = evidence.ListRef{Root: evidence.Sum(nil)}
	}
	var err error
	if ref.Count == 0 {
		err = v.List(after.Assessment.Observations, func(key string, is evidence.Digest) error {
			return k.observation(key, evidence.Digest{}, is)
		})
	} else {
		err = v.Diff(ref, after.Assessment.Observations, k.observation)
	}
	if err == nil {
		err = k.ghosts()
	}
	if err != nil {
		return fmt.Errorf("intervals of the assessment as of %s: %w", after.Assessment.AsOf.Format(time.RFC3339), err)
	}
	return nil
}

type keeper struct {
	view             View
	before, after    Side
	placesB, placesA map[place][]evidence.Snapshot
	stored           Intervals
	emit             func(evidence.State) error
	came             map[place]map[string]bool // subjects that came between two whole lists
	there            map[place]map[string]bool // subjects of the later lists
}

func (k *keeper) observation(key string, was, is evidence.Digest) error {
	var b, a evidence.Observation
	var err error
	if !was.IsZero() {
		if b, err = decode[evidence.Observation](k.view, was, "observation "+key); err != nil {
			return err
		}
	}
	if !is.IsZero() {
		if a, err = decode[evidence.Observation](k.view, is, "observation "+key); err != nil {
			return err
		}
	}
	if is.IsZero() && b.Subject != "" && k.after.Populations[b.Type] {
		return nil // what was found of an event stays found
	}
	if is.IsZero() {
		a = b
		a.Verdict = evidence.Unknown
		gone, err := k.gone(place{b.Type, b.Scope}, b.Subject)
		if err != nil {
			return err
		}
		if gone {
			a.Verdict = ""
		}
	} else if a.Verdict == b.Verdict {
		return nil
	}
	return k.change(a, was.IsZero(), is)
}

// change closes what was open and opens what is now.
func (k *keeper) change(o evidence.Observation, fresh bool, object evidence.Digest) error {
	p := place{o.Type, o.Scope}
	lookB, lookA := look(k.placesB[p]), look(k.placesA[p])
	next := evidence.State{Control: o.Control, Check: o.Check, Scope: o.Scope, Type: o.Type, Subject: o.Subject, Name: o.Name,
		Verdict: o.Verdict, First: lookA.To, Observation: object}
	if !lookA.To.After(lookB.To) { // judged anew, not looked at anew
		next.First = k.after.Assessment.AsOf
	}
	var open evidence.State
	had := false
	for s, err := range k.stored(o.Scope, o.Check, o.Subject) {
		if err != nil {
			return fmt.Errorf("read the intervals of %s: %w", o.Key(), err)
		}
		if s.Subject != o.Subject { // all were asked for, and those of the population come first
			break
		}
		open, had = s, true
	}
	if had {
		if open.Verdict == o.Verdict {
			return nil
		}
		if lookB.From.After(open.Last) {
			open.Last = lookB.From
		}
		if !next.First.After(open.Last) {
			if next.First.After(open.First) {
				open.Last = open.First // its last look is the one that is judged otherwise now
			} else {
				next.First = open.Last.Add(1)
			}
		}
		if err := k.emit(open); err != nil {
			return err
		}
	} else if fresh {
		if absent, err := k.absent(p, o); err != nil {
			return err
		} else if absent && next.First.After(lookB.To) {
			gap := next
			gap.Verdict, gap.First, gap.Last, gap.Observation = "", lookB.From, lookB.From, evidence.Digest{}
			if err := k.emit(gap); err != nil {
				return err
			}
		}
	}
	next.Last = next.First
	return k.emit(next)
}

// gone reports whether a subject is proven to exist no more.
func (k *keeper) gone(p place, subject string) (bool, error) {
	if !listed(k.placesA[p]) {
		return false, nil
	}
	if subject == "" { // about the population, which is looked at one by one now
		return true, nil
	}
	ids, ok := k.there[p]
	if !ok {
		ids = map[string]bool{}
		for _, s := range k.placesA[p] {
			err := k.view.List(s.Subjects, func(id string, _ evidence.Digest) error {
				ids[id] = true
				return nil
			})
			if err != nil {
				return false, err
			}
		}
		k.there[p] = ids
	}
	return !ids[subject], nil
}

// ghosts ends the intervals of what went while a list could not be read: no observation of it remains to differ.
func (k *keeper) ghosts() error {
	for _, c := range k.after.Controls {
		for _, check := range c.Checks {
			for _, p := range sortedPlaces(k.placesA) {
				if p.typ != check.Subject || k.after.Populations[p.typ] || !listed(k.placesA[p]) || listed(k.placesB[p]) {
					continue
				}
				if err := k.ghostsOf(p, check.ID); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (k *keeper) ghostsOf(p place, check string) error {
	var last evidence.State
	var gone []evidence.State
	judge := func() error {
		if last.Subject == "" || last.Verdict != evidence.Unknown {
			return nil
		}
		is, err := k.gone(p, last.Subject)
		if is {
			gone = append(gone, last)
		}
		return err
	}
	for s, err := range k.stored(p.scope, check, "") {
		if err == nil && s.Subject != last.Subject {
			err = judge()
		}
		if err != nil {
			return fmt.Errorf("read the intervals of %s in %s: %w", check, p.scope, err)
		}
		last = s
	}
	if err := judge(); err != nil {
		return err
	}
	for _, s := range gone {
		o := evidence.Observation{Control: s.Control, Check: s.Check, Type: s.Type, Subject: s.Subject, Name: s.Name,
			Scope: s.Scope}
		if err := k.change(o, false, evidence.Digest{}); err != nil {
			return err
		}
	}
	return nil
}

// absent reports whether a subject is proven not to have existed at the look before.
func (k *keeper) absent(p place, o evidence.Observation) (bool, error) {
	if o.Subject == "" || !listed(k.placesB[p]) || !listed(k.placesA[p]) {
		return false, nil
	}
	came, ok := k.came[p]
	if !ok {
		came = map[string]bool{}
		_, old := series(k.placesB[p])
		for _, s := range k.placesA[p] {
			b, ok := old[s.Series()]
			if !ok {
				k.came[p] = map[string]bool{} // a source that did not look before proves nothing
				return false, nil
			}
			err := k.view.Diff(b.Subjects, s.Subjects, func(id string, was, is evidence.Digest) error {
				if was.IsZero() {
					came[id] = true
				}
				return nil
			})
			if err != nil {
				return false, err
			}
		}
		k.came[p] = came
	}
	return came[o.Subject], nil
}
