package drift

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"exhibit/internal/evidence"
)

// said is a change in one line.
func said(c evidence.Change) string {
	s := c.What + " " + string(c.Cause)
	if c.Subject != "" {
		s += " " + c.Subject
	}
	if c.Before != "" || c.After != "" {
		s += " " + c.Before + "->" + c.After
	}
	for _, f := range c.Fields {
		s += " " + f.Path
	}
	return s
}

func wantChanges(t *testing.T, got []evidence.Change, want ...string) {
	t.Helper()
	var lines []string
	for _, c := range got {
		lines = append(lines, said(c))
	}
	for i := range max(len(lines), len(want)) {
		g, w := "nothing", "nothing"
		if i < len(lines) {
			g = lines[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("change %d: got %q, want %q", i, g, w)
		}
	}
}

type docs = map[string]string

func TestSubjects(t *testing.T) {
	for _, tc := range []struct {
		name          string
		before, after func(w world) Side
		want          []string
	}{
		{"nothing", one(1, "ok", docs{"a": `{}`}), one(2, "ok", docs{"a": `{}`}), nil},
		{"added, removed, changed", one(1, "ok", docs{"a": `{"x":1}`, "b": `{}`}), one(2, "ok", docs{"a": `{"x":2}`, "c": `{}`}),
			[]string{"subject-changed subject a /x", "subject-removed subject b", "subject-added subject c"}},
		{"the last one removed", one(1, "ok", docs{"a": `{}`}), one(2, "empty", nil), []string{"subject-removed subject a"}},
		{"volatile and order are no drift", one(1, "ok", docs{"a": `{"Seen":1,"l":[1,2]}`}), one(2, "ok", docs{"a": `{"Seen":2,"l":[2,1]}`}), nil},
		{"a denied list removes nothing", one(1, "ok", docs{"a": `{}`, "b": `{}`}), one(2, "denied", nil), []string{"coverage permission ok->denied"}},
		{"a list cut short removes nothing", one(1, "ok", docs{"a": `{"x":1}`, "b": `{}`}), one(2, "throttled", docs{"a": `{"x":2}`}),
			[]string{"coverage collector ok->throttled", "subject-changed subject a /x"}},
		{"a list that comes back adds nothing", one(1, "unreachable", nil), one(2, "ok", docs{"a": `{}`}), []string{"coverage collector unreachable->ok"}},
		{"switched off is the estate's doing", one(1, "ok", docs{"a": `{}`}), one(2, "not-enabled", nil),
			[]string{"coverage subject ok->not-enabled", "subject-removed subject a"}},
		{"with the last whole lists, what went meanwhile is known", func(w world) Side {
			s := one(2, "denied", nil)(w)
			s.Whole = []evidence.Snapshot{w.snapshot(1, "ok", docs{"a": `{"x":1}`, "b": `{}`})}
			return s
		}, one(3, "ok", docs{"a": `{"x":2}`}), []string{"coverage permission denied->ok", "subject-changed subject a /x", "subject-removed subject b"}},
		{"another collector version adds a part", one(1, "ok", docs{"a": `{"x":1}`}), func(w world) Side {
			w.version = 2
			return one(2, "ok", docs{"a": `{"x":1,"y":2}`})(w)
		}, []string{"subject-changed collector a /y"}},
		{"another collector version and a change", one(1, "ok", docs{"a": `{"x":1}`}), func(w world) Side {
			w.version = 2
			return one(2, "ok", docs{"a": `{"x":3,"y":2}`})(w)
		}, []string{"subject-changed collector a /y", "subject-changed subject a /x"}},
		{"a part that may no longer be read", one(1, "ok", docs{"a": `{"Policy":"{}","x":1}`}), func(w world) Side {
			return w.parts(2, evidence.Subject{Type: bucket, ID: "a", Name: "name of a", Doc: json.RawMessage(`{"x":2}`),
				Missing: map[string]evidence.Missing{"Policy": {Operation: "s3:GetBucketPolicy", Outcome: "denied", Permission: "s3:GetBucketPolicy"}}})
		}, []string{"coverage permission a ok->denied", "subject-changed subject a /x"}},
		{"a rule redacts more", one(1, "ok", docs{"a": `{"Env":"hunter2","x":1}`}), func(w world) Side {
			return w.parts(2, evidence.Subject{Type: bucket, ID: "a", Name: "name of a", Doc: json.RawMessage(`{"Env":"hmac:1","x":1}`),
				Redacted: []evidence.Redaction{{Path: "/Env", Rule: "entropy"}}})
		}, []string{"subject-changed collector a /Env"}},
		{"name and tags", one(1, "ok", docs{"a": `{}`}), func(w world) Side {
			return w.parts(2, evidence.Subject{Type: bucket, ID: "a", Name: "new", Tags: map[string]string{"team": "pay"}, Doc: json.RawMessage(`{}`)})
		}, []string{"subject-changed subject a name tags/team"}},
		{"a scope more", one(1, "ok", docs{"a": `{}`}), func(w world) Side {
			s := one(1, "ok", docs{"a": `{}`})(w)
			w.scope.Account = "2"
			s.Snapshots = append(s.Snapshots, w.snapshot(2, "ok", docs{"z": `{}`}))
			return s
		}, []string{"scope-added scope ->ok"}},
		{"a scope less", func(w world) Side {
			return Side{Scopes: []evidence.ScopeOutcome{{Scope: w.scope, Outcome: "ok"}, {Scope: evidence.Scope{Provider: "aws", Account: "2"}, Outcome: "ok"}}}
		}, func(w world) Side { return Side{Scopes: []evidence.ScopeOutcome{{Scope: w.scope, Outcome: "ok"}}} },
			[]string{"scope-lost scope ok->"}},
		{"a scope that may no longer be entered", func(w world) Side {
			return Side{Scopes: []evidence.ScopeOutcome{{Scope: w.scope, Outcome: "ok", Subjects: 3}}}
		},
			func(w world) Side { return Side{Scopes: []evidence.ScopeOutcome{{Scope: w.scope, Outcome: "denied"}}} },
			[]string{"scope-lost permission ok->denied"}},
		{"a subject type more in a known scope", one(1, "ok", docs{"a": `{}`}), func(w world) Side {
			s := one(1, "ok", docs{"a": `{}`})(w)
			more := w.snapshot(2, "ok", docs{"k": `{}`})
			more.Collector = "aws.kms.key"
			s.Snapshots = append(s.Snapshots, more)
			return s
		}, []string{"coverage collector skipped->ok"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld()
			before, after := tc.before(w), tc.after(w)
			got, err := Subjects(w, before, after, []evidence.Schema{testSchema})
			wantChanges(t, mustChanges(t, got, err), tc.want...)
			again, err := Subjects(w, after, after, []evidence.Schema{testSchema})
			wantChanges(t, mustChanges(t, again, err))
		})
	}
}

func one(h int, outcome evidence.Outcome, subjects docs) func(world) Side {
	return func(w world) Side { return Side{Snapshots: []evidence.Snapshot{w.snapshot(h, outcome, subjects)}} }
}

func (w world) parts(h int, s evidence.Subject) Side {
	return Side{Snapshots: []evidence.Snapshot{w.snapshotOf(h, evidence.OutcomeOK, map[string]evidence.Digest{s.ID: w.put(s)})}}
}

func TestSubjectsTellWhen(t *testing.T) {
	w := newWorld()
	got, err := Subjects(w, one(1, "ok", docs{"a": `{"x":1}`})(w), one(5, "ok", docs{"a": `{"x":2}`})(w), nil)
	mustChanges(t, got, err)
	want := evidence.Window{From: hour(1).Add(-10 * time.Minute), To: hour(5)}
	if len(got) != 1 || got[0].Between != want || got[0].Name != "name of a" || string(got[0].Fields[0].After) != "2" {
		t.Errorf("got %+v", got)
	}
}

func TestSubjectsReportMissingObjects(t *testing.T) {
	w := newWorld()
	after := one(2, "ok", docs{"a": `{"x":2}`})(w)
	before := one(1, "ok", docs{"a": `{"x":1}`})(w)
	for d := range w.objects {
		delete(w.objects, d)
	}
	if _, err := Subjects(w, before, after, nil); err == nil {
		t.Error("a missing object gave no error")
	}
}

// TestOrderOfSnapshotsChangesNothing holds that two sides give the same changes, however their snapshots are ordered.
func TestOrderOfSnapshotsChangesNothing(t *testing.T) {
	w := newWorld()
	var before, after Side
	for _, account := range []string{"3", "1", "2"} {
		w.scope.Account = account
		b := w.side(1, w.snapshot(1, "ok", docs{"a": `{"x":1}`, "b": `{}`}), control("x"), verdicts{"a": evidence.Pass, "b": evidence.Fail})
		a := w.side(2, w.snapshot(2, "ok", docs{"a": `{"x":2}`, "c": `{}`}), control("x"), verdicts{"a": evidence.Fail, "c": evidence.Fail})
		before.Snapshots, after.Snapshots = append(before.Snapshots, b.Snapshots...), append(after.Snapshots, a.Snapshots...)
		before.Assessment, after.Assessment, before.Controls, after.Controls = b.Assessment, a.Assessment, b.Controls, a.Controls
	}
	all := func(before, after Side) []evidence.Change {
		subjects, err := Subjects(w, before, after, nil)
		mustChanges(t, subjects, err)
		judged, err := Verdicts(w, before, after, nil)
		return append(subjects, mustChanges(t, judged, err)...)
	}
	want := all(before, after)
	slices.Reverse(before.Snapshots)
	slices.Reverse(after.Snapshots)
	if diff := cmp.Diff(want, all(before, after)); diff != "" || len(want) < 9 {
		t.Errorf("%d changes; with other orders (-want +got):\n%s", len(want), diff)
	}
}
