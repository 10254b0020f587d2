package drift

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// Subjects returns how the estate differs between two sides: scopes, what could be seen of them, and the subjects, in order
// of scope, type and id. A subject is called added only when the list before was whole, removed only when the list after is.
func Subjects(v View, before, after Side, schemas []evidence.Schema) ([]evidence.Change, error) {
	byType := make(map[string]evidence.Schema, len(schemas))
	for _, s := range schemas {
		byType[s.Type] = s
	}
	out := scopes(before, after)
	_, wholeBefore := series(before.Whole)
	_, wholeAfter := series(after.Whole)
	_, old := series(before.Snapshots)
	names, now := series(after.Snapshots)
	known := scopeIDs(before)
	for _, name := range names {
		a := now[name]
		b, seen := old[name]
		if !seen {
			if known[a.Scope.ID()] {
				out = append(out, coverage(evidence.Snapshot{Outcome: evidence.OutcomeSkipped}, a))
			}
			continue
		}
		if b.Outcome.Seen() != a.Outcome.Seen() || b.Outcome == evidence.OutcomeNotEnabled != (a.Outcome == evidence.OutcomeNotEnabled) {
			out = append(out, coverage(b, a))
		}
		if w, ok := wholeBefore[name]; ok && !b.Listed() {
			b = w
		}
		if w, ok := wholeAfter[name]; ok && !a.Listed() {
			a = w
		}
		changes, err := compareSnapshots(v, b, a, byType[a.Collector])
		if err != nil {
			return nil, fmt.Errorf("compare %s: %w", name, err)
		}
		out = append(out, changes...)
	}
	slices.SortStableFunc(out, compareChanges)
	return out, nil
}

func compareSnapshots(v View, before, after evidence.Snapshot, schema evidence.Schema) ([]evidence.Change, error) {
	if before.Subjects == after.Subjects {
		return nil, nil
	}
	base := evidence.Change{Scope: after.Scope.ID(), Type: after.Collector,
		Between: evidence.Window{From: before.Window.From, To: after.Window.To}}
	var out []evidence.Change
	err := v.Diff(before.Subjects, after.Subjects, func(id string, was, is evidence.Digest) error {
		c := base
		c.Subject = id
		switch {
		case was.IsZero():
			s, err := decode[evidence.Subject](v, is, "subject "+id)
			if err != nil || !before.Listed() {
				return err
			}
			c.What, c.Cause, c.Name = "subject-added", evidence.CauseSubject, s.Name
			out = append(out, c)
		case is.IsZero():
			s, err := decode[evidence.Subject](v, was, "subject "+id)
			if err != nil || !after.Listed() || schema.Population {
				return err
			}
			c.What, c.Cause, c.Name = "subject-removed", evidence.CauseSubject, s.Name
			out = append(out, c)
		default:
			b, err := decode[evidence.Subject](v, was, "subject "+id)
			if err != nil {
				return err
			}
			a, err := decode[evidence.Subject](v, is, "subject "+id)
			if err != nil {
				return err
			}
			upgraded := before.Origin.CollectorVersion != after.Origin.CollectorVersion
			changes, err := compareSubjects(c, b, a, schema, upgraded)
			out = append(out, changes...)
			return err
		}
		return nil
	})
	return out, err
}

// compareSubjects returns at most one change of each cause: what could no longer or can now be asked, what another
// collector version or redaction rule makes of the same thing, and what changed itself.
func compareSubjects(base evidence.Change, before, after evidence.Subject, schema evidence.Schema, upgraded bool,
) ([]evidence.Change, error) {
	base.Name = after.Name
	var out []evidence.Change
	for _, key := range sortedKeys(union(before.Missing, after.Missing)) {
		b, a := before.Missing[key], after.Missing[key]
		if b == a {
			continue
		}
		c := base
		c.What, c.Before, c.After = "coverage", outcomeOr(b), outcomeOr(a)
		gone := a
		if a.Outcome == "" {
			gone = b
		}
		c.Cause, c.Reason = lossCause(gone.Outcome), key+" by "+gone.Operation
		if gone.Permission != "" {
			c.Reason += ", needs " + gone.Permission
		}
		out = append(out, c)
	}
	fields, err := Documents(before.Doc, after.Doc, schema)
	if err != nil {
		return nil, err
	}
	fields = append(fields, envelope(before, after)...)
	var own, tool []evidence.FieldChange
	for _, f := range fields {
		top, _, _ := strings.Cut(strings.TrimPrefix(f.Path, "/"), "/")
		_, missB := before.Missing[top]
		_, missA := after.Missing[top]
		switch {
		case missB || missA: // told above
		case redacted(before, f.Path) != redacted(after, f.Path), upgraded && (f.Before == nil || f.After == nil):
			tool = append(tool, f)
		default:
			own = append(own, f)
		}
	}
	if len(tool) > 0 {
		c := base
		c.What, c.Cause, c.Fields = "subject-changed", evidence.CauseCollector, tool
		c.Reason = "it is collected or redacted in another way than before"
		out = append(out, c)
	}
	if len(own) > 0 {
		c := base
		c.What, c.Cause, c.Fields = "subject-changed", evidence.CauseSubject, own
		out = append(out, c)
	}
	return out, nil
}

// envelope compares what stands beside the document. Its paths do not start with a slash.
func envelope(before, after evidence.Subject) []evidence.FieldChange {
	d := differ{}
	if before.Name != after.Name {
		d.add([]string{"name"}, before.Name, after.Name)
	}
	for _, k := range sortedKeys(union(before.Tags, after.Tags)) {
		var b, a any = absent{}, absent{}
		if v, ok := before.Tags[k]; ok {
			b = v
		}
		if v, ok := after.Tags[k]; ok {
			a = v
		}
		if b != a {
			d.add([]string{"tags", k}, b, a)
		}
	}
	for i := range d.out {
		d.out[i].Path = d.out[i].Path[1:]
	}
	return d.out
}

func union[V any](a, b map[string]V) map[string]V {
	out := make(map[string]V, len(a)+len(b))
	maps.Copy(out, a)
	maps.Copy(out, b)
	return out
}

func outcomeOr(m evidence.Missing) string {
	if m.Outcome == "" {
		return string(evidence.OutcomeOK)
	}
	return string(m.Outcome)
}

func redacted(s evidence.Subject, path string) bool {
	return slices.ContainsFunc(s.Redacted, func(r evidence.Redaction) bool {
		return r.Path == path || strings.HasPrefix(path, r.Path+"/")
	})
}

// brief is the text form of a value for reasons.
func brief(raw json.RawMessage) string {
	if raw == nil {
		return "absent"
	}
	return string(raw)
}
