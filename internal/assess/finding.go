package assess

import (
	"slices"
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// tally gathers the observations of one control in one scope.
type tally struct {
	counts   [len(verdicts)]int
	severity evidence.Severity
	reasons  []string // sorted; the first ones of all that there are
	oldest   time.Time
}

// verdicts are all there are, in the order in which tallies count them.
var verdicts = [...]evidence.Verdict{evidence.Pass, evidence.Fail, evidence.Unknown, evidence.NotApplicable}

func (t *tally) count(k *check, o *evidence.Observation) {
	for i, v := range verdicts {
		if v == o.Verdict {
			t.counts[i]++
		}
	}
	switch o.Verdict {
	case evidence.Fail:
		if k.def.Severity.Rank() > t.severity.Rank() {
			t.severity = k.def.Severity
		}
	case evidence.Unknown:
		t.because(o.Reason)
	}
}

// because keeps the first reasons in order, so that neither their number nor the order of the subjects matters. One more
// than a finding shows is kept, to know that there are others.
func (t *tally) because(reason string) {
	i, known := slices.BinarySearch(t.reasons, reason)
	if known || i > maxReasons {
		return
	}
	t.reasons = slices.Insert(t.reasons, i, reason)
	if len(t.reasons) > maxReasons+1 {
		t.reasons = t.reasons[:maxReasons+1]
	}
}

// seen notes when evidence was collected.
func (t *tally) seen(at time.Time) {
	if !at.IsZero() && (t.oldest.IsZero() || at.Before(t.oldest)) {
		t.oldest = at
	}
}

// maxReasons bounds the reasons of a finding; the first ones in order are kept.
const maxReasons = 20

// finding decides: any fail, else any unknown, else any pass.
func (t *tally) finding(control, scope string) evidence.Finding {
	counts := map[evidence.Verdict]int{}
	for i, n := range t.counts {
		if n > 0 {
			counts[verdicts[i]] = n
		}
	}
	f := evidence.Finding{Control: control, Scope: scope, Counts: counts, Severity: t.severity, Reasons: t.reasons,
		ObservedFrom: t.oldest.UTC(), Status: evidence.StatusNotNeeded}
	if len(f.Reasons) > maxReasons {
		f.Reasons = append(f.Reasons[:maxReasons:maxReasons], "and others")
	}
	switch {
	case counts[evidence.Fail] > 0:
		f.Status = evidence.NotSatisfied
	case counts[evidence.Unknown] > 0:
		f.Status = evidence.Indeterminate
	case counts[evidence.Pass] > 0:
		f.Status = evidence.Satisfied
	}
	return f
}

type tallyKey struct {
	control *control
	scope   string
}

// tallies are the tallies of one account.
type tallies struct {
	by   map[tallyKey]*tally
	last tallyKey // of the newest answer, because the same is asked for again and again
	hit  *tally
}

func newTallies() *tallies { return &tallies{by: map[tallyKey]*tally{}} }

func (t *tallies) at(c *control, scope string) *tally {
	key := tallyKey{c, scope}
	if t.hit != nil && t.last == key {
		return t.hit
	}
	one := t.by[key]
	if one == nil {
		one = &tally{}
		t.by[key] = one
	}
	t.last, t.hit = key, one
	return one
}

func (t *tallies) merge(other *tallies) {
	for key, o := range other.by {
		mine := t.at(key.control, key.scope)
		for v, n := range o.counts {
			mine.counts[v] += n
		}
		if o.severity.Rank() > mine.severity.Rank() {
			mine.severity = o.severity
		}
		for _, reason := range o.reasons {
			mine.because(reason)
		}
	}
}

// findings emits the findings of an account's scopes.
func (r *run) findings(t *tallies) error {
	for key, one := range t.by {
		if err := r.finding(one.finding(key.control.def.ID, key.scope)); err != nil {
			return err
		}
		for v, n := range one.counts {
			r.totals[verdicts[v]] += n
		}
	}
	return nil
}

func (r *run) finding(f evidence.Finding) error {
	r.statuses[f.Status]++
	raw, err := evidence.Encode(f)
	if err != nil {
		return err
	}
	return r.sink.Finding(f.Key(), raw)
}

// unscoped emits the findings that belong to no scope: of controls that a person examines, and of checks whose subjects
// were never collected although their provider is, or although nothing else of their control is.
func (r *run) unscoped() error {
	for _, c := range r.eval.controls {
		reasons := map[string]bool{}
		inUse := slices.ContainsFunc(c.checks, r.inUse)
		for _, k := range c.checks {
			for _, source := range k.def.Sources { // each was told to prove the control
				if !r.from[sourceType{source, k.def.Subject}] {
					reasons["never collected: "+k.def.Subject+" of "+source] = true
				}
			}
			if len(k.def.Sources) == 0 && !r.inUse(k) && (!inUse || r.providers[providerOf(k.def.Subject)]) {
				reasons["never collected: "+k.def.Subject] = true
			}
		}
		if len(c.checks) == 0 {
			reasons["manual"] = true
		}
		var attested []evidence.Attestation
		if c.def.Manual != "" && !inUse {
			attested = r.attested(c.def.ID)
		}
		everywhere := false
		for _, at := range attested {
			everywhere = everywhere || at.Scope == ""
		}
		for _, at := range attested {
			f := evidence.Finding{Control: c.def.ID, Scope: at.Scope, Status: evidence.Satisfied,
				Counts: map[evidence.Verdict]int{}, Reasons: []string{"attested: " + at.ID}, ObservedFrom: at.Period.From.UTC()}
			if err := r.finding(f); err != nil {
				return err
			}
		}
		if len(reasons) == 0 || everywhere {
			continue
		}
		f := evidence.Finding{Control: c.def.ID, Status: evidence.Indeterminate, Counts: map[evidence.Verdict]int{},
			Reasons: keys(reasons)}
		if err := r.finding(f); err != nil {
			return err
		}
	}
	return nil
}

// inUse reports whether anything that the check looks at was ever collected.
func (r *run) inUse(k *check) bool {
	if len(k.def.Sources) == 0 {
		return r.collected[k.def.Subject] != nil
	}
	return slices.ContainsFunc(k.def.Sources, func(s string) bool { return r.from[sourceType{s, k.def.Subject}] })
}

// attested returns the newest statement for each scope that counts as of the assessment's time.
func (r *run) attested(control string) []evidence.Attestation {
	newest := map[string]evidence.Attestation{}
	for _, a := range r.in.Attestations {
		if a.Control != control || a.Lapse(r.asOf) != "" {
			continue
		}
		have, ok := newest[a.Scope]
		if !ok || a.Expires.After(have.Expires) || a.Expires.Equal(have.Expires) && a.ID < have.ID {
			newest[a.Scope] = a
		}
	}
	var out []evidence.Attestation
	for _, scope := range keys(newest) {
		out = append(out, newest[scope])
	}
	return out
}

func providerOf(subjectType string) string {
	provider, _, _ := strings.Cut(subjectType, ".")
	return provider
}
