package measure

import (
	"slices"
	"time"

	"exhibit/internal/change"
	"exhibit/internal/evidence"
)

// Input is what metrics are worked out of. What is left out makes the metrics that need it not measurable.
type Input struct {
	// Period is what is told of. Its end is when coverage, freshness and all that is so at one moment are measured.
	Period evidence.Window
	// AsOf is the time of the newest assessment by then, zero when there is none: verdicts are known up to it.
	AsOf time.Time
	// Scopes are those that were asked for, Snapshots the newest of each series, as of AsOf.
	Scopes    []evidence.ScopeOutcome
	Snapshots []evidence.Snapshot
	// Series says of each series that a control reads when it was last seen whole.
	Series []Series
	// Tally counts the newest assessment's observations.
	Tally evidence.Tally
	// Requirements are those of all frameworks, in their own order.
	Requirements []Requirement
	// Failures are what fails as of AsOf.
	Failures []Failure
	// Exposures are all that there ever were up to AsOf, whole and not cut to the period, in any order.
	Exposures []evidence.Exposure
	// Rules are the verdicts that a change of the checks turned, by assessment.
	Rules []Ruled
	// FixTimes are how long a failure may last.
	FixTimes evidence.FixTimes
	// Acceptances are the last committed text of each, with the ends that their effect has.
	Acceptances []evidence.RiskAcceptance
	// Score compares both ends of the period; nil when there is nothing to compare with.
	Score *Split
	// Changes is the population of changes of the period; nil when it could not be listed, for the reason NoChanges.
	Changes   *change.Population
	NoChanges string
	// OwnerOf returns who owns a subject, "" for nobody. It may be nil.
	OwnerOf func(control, scope, subjectType, subject string) string
	// Again is how soon after it was fixed a failure is a repeated one. Default 30 days.
	Again time.Duration
}

// Series is one series of snapshots that a control reads.
type Series struct {
	Name string
	// Seen is when the newest whole look ended; of events, up to when they are known. Zero is never.
	Seen time.Time
	// Fresh is the shortest time that a control grants its evidence.
	Fresh evidence.Duration
}

// Requirement is a requirement of a framework as the newest assessment stands for it.
type Requirement struct {
	Framework, ID string
	Status        evidence.Status
	// Part is set when its checks show a part of it only, or support it.
	Part bool
	// Judged and Parts count what it rests on: controls or checks of which something was judged, or attested, of all.
	Judged, Parts int
}

// Failure is what fails, and as what it is accepted now, if it is.
type Failure struct {
	Key      string // Observation.Key
	Accepted string // the acceptance's category; empty when nobody accepted it
}

// Ruled are the observations whose verdict a change of the checks turned at one assessment.
type Ruled struct {
	// After and Until are the as-of times of the assessment before and of this one.
	After, Until time.Time
	Keys         map[string]bool // Observation.Key
}

// ruled reports whether a change of the checks turned the verdict of a key at t.
func (in Input) ruled(key string, t time.Time) bool {
	for _, r := range in.Rules {
		if t.After(r.After) && !t.After(r.Until) && r.Keys[key] {
			return true
		}
	}
	return false
}

// within reports whether t is in the period.
func (in Input) within(t time.Time) bool {
	return !t.Before(in.Period.From) && !t.After(in.Period.To)
}

func key(e evidence.Exposure) string {
	return evidence.Observation{Scope: e.Scope, Check: e.Check, Subject: e.Subject}.Key()
}

// Metrics works out all metrics, in the order in which they are shown.
func Metrics(in Input) []evidence.Metric {
	if in.Again == 0 {
		in.Again = 30 * 24 * time.Hour
	}
	in.Exposures = slices.Clone(in.Exposures)
	slices.SortStableFunc(in.Exposures, func(a, b evidence.Exposure) int { return a.FirstBad.Compare(b.FirstBad) })
	var out []evidence.Metric
	for _, part := range [][]evidence.Metric{
		in.score(), in.coverage(), {in.freshness()}, in.readiness(), in.timeToFix(), in.fixedInTime(), {in.accepted()},
		{in.repeated()}, {in.offenders()}, {in.noise()}, {in.bypasses()}, {in.drifted()},
	} {
		out = append(out, part...)
	}
	for i := range out {
		if out[i].Period.To.IsZero() {
			out[i].Period = in.Period
		}
	}
	return out
}
