package daemon

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"exhibit/internal/evidence"
	"exhibit/internal/gate"
	"exhibit/internal/store"
)

// ErrNoFramework means that the catalog maps no framework of that name.
var ErrNoFramework = errors.New("it is in no mapping; exhibit controls list shows what there is")

// GateRequest says what a pipeline asks.
type GateRequest struct {
	Filter   evidence.GateFilter
	Override *evidence.Override
	Pipeline *evidence.Pipeline
}

// Gate decides by the newest assessment, the configured policy and the time that it is. It records nothing.
func (a *App) Gate(v *store.View, req GateRequest) (evidence.Decision, error) {
	now := a.Now()
	newest, err := AssessmentAt(v, now)
	if err != nil {
		return evidence.Decision{}, err
	}
	text, err := a.catalogText(v, newest.Assessment)
	if err != nil {
		return evidence.Decision{}, err
	}
	posture, err := a.Posture(v, now, evidence.Window{})
	if err != nil {
		return evidence.Decision{}, err
	}
	in := gate.Input{Now: now, AsOf: newest.AsOf, Assessment: newest.Entry, Simulated: a.Store.Genesis().Simulated,
		Policy: a.Config.Gate, Filter: req.Filter, Override: req.Override, Pipeline: req.Pipeline}
	if in.Checks, err = checksOf(text, req.Filter.Frameworks); err != nil {
		return evidence.Decision{}, err
	}
	for _, s := range posture.Acceptances {
		if s.Why == "" {
			in.Accepted = append(in.Accepted, s.RiskAcceptance)
		}
	}
	known := map[string]bool{}
	open := map[string]evidence.Exposure{}
	for _, e := range posture.Exposures {
		key := evidence.Observation{Scope: e.Scope, Check: e.Check, Subject: e.Subject}.Key()
		known[key] = true
		if e.Ended == "" {
			open[key] = e
		}
	}
	in.Fixed = func(key string) bool {
		_, fails := open[key]
		return known[key] && !fails
	}
	if err := a.items(v, newest, text, open, &in); err != nil {
		return evidence.Decision{}, err
	}
	if in.Stale, err = stale(v, newest, text, in); err != nil {
		return evidence.Decision{}, err
	}
	if in.Tickets, err = tickets(v); err != nil {
		return evidence.Decision{}, err
	}
	return gate.Decide(in)
}

// checksOf returns the checks that frameworks rest on; nil when none is named.
func checksOf(text Text, frameworks []string) (map[string]bool, error) {
	if len(frameworks) == 0 {
		return nil, nil
	}
	out := map[string]bool{}
	for _, name := range frameworks {
		found := chosen(text.Frameworks, []string{name})
		if len(found) == 0 {
			return nil, fmt.Errorf("framework %q: %w", name, ErrNoFramework)
		}
		for _, f := range found {
			for check := range mapped(f, text.Controls) {
				out[check] = true
			}
		}
	}
	return out, nil
}

// items adds what fails or is unknown, and counts what was judged.
func (a *App) items(v *store.View, newest store.Assessment, text Text, open map[string]evidence.Exposure,
	in *gate.Input,
) error {
	checks := map[string]evidence.Check{}
	for _, c := range text.Controls {
		for _, k := range c.Checks {
			checks[k.ID] = k
		}
	}
	owners := a.ownersAt(v, newest.View)
	for o, err := range items[evidence.Observation](v, newest.Observations) {
		if err != nil {
			return fmt.Errorf("read observations: %w", err)
		}
		k := checks[o.Check]
		one := gate.Item{Observation: o, Severity: k.Severity, Title: k.Title, Fix: k.Remediation}
		fine := o.Verdict == evidence.Pass || o.Verdict == evidence.NotApplicable
		if !fine || len(in.Filter.Owners) > 0 {
			one.Owner = owners.Of(o.Control, o.Scope, o.Type, o.Subject)
		}
		if (o.Verdict == evidence.Fail || fine) && in.Takes(one) {
			in.Judged++
		}
		if fine {
			continue
		}
		if e, ok := open[o.Key()]; ok && o.Verdict == evidence.Fail {
			one.Since, one.NeverGood = e.Narrowed().FirstBad, e.LastGood.IsZero()
			one.FixBy = evidence.FixBy(e, a.Config.FixBy)
		}
		in.Items = append(in.Items, one)
	}
	return owners.Err()
}

// stale returns what was not seen whole for longer than the checks that are asked about grant, or than may be.
func stale(v *store.View, newest store.Assessment, text Text, in gate.Input) ([]gate.Stale, error) {
	may := map[string]evidence.Duration{} // by subject type
	for _, c := range text.Controls {
		for _, k := range c.Checks {
			if !in.TakesCheck(c.ID, k.ID) {
				continue
			}
			least := c.Freshness
			if most := in.Filter.MaxAge; most > 0 {
				least = min(least, most)
			}
			if had, ok := may[k.Subject]; !ok || least < had {
				may[k.Subject] = least
			}
		}
	}
	snaps, err := v.Snapshots(newest.View, "")
	if err != nil {
		return nil, err
	}
	var out []gate.Stale
	for _, s := range snaps {
		one := gate.Stale{Type: s.Collector, Scope: s.Scope.ID(), May: may[s.Collector]}
		if one.May == 0 || !in.TakesScope(one.Scope) {
			continue
		}
		if one.Seen, err = seenWhole(v, s); err != nil {
			return nil, err
		}
		if in.Now.Sub(one.Seen) > time.Duration(one.May) {
			out = append(out, one)
		}
	}
	return out, nil
}

// tickets returns the keys that gates wanted a ticket for, and none to be closed since.
func tickets(v *store.View) ([]string, error) {
	decisions, err := Bodies[evidence.Decision](v, v.Size(), evidence.KindDecision)
	if err != nil {
		return nil, err
	}
	open := map[string]bool{}
	for _, d := range decisions {
		for _, key := range d.Open {
			open[key] = true
		}
		for _, key := range d.Close {
			delete(open, key)
		}
	}
	return slices.Sorted(maps.Keys(open)), nil
}

// overridden returns the decisions that were overridden, of the entries after one and before another, oldest first.
func overridden(v *store.View, after, before int64) ([]evidence.Decision, error) {
	var out []evidence.Decision
	for i := range v.EntriesOf(evidence.KindDecision) { // newest first
		if i <= after {
			break
		}
		if i >= before {
			continue
		}
		d, err := Body[evidence.Decision](v, i)
		if err != nil {
			return nil, err
		}
		if d.Override != nil {
			out = append(out, d)
		}
	}
	slices.Reverse(out)
	return out, nil
}

// Decided commits a decision as an entry of its own, at once or as soon as nobody else writes.
func (a *App) Decided(d evidence.Decision) error {
	if err := a.enter(evidence.KindDecision, d); err != nil {
		return fmt.Errorf("commit the decision: %w", err)
	}
	return nil
}
