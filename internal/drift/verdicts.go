package drift

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// Replay tells what the checks of the later side say of the evidence of the earlier one, by Observation.Key. It may be nil.
type Replay func(key string) (evidence.Verdict, bool)

// Verdicts returns how the judgement differs between two sides: observations whose verdict changed (one that is new or no
// longer made counts when something is or was wrong with it), findings whose status did, and requirements that are mapped in another way, each with its cause. A verdict that changed with both the check and
// its evidence is laid at the subject's door, with that said, unless replay can tell.
func Verdicts(v View, before, after Side, replay Replay) ([]evidence.Change, error) {
	j := newJudge(before, after)
	j.replay = replay
	var out []evidence.Change
	if !before.Assessment.AsOf.IsZero() && !after.Assessment.AsOf.IsZero() {
		err := j.each(v, func(s Step) error {
			if s.told {
				out = append(out, s.Change)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		findings, err := j.findings(v, out)
		if err != nil {
			return nil, fmt.Errorf("compare findings: %w", err)
		}
		out = append(out, findings...)
	}
	out = append(out, Mappings(before.Frameworks, after.Frameworks)...)
	slices.SortStableFunc(out, compareChanges)
	return out, nil
}

// judge knows both sides while their verdicts are compared.
type judge struct {
	before, after          Side
	placesB, placesA       map[place][]evidence.Snapshot
	scopesB, scopesA       map[string]evidence.ScopeOutcome
	checksB, checksA       map[string]string // canonical text, with the control's thresholds
	severity               map[string]evidence.Severity
	evaluatorB, evaluatorA string
	replay                 Replay
}

func newJudge(before, after Side) *judge {
	j := &judge{before: before, after: after, placesB: places(before.Snapshots), placesA: places(after.Snapshots),
		scopesB: scopeOutcomes(before), scopesA: scopeOutcomes(after),
		checksB: checkTexts(before.Controls), checksA: checkTexts(after.Controls), severity: map[string]evidence.Severity{},
		evaluatorB: before.Assessment.Evaluator, evaluatorA: after.Assessment.Evaluator}
	for _, controls := range [][]evidence.Control{before.Controls, after.Controls} {
		for _, c := range controls {
			for _, k := range c.Checks {
				j.severity[k.ID] = k.Severity
			}
		}
	}
	return j
}

// checkTexts returns what decides of each check: not its title, its remediation or its severity.
func checkTexts(controls []evidence.Control) map[string]string {
	out := map[string]string{}
	for _, c := range controls {
		for _, k := range c.Checks {
			params, err := json.Marshal(c.Params)
			if err != nil {
				params = nil // unreachable: it was read from JSON
			}
			out[k.ID] = strings.Join([]string{c.ID, k.Subject, strings.Join(k.Sources, ","), k.Where, k.Assert, string(k.OnEmpty), c.Freshness.String(),
				string(params)}, "\x00")
		}
	}
	return out
}

// rule says whether a check exists on both sides and decides otherwise on the later one.
func (j *judge) rule(check string) (added, removed, changed bool) {
	b, okB := j.checksB[check]
	a, okA := j.checksA[check]
	if len(j.checksB) == 0 || len(j.checksA) == 0 { // texts not given: the catalog's digest must do
		return false, false, j.before.Assessment.Catalog != j.after.Assessment.Catalog || j.evaluatorB != j.evaluatorA
	}
	return !okB && okA, okB && !okA, okB && okA && a != b || j.evaluatorB != j.evaluatorA
}

func (j *judge) observation(v View, key string, was, is evidence.Digest) (Step, error) {
	var b, a evidence.Observation
	var err error
	if !was.IsZero() {
		if b, err = decode[evidence.Observation](v, was, "observation "+key); err != nil {
			return Step{}, err
		}
	}
	if !is.IsZero() {
		if a, err = decode[evidence.Observation](v, is, "observation "+key); err != nil {
			return Step{}, err
		}
	}
	if b.Verdict == a.Verdict {
		return Step{}, nil
	}
	o := a
	if is.IsZero() {
		o = b
	}
	p := place{o.Type, o.Scope}
	c := evidence.Change{What: "verdict", Scope: o.Scope, Type: o.Type, Subject: o.Subject, Name: o.Name, Control: o.Control,
		Check: o.Check, Before: string(b.Verdict), After: string(a.Verdict), Severity: j.severity[o.Check],
		Between: between(j.placesB[p], j.placesA[p])}
	s := Step{Was: b.Verdict, Is: a.Verdict}
	_, asked := j.scopesA[p.scope]
	event := is.IsZero() && b.Subject != "" && j.after.Populations[b.Type]
	gaveWay := is.IsZero() && b.Subject == "" && b.Verdict == evidence.Unknown
	added, removed, changed := j.rule(o.Check)
	switch {
	case added:
		c.Cause, c.Reason = evidence.CauseRule, "the check is new"
	case removed:
		c.Cause, c.Reason = evidence.CauseRule, "the check is no more"
	case event:
		c.Cause, c.Reason = evidence.CauseSubject, "the window has passed by"
	case gaveWay && asked:
		c.Cause, c.Reason = unknownCause(b), "it gave way to its subjects, which tell"
	case is.IsZero():
		j.gone(&c, p)
	case was.IsZero():
		j.came(&c, p, a)
	case a.Verdict == evidence.Unknown && !changed:
		c.Cause, c.Reason = unknownCause(a), a.Reason
	case b.Verdict == evidence.Unknown && !changed:
		c.Cause, c.Reason = unknownCause(b), "it can be seen again"
	default:
		j.decided(&c, key, b, a, changed)
	}
	s.Change, s.told = c, !event && !gaveWay && !settled(c.Before, c.After) && !settled(c.After, c.Before)
	return s, nil
}

// settled reports that there was nothing on one side and nothing wrong on the other: that a subject, a check or a scope came
// or went is told of itself.
func settled(one, other string) bool {
	return one == "" && (other == string(evidence.Pass) || other == string(evidence.NotApplicable))
}

// gone judges an observation that is no longer made: its subject is gone only when the list is whole.
func (j *judge) gone(c *evidence.Change, p place) {
	snaps := j.placesA[p]
	if _, asked := j.scopesA[p.scope]; !asked {
		c.Cause, c.Reason = evidence.CauseScope, "the scope is no longer asked for"
		c.After = string(evidence.Unknown)
		return
	}
	if !listed(snaps) {
		c.Cause, c.After = lossCause(worst(snaps)), string(evidence.Unknown)
		c.Reason = "the list could not be read: " + string(worst(snaps))
		return
	}
	c.Cause, c.Reason = evidence.CauseSubject, "the subject is gone"
	if c.Subject == "" {
		c.Reason = "there are subjects now"
	}
}

// came judges an observation that was not made before.
func (j *judge) came(c *evidence.Change, p place, a evidence.Observation) {
	snaps := j.placesB[p]
	_, asked := j.scopesB[p.scope]
	switch {
	case a.Verdict == evidence.Unknown:
		c.Cause, c.Reason = unknownCause(a), a.Reason
	case !asked:
		c.Cause, c.Reason = evidence.CauseScope, "the scope was not asked for before"
	case !listed(snaps):
		c.Before = string(evidence.Unknown)
		c.Cause, c.Reason = lossCause(worst(snaps)), "the list could not be read before: "+string(worst(snaps))
	default:
		c.Cause, c.Reason = evidence.CauseSubject, "the subject is new"
		if c.Subject == "" {
			c.Reason = "there are no subjects any more"
		}
	}
}

// decided judges a verdict that changed with everything seen on both sides.
func (j *judge) decided(c *evidence.Change, key string, b, a evidence.Observation, rule bool) {
	same := sameEvidence(b.Evidence, a.Evidence)
	c.Fields = facts(b, a)
	switch {
	case rule && same:
		c.Cause, c.Reason = evidence.CauseRule, "the check changed; the evidence is the same"
	case rule:
		c.Cause, c.Reason = evidence.CauseSubject, "the check changed, too"
		if j.replay == nil {
			return
		}
		if verdict, ok := j.replay(key); ok && verdict == a.Verdict {
			c.Cause, c.Reason = evidence.CauseRule, "the check as it is now says the same of the evidence as it was"
		} else if ok {
			c.Reason = "the check changed, too, but would have said " + string(verdict) + " before"
		}
	case same:
		c.Cause, c.Reason = evidence.CauseSubject, "time passed; the evidence is the same"
	default:
		c.Cause = evidence.CauseSubject
		c.Reason = factText(c.Fields)
		if c.Reason == "" {
			c.Reason = "what it rests on changed"
		}
	}
}

func sameEvidence(a, b []evidence.Digest) bool {
	if len(a) != len(b) {
		return false
	}
	count := map[evidence.Digest]int{}
	for i := range a {
		count[a[i]]++
		count[b[i]]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

// unknownCause says why an observation is unknown.
func unknownCause(o evidence.Observation) evidence.Cause {
	for _, m := range o.Missing {
		if lossCause(m.Outcome) == evidence.CausePermission {
			return evidence.CausePermission
		}
	}
	return evidence.CauseCollector
}

// facts compares the deciding values.
func facts(b, a evidence.Observation) []evidence.FieldChange {
	var out []evidence.FieldChange
	for _, k := range sortedKeys(union(b.Facts, a.Facts)) {
		if string(b.Facts[k]) != string(a.Facts[k]) {
			out = append(out, evidence.FieldChange{Path: k, Before: b.Facts[k], After: a.Facts[k]})
		}
	}
	return out
}

func factText(fields []evidence.FieldChange) string {
	var parts []string
	for _, f := range fields {
		parts = append(parts, f.Path+": "+brief(f.Before)+" → "+brief(f.After))
	}
	return strings.Join(parts, "; ")
}
