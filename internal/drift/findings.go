package drift

import (
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// findings compares findings. A finding's cause is that of the verdict changes which lead where it went: when all of them
// have one cause it is that; else the gravest, so that a regression never hides behind a changed check.
func (j *judge) findings(v View, verdicts []evidence.Change) ([]evidence.Change, error) {
	by := map[string][]evidence.Change{}
	for _, c := range verdicts {
		key := evidence.Finding{Control: c.Control, Scope: c.Scope}.Key()
		by[key] = append(by[key], c)
	}
	var out []evidence.Change
	err := v.Diff(j.before.Assessment.Findings, j.after.Assessment.Findings, func(key string, was, is evidence.Digest) error {
		var b, a evidence.Finding
		var err error
		if !was.IsZero() {
			if b, err = decode[evidence.Finding](v, was, "finding "+key); err != nil {
				return err
			}
		}
		if !is.IsZero() {
			if a, err = decode[evidence.Finding](v, is, "finding "+key); err != nil {
				return err
			}
		}
		if b.Status == a.Status {
			return nil
		}
		f := a
		if is.IsZero() {
			f = b
		}
		c := evidence.Change{What: "finding", Scope: f.Scope, Control: f.Control, Before: string(b.Status),
			After: string(a.Status), Severity: a.Severity}
		c.Cause, c.Reason = j.findingCause(c, by[key])
		for _, w := range by[key] {
			if c.Between.From.IsZero() || w.Between.From.Before(c.Between.From) {
				c.Between.From = w.Between.From
			}
			if w.Between.To.After(c.Between.To) {
				c.Between.To = w.Between.To
			}
		}
		out = append(out, c)
		return nil
	})
	return out, err
}

func (j *judge) findingCause(c evidence.Change, verdicts []evidence.Change) (evidence.Cause, string) {
	toward := map[string]string{string(evidence.NotSatisfied): string(evidence.Fail),
		string(evidence.Indeterminate): string(evidence.Unknown)}[c.After]
	away := map[string]string{string(evidence.NotSatisfied): string(evidence.Fail),
		string(evidence.Indeterminate): string(evidence.Unknown)}[c.Before]
	causes := map[evidence.Cause]bool{}
	checks := map[string]bool{}
	for _, pass := range []func(evidence.Change) bool{
		func(v evidence.Change) bool { return toward != "" && v.After == toward },
		func(v evidence.Change) bool { return away != "" && v.Before == away },
		func(evidence.Change) bool { return true },
	} {
		for _, v := range verdicts {
			if pass(v) {
				causes[v.Cause] = true
				checks[v.Check] = true
			}
		}
		if len(causes) > 0 {
			break
		}
	}
	reason := strings.Join(sortedKeys(checks), ", ")
	for _, cause := range []evidence.Cause{evidence.CauseSubject, evidence.CausePermission, evidence.CauseCollector,
		evidence.CauseScope, evidence.CauseRule} {
		if causes[cause] {
			return cause, reason
		}
	}
	if _, ok := j.scopesB[c.Scope]; !ok {
		return evidence.CauseScope, "the scope was not asked for before"
	}
	if _, ok := j.scopesA[c.Scope]; !ok {
		return evidence.CauseScope, "the scope is no longer asked for"
	}
	return evidence.CauseRule, "the control is made of other checks"
}

// Mappings returns the requirements that are met by other controls, checks or strength than before, in order of framework
// and requirement.
func Mappings(before, after []evidence.Framework) []evidence.Change {
	b, a := requirements(before), requirements(after)
	var out []evidence.Change
	for _, name := range sortedKeys(union(b, a)) {
		if was, is := b[name], a[name]; was != is {
			out = append(out, evidence.Change{What: "requirement", Cause: evidence.CauseMapping, Name: name, Before: was, After: is})
		}
	}
	return out
}

// requirements says in words what each requirement is met by. Nothing is said of frameworks of one side only being new text.
func requirements(frameworks []evidence.Framework) map[string]string {
	out := map[string]string{}
	for _, f := range frameworks {
		for _, r := range f.Requirements {
			var parts []string
			add := func(what string, ids []string) {
				if len(ids) > 0 {
					ids = slices.Sorted(slices.Values(ids))
					parts = append(parts, what+" "+strings.Join(ids, ", "))
				}
			}
			add("controls", r.Controls)
			add("checks", r.Checks)
			if r.Strength != "" {
				parts = append(parts, r.Strength)
			}
			if r.Manual != "" {
				parts = append(parts, "manual")
			}
			if r.None != "" {
				parts = append(parts, "none: "+r.None)
			}
			out[f.Key()+" "+r.ID] = strings.Join(parts, "; ")
		}
	}
	return out
}
