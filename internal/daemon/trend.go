package daemon

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"exhibit/internal/drift"
	"exhibit/internal/evidence"
	"exhibit/internal/measure"
	"exhibit/internal/store"
)

// ErrNoGroup means that nothing of the name that was asked for was judged.
var ErrNoGroup = errors.New("nothing of that name was judged in the period")

// ErrNoOwners means that nothing tells who owns what.
var ErrNoOwners = errors.New("the configuration names no owners")

// TrendRequest says what is followed over which time.
type TrendRequest struct {
	Period evidence.Window
	// Kind is "all", "control", "framework" or "owner"; Name limits it to one, a framework by its key or id.
	Kind, Name string
}

// Trends follows verdicts over the last assessment of each day of the period, from the one that held at its begin. It
// reads the observations of the first, and of the others what differs.
func (a *App) Trends(v *store.View, req TrendRequest) ([]evidence.Trend, error) {
	if req.Kind == "owner" && !a.Config.Owners.Configured() {
		return nil, ErrNoOwners
	}
	days, err := daily(v, req.Period)
	if err != nil {
		return nil, err
	}
	if len(days) == 0 {
		_, err := AssessmentAt(v, req.Period.To)
		return nil, err
	}
	owners := a.ownersAt(v, days[len(days)-1].View) // as it is at the end, so that a new owner moves nothing
	t := measure.NewTracker(req.Kind, func(o evidence.Observation) string {
		return owners.Of(o.Control, o.Scope, o.Type, o.Subject)
	})
	if err := t.Start(items[evidence.Observation](v, days[0].Observations)); err != nil {
		return nil, err
	}
	var side drift.Side // of the assessment before, where it was needed
	var of func(check string) ([]string, bool)
	for i, one := range days {
		if i == 0 || one.Catalog != days[i-1].Catalog {
			text, err := a.catalogText(v, one.Assessment)
			if err != nil {
				return nil, err
			}
			of = groupsOf(text, req.Kind)
		}
		if i > 0 {
			if side, err = a.follow(v, t, side, days[i-1].Assessment, one.Assessment); err != nil {
				return nil, err
			}
		}
		t.Point(one.Assessment, of)
	}
	if err := owners.Err(); err != nil {
		return nil, err
	}
	return named(t.Trends(), req)
}

// daily returns the last assessment of each day of the period, oldest first, and before them the one that held at its
// begin, or else the first that there is.
func daily(v *store.View, period evidence.Window) ([]store.Assessment, error) {
	var out []store.Assessment
	var first store.Assessment
	last := ""
	for one, err := range v.Assessments() { // newest first
		if err != nil {
			return nil, err
		}
		if one.AsOf.After(period.To) {
			continue
		}
		first = one
		if !one.AsOf.After(period.From) {
			break
		}
		if day := one.AsOf.UTC().Format(time.DateOnly); day != last {
			out, last = append(out, one), day
		}
	}
	if n := len(out); first.View > 0 && (n == 0 || out[n-1].Entry != first.Entry) {
		out = append(out, first)
	}
	slices.Reverse(out)
	return out, nil
}

// follow gives the tracker what differs between two assessments, and returns the later side when it was needed.
func (a *App) follow(v *store.View, t *measure.Tracker, side drift.Side, before, after evidence.Assessment,
) (drift.Side, error) {
	if before.Observations == after.Observations {
		return drift.Side{}, nil
	}
	var err error
	if side.Assessment.View == 0 {
		if side, err = a.side(v, before); err != nil {
			return side, err
		}
	}
	next, err := a.side(v, after)
	if err != nil {
		return next, err
	}
	return next, drift.Steps(v, side, next, func(s drift.Step) error {
		c := s.Change
		t.Step(evidence.Observation{Control: c.Control, Check: c.Check, Type: c.Type, Subject: c.Subject, Scope: c.Scope},
			c.Cause, s.Was, s.Is)
		return nil
	})
}

// groupsOf returns the groups that a check belongs to by a catalog, and whether it stands in it.
func groupsOf(text Text, kind string) func(check string) ([]string, bool) {
	groups := map[string][]string{}
	for _, c := range text.Controls {
		for _, k := range c.Checks {
			switch kind {
			case "all":
				groups[k.ID] = []string{""}
			case "control":
				groups[k.ID] = []string{c.ID}
			default:
				groups[k.ID] = nil
			}
		}
	}
	if kind == "framework" {
		for _, f := range text.Frameworks {
			for check := range mapped(f, text.Controls) {
				groups[check] = append(groups[check], f.Key())
			}
		}
	}
	return func(check string) ([]string, bool) {
		g, there := groups[check]
		return g, there
	}
}

// mapped returns the checks that a framework's requirements rest on. Checks that one names narrow the control that they
// stand in.
func mapped(f evidence.Framework, controls []evidence.Control) map[string]bool {
	out := map[string]bool{}
	for _, r := range f.Requirements {
		for _, c := range controls {
			named := slices.ContainsFunc(c.Checks, func(k evidence.Check) bool { return slices.Contains(r.Checks, k.ID) })
			for _, k := range c.Checks {
				if slices.Contains(r.Checks, k.ID) || !named && slices.Contains(r.Controls, c.ID) {
					out[k.ID] = true
				}
			}
		}
	}
	return out
}

// named returns the trend that was asked for, or all.
func named(all []evidence.Trend, req TrendRequest) ([]evidence.Trend, error) {
	if req.Name == "" {
		return all, nil
	}
	var out []evidence.Trend
	for _, t := range all {
		id, _, _ := strings.Cut(t.Name, "@")
		if t.Name == req.Name || req.Kind == "framework" && id == req.Name {
			out = append(out, t)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s %q: %w", req.Kind, req.Name, ErrNoGroup)
	}
	return out, nil
}
