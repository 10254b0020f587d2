package drift

import (
	"testing"

	"exhibit/internal/evidence"
)

type verdicts = map[string]evidence.Verdict

func TestVerdicts(t *testing.T) {
	const pass, fail, unknown = evidence.Pass, evidence.Fail, evidence.Unknown
	closed, open := docs{"a": `{"open":false}`}, docs{"a": `{"open":true}`}
	old, rewritten := control("old"), control("new")
	judged := func(h int, outcome evidence.Outcome, subjects docs, controls []evidence.Control, v verdicts) func(world) Side {
		return func(w world) Side { return w.side(h, w.snapshot(h, outcome, subjects), controls, v) }
	}
	for _, tc := range []struct {
		name          string
		before, after func(world) Side
		replay        Replay
		want          []string
	}{
		{"nothing", judged(1, "ok", closed, old, verdicts{"a": pass}), judged(2, "ok", closed, old, verdicts{"a": pass}), nil, nil},
		{"other facts, same verdict", judged(1, "ok", closed, old, verdicts{"a": fail}), judged(2, "ok", open, old, verdicts{"a": fail}), nil, nil},
		{"subject", judged(1, "ok", closed, old, verdicts{"a": pass}), judged(2, "ok", open, old, verdicts{"a": fail}), nil,
			[]string{"finding subject satisfied->not-satisfied", "verdict subject a pass->fail public"}},
		{"time", judged(1, "ok", closed, old, verdicts{"a": pass}), judged(2, "ok", closed, old, verdicts{"a": fail}), nil,
			[]string{"finding subject satisfied->not-satisfied", "verdict subject a pass->fail public"}},
		{"rule: a fall that is no regression", judged(1, "ok", closed, old, verdicts{"a": pass}), judged(2, "ok", closed, rewritten, verdicts{"a": fail}), nil,
			[]string{"finding rule satisfied->not-satisfied", "verdict rule a pass->fail public"}},
		{"rule and subject: a regression is not hidden", judged(1, "ok", closed, old, verdicts{"a": pass}), judged(2, "ok", open, rewritten, verdicts{"a": fail}), nil,
			[]string{"finding subject satisfied->not-satisfied", "verdict subject a pass->fail public"}},
		{"rule and subject, replayed to the rule", judged(1, "ok", closed, old, verdicts{"a": pass}), judged(2, "ok", open, rewritten, verdicts{"a": fail}),
			func(string) (evidence.Verdict, bool) { return fail, true },
			[]string{"finding rule satisfied->not-satisfied", "verdict rule a pass->fail public"}},
		{"rule and subject, replayed to the subject", judged(1, "ok", closed, old, verdicts{"a": pass}), judged(2, "ok", open, rewritten, verdicts{"a": fail}),
			func(string) (evidence.Verdict, bool) { return pass, true },
			[]string{"finding subject satisfied->not-satisfied", "verdict subject a pass->fail public"}},
		{"a new check", judged(1, "ok", closed, []evidence.Control{{ID: "other", Checks: []evidence.Check{{ID: "other"}}}}, nil),
			judged(2, "ok", closed, old, verdicts{"a": fail}), nil,
			[]string{"finding rule indeterminate->not-satisfied", "verdict rule a ->fail"}},
		{"a check that is no more", judged(1, "ok", closed, old, verdicts{"a": fail}),
			judged(2, "ok", closed, []evidence.Control{{ID: "other", Checks: []evidence.Check{{ID: "other"}}}}, nil), nil,
			[]string{"finding rule not-satisfied->indeterminate", "verdict rule a fail->"}},
		{"permission: the list is denied", judged(1, "ok", closed, old, verdicts{"a": pass}), judged(2, "denied", nil, old, verdicts{"": unknown}), nil,
			[]string{"finding permission satisfied->indeterminate", "verdict permission ->unknown", "verdict permission a pass->unknown"}},
		{"permission: the list can be read again", judged(1, "denied", nil, old, verdicts{"": unknown}), judged(2, "ok", open, old, verdicts{"a": fail}), nil,
			[]string{"finding permission indeterminate->not-satisfied", "verdict permission a unknown->fail"}},
		{"collector: the list is cut short", judged(1, "ok", closed, old, verdicts{"a": pass}), judged(2, "throttled", nil, old, verdicts{"": unknown}), nil,
			[]string{"finding collector satisfied->indeterminate", "verdict collector ->unknown", "verdict collector a pass->unknown"}},
		{"a new subject that fails", judged(1, "ok", nil, old, verdicts{}), judged(2, "ok", open, old, verdicts{"a": fail}), nil,
			[]string{"finding subject indeterminate->not-satisfied", "verdict subject a ->fail"}},
		{"a failing subject that goes", judged(1, "ok", open, old, verdicts{"a": fail}), judged(2, "empty", nil, old, verdicts{"": pass}), nil,
			[]string{"finding subject not-satisfied->satisfied", "verdict subject a fail->"}},
		{"a new subject that passes, and one that goes", judged(1, "ok", docs{"a": `{}`, "b": `{}`}, old, verdicts{"a": pass, "b": pass}),
			judged(2, "ok", docs{"b": `{}`, "c": `{}`}, old, verdicts{"b": pass, "c": pass}), nil, nil},
		{"a scope more", func(w world) Side {
			s := judged(1, "ok", nil, old, verdicts{})(w)
			s.Snapshots, s.Assessment.Findings = nil, w.list(nil)
			return s
		}, judged(2, "ok", open, old, verdicts{"a": fail}), nil,
			[]string{"finding scope ->not-satisfied", "verdict scope a ->fail"}},
		{"a scope less", judged(1, "ok", open, old, verdicts{"a": fail}), func(w world) Side {
			s := judged(2, "ok", nil, old, verdicts{})(w)
			s.Snapshots, s.Assessment.Findings = nil, w.list(nil)
			return s
		}, nil, []string{"finding scope not-satisfied->", "verdict scope a fail->unknown"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld()
			before, after := tc.before(w), tc.after(w)
			got, err := Verdicts(w, before, after, tc.replay)
			wantChanges(t, mustChanges(t, got, err), tc.want...)
			checkSteps(t, w, before, after)
			again, err := Verdicts(w, after, after, nil)
			wantChanges(t, mustChanges(t, again, err))
		})
	}
}

func TestMappings(t *testing.T) {
	frameworks := func(rs ...evidence.Requirement) []evidence.Framework {
		return []evidence.Framework{{ID: "soc2", Version: "1", Requirements: rs}}
	}
	before := frameworks(evidence.Requirement{ID: "CC1", Controls: []string{"b", "a"}}, evidence.Requirement{ID: "CC2", Manual: "look"},
		evidence.Requirement{ID: "CC3", None: "why"})
	same := frameworks(evidence.Requirement{ID: "CC2", Title: "other words", Manual: "look"}, evidence.Requirement{ID: "CC1", Controls: []string{"a", "b"}},
		evidence.Requirement{ID: "CC3", None: "why"})
	wantChanges(t, Mappings(before, same))
	after := frameworks(evidence.Requirement{ID: "CC1", Controls: []string{"a"}}, evidence.Requirement{ID: "CC2", Manual: "look", Strength: "partial"},
		evidence.Requirement{ID: "CC4", Checks: []string{"k"}})
	wantChanges(t, Mappings(before, after), "requirement mapping controls a, b->controls a", "requirement mapping manual->partial; manual",
		"requirement mapping none: why->", "requirement mapping ->checks k")
}
