package drift

import "exhibit/internal/evidence"

// scopes tells which scopes were asked for on one side only, and which could no longer be reached at all.
func scopes(before, after Side) []evidence.Change {
	b, a := scopeOutcomes(before), scopeOutcomes(after)
	var out []evidence.Change
	for _, id := range sortedKeys(a) {
		if _, ok := b[id]; !ok && len(b) > 0 {
			out = append(out, evidence.Change{What: "scope-added", Cause: evidence.CauseScope, Scope: id, Name: a[id].Scope.Name,
				After: string(a[id].Outcome), Reason: a[id].Reason})
		}
	}
	for _, id := range sortedKeys(b) {
		now, ok := a[id]
		c := evidence.Change{What: "scope-lost", Cause: evidence.CauseScope, Scope: id, Name: b[id].Scope.Name,
			Before: string(b[id].Outcome), Reason: "it was no longer asked for"}
		switch {
		case !ok && len(a) > 0:
			out = append(out, c)
		case ok && b[id].Outcome.Seen() && !now.Outcome.Seen() && now.Subjects == 0:
			c.Cause, c.After, c.Reason = lossCause(now.Outcome), string(now.Outcome), now.Reason
			out = append(out, c)
		}
	}
	return out
}

// scopeOutcomes returns what became of each scope by its id. Where runs are not known, a scope is what snapshots are of.
func scopeOutcomes(s Side) map[string]evidence.ScopeOutcome {
	out := map[string]evidence.ScopeOutcome{}
	if s.Scopes == nil {
		for _, snap := range s.Snapshots {
			o := out[snap.Scope.ID()]
			o.Scope, o.Outcome = snap.Scope, evidence.OutcomeOK
			o.Subjects++ // never called lost: the series tell
			out[snap.Scope.ID()] = o
		}
		return out
	}
	for _, o := range s.Scopes {
		id := o.Scope.ID()
		if had, ok := out[id]; ok {
			o.Outcome = evidence.Worse(had.Outcome, o.Outcome)
			o.Subjects += had.Subjects
		}
		out[id] = o
	}
	return out
}

func scopeIDs(s Side) map[string]bool {
	out := map[string]bool{}
	for _, snap := range s.Snapshots {
		out[snap.Scope.ID()] = true
	}
	return out
}

// coverage tells that a whole series came into sight or went out of it.
func coverage(before, after evidence.Snapshot) evidence.Change {
	c := evidence.Change{What: "coverage", Scope: after.Scope.ID(), Type: after.Collector, Name: after.Scope.Name,
		Before: string(before.Outcome), After: string(after.Outcome),
		Between: evidence.Window{From: before.Window.From, To: after.Window.To}}
	bad := after
	if after.Outcome.Seen() {
		bad = before
	}
	c.Cause, c.Reason = lossCause(bad.Outcome), trouble(bad)
	if before.Outcome == evidence.OutcomeNotEnabled || after.Outcome == evidence.OutcomeNotEnabled {
		c.Cause = evidence.CauseSubject
	}
	return c
}

// trouble names the first operation that did not answer, with what it would have needed.
func trouble(s evidence.Snapshot) string {
	for _, op := range s.Completeness.Operations {
		if !op.Outcome.Seen() {
			reason := op.Name + ": " + string(op.Outcome)
			if op.Permission != "" {
				reason += ", needs " + op.Permission
			}
			return reason
		}
	}
	if s.Outcome == evidence.OutcomeSkipped && s.Collector == "" {
		return "not collected before"
	}
	return ""
}
