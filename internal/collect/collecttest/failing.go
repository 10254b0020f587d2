package collecttest

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// declarations holds that operations are declared as the transport and the generated permissions need them.
func (s *suite) declarations(t *testing.T) {
	for _, c := range s.provider.Collectors() {
		if len(c.Operations) == 0 && len(s.open.Exchanges) > 0 {
			t.Errorf("%s declares no operation", c.Type())
		}
		if c.Version < 1 || c.Schema.Doc == nil || c.Schema.Title == "" {
			t.Errorf("%s needs a version, a title and a shape", c.Type())
		}
		for _, path := range append(append([]string(nil), c.Schema.Secret...), c.Schema.Volatile...) {
			if c.Schema.Doc != nil && c.Schema.Doc.At(path) == nil {
				t.Errorf("%s: its shape has no %s", c.Type(), path)
			}
		}
		for _, o := range c.Operations {
			free := slices.ContainsFunc(s.provider.Operations(), func(p collect.Operation) bool {
				return p.Name == o.Name && len(p.Permissions) == 0
			})
			if len(o.Permissions) == 0 && !free {
				t.Errorf("%s: %s names no permission", c.Type(), o.Name)
			}
		}
	}
}

// exercised holds that every declared operation is in a recording, or among what is asked before any collector.
func (s *suite) exercised(t *testing.T, c collect.Collector, all []*take) {
	for _, o := range c.Operations {
		if !slices.ContainsFunc(all, func(k *take) bool { return k.asks(o.Name) }) {
			t.Errorf("no recording exercises %s", o.Name)
		}
	}
	for _, k := range all {
		for _, e := range k.Exchanges {
			if !declares(c, e.Operation) {
				t.Errorf("%s has %s, which is not declared", k.file, e.Operation)
			}
		}
	}
}

func (k *take) asks(op string) bool {
	return slices.ContainsFunc(k.exchanges, func(e Exchange) bool { return e.Operation == op })
}

func declares(c collect.Collector, op string) bool {
	return slices.ContainsFunc(c.Operations, func(o collect.Operation) bool { return o.Name == op })
}

// failing puts a fault in the place of one answer: the run must say so, and nothing may be invented or lost in
// silence.
func (s *suite) failing(t *testing.T, c collect.Collector, rec Recording, exchanges []Exchange, at int, f fault) {
	tape := newTape(exchanges)
	tape.faulty, tape.fault = at, f
	r := s.run(t, c, tape)
	if tape.used[at] == 0 {
		t.Fatal("the fault was never met")
	}
	if r.run.Outcome != f.want && !graver(f.want, r.run.Outcome) {
		t.Errorf("the run's outcome is %q, want %q", r.run.Outcome, f.want)
	}
	if at < len(s.open.Exchanges) && (len(r.snaps) == 0 || len(r.subjects) == 0 && !r.snap.Outcome.Seen()) {
		return // nothing can be collected without it, which "opening fails" is about
	}
	if len(r.snaps) == 0 {
		t.Fatal("there is no snapshot")
	}
	op := exchanges[at].Operation
	if f.want == evidence.OutcomeDenied && !namesPermission(c, r.snap, op) {
		t.Errorf("nothing says which permission %s needs: %+v", op, r.snap.Completeness.Operations)
	}
	want := goldenByID(t, rec)
	for _, id := range sortedKeys(want) {
		_, ok := r.subjects[id]
		if !ok && r.snap.Outcome.Seen() && r.snap.Outcome != evidence.OutcomeNotEnabled {
			t.Errorf("the snapshot says %q and lacks %s", r.snap.Outcome, id)
		}
	}
	if r.snap.Outcome == evidence.OutcomeNotEnabled && len(r.subjects) > 0 {
		t.Errorf("the service is off and there are %d subjects", len(r.subjects))
	}
	for _, id := range sortedKeys(r.subjects) {
		if object, ok := want[id]; ok {
			honest(t, object, r.subjects[id])
		} else if !failedItself(r.subjects[id], op) {
			t.Errorf("%s was invented: %s", id, r.subjects[id])
		}
	}
}

// graver allows a fault to read worse than its class, as when a failed list leaves counts that do not agree.
func graver(want, got evidence.Outcome) bool {
	return got != want && evidence.Worse(want, got) == got && !got.Seen()
}

func namesPermission(c collect.Collector, snap evidence.Snapshot, op string) bool {
	i := slices.IndexFunc(c.Operations, func(o collect.Operation) bool { return o.Name == op })
	need := strings.Join(c.Operations[i].Permissions, ", ")
	return slices.ContainsFunc(snap.Completeness.Operations, func(o evidence.Operation) bool {
		return o.Name == op && o.Permission == need
	})
}

// failedItself reports whether the subject says that op failed for it, or that because of it something was not asked:
// only then may it be one that a good answer would have left out.
func failedItself(object []byte, op string) bool {
	var s evidence.Subject
	if json.Unmarshal(object, &s) != nil {
		return false
	}
	for _, m := range s.Missing {
		if m.Operation == op || m.Code == "not-asked" {
			return true
		}
	}
	return false
}

// honest holds that what a subject lacks against the golden one is said to be missing, and that it says nothing else.
func honest(t *testing.T, golden, got []byte) {
	t.Helper()
	var a, b struct {
		evidence.Subject
		Doc map[string]json.RawMessage `json:"doc"`
	}
	if err := json.Unmarshal(golden, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &b); err != nil {
		t.Fatal(err)
	}
	for key, value := range a.Doc {
		_, missing := b.Missing[key]
		switch other, ok := b.Doc[key]; {
		case !ok && !missing:
			t.Errorf("%s: %s is gone and nothing says that it is missing", a.ID, key)
		case ok && !missing && !bytes.Equal(value, other):
			t.Errorf("%s: %s is %s, want %s", a.ID, key, other, value)
		}
	}
	for key, value := range b.Doc {
		if _, ok := a.Doc[key]; !ok {
			t.Errorf("%s: %s was invented: %s", a.ID, key, value)
		}
	}
	for key, m := range b.Missing {
		if m.Outcome == evidence.OutcomeOK || m.Outcome == evidence.OutcomeEmpty || m.Outcome == "" || m.Operation == "" {
			t.Errorf("%s: %s is missing for no reason: %+v", a.ID, key, m)
		}
	}
}

// opening puts faults in the place of the answers to who is asking and what there is.
func (s *suite) opening(t *testing.T) {
	collectors := s.provider.Collectors()
	for i, e := range s.open.Exchanges {
		if e.Operation == "" {
			continue
		}
		for _, f := range s.faults.classes() {
			t.Run(f.name+" "+e.Operation, func(t *testing.T) {
				tape := newTape(s.open.Exchanges)
				tape.faulty, tape.fault = i, f
				r := s.run(t, collectors[0], tape)
				if len(r.run.Scopes) == 0 {
					t.Fatal("no scope says what became of it")
				}
				seen := r.run.Outcome == evidence.OutcomeOK || r.run.Outcome == evidence.OutcomeEmpty
				if seen && !s.losesNothing(e.Operation) {
					t.Errorf("the run's outcome is %q", r.run.Outcome)
				}
			})
		}
	}
}

// losesNothing reports whether an operation is asked before any collector only for what nothing depends on.
func (s *suite) losesNothing(op string) bool {
	return slices.ContainsFunc(s.provider.Operations(), func(o collect.Operation) bool {
		return o.Name == op && o.Loses == collect.LosesNothing
	})
}

// changes holds that answers with more in them than is known today, and with nulls for lists, break nothing.
func (s *suite) changes(t *testing.T, c collect.Collector, rec Recording, exchanges []Exchange) {
	want := goldenByID(t, rec)
	for name, change := range map[string]func([]byte) []byte{"unknown members": addUnknown, "null lists": nullLists} {
		tape := newTape(exchanges)
		tape.change = func(e Exchange, body []byte) []byte {
			if e.Operation == "" {
				return body
			}
			return change(body)
		}
		r := s.run(t, c, tape)
		for id := range r.subjects {
			if _, ok := want[id]; !ok {
				t.Errorf("%s: %s was invented", name, id)
			}
		}
		if name == "unknown members" && (r.snap.Outcome != rec.Outcome || len(r.subjects) != len(want)) {
			t.Errorf("%s: outcome %q with %d subjects of %d: %+v", name, r.snap.Outcome, len(r.subjects), len(want), r.run)
		}
		for _, scope := range r.run.Scopes {
			if strings.Contains(scope.Reason, "panic") {
				t.Errorf("%s: %s", name, scope.Reason)
			}
		}
	}
}

// addUnknown adds a member to the outermost JSON object, or an element to the outermost XML element.
func addUnknown(body []byte) []byte {
	trimmed := bytes.TrimSpace(body)
	switch {
	case bytes.HasPrefix(trimmed, []byte("{}")):
		return []byte(`{"zzUnknown":{"a":[1,null]}}`)
	case bytes.HasPrefix(trimmed, []byte("{")):
		return append([]byte(`{"zzUnknown":{"a":[1,null]},`), trimmed[1:]...)
	case bytes.HasPrefix(trimmed, []byte("<")):
		if i := bytes.LastIndex(trimmed, []byte("</")); i > 0 {
			return append(append(bytes.Clone(trimmed[:i]), "<zzUnknown><a>1</a></zzUnknown>"...), trimmed[i:]...)
		}
	}
	return body
}

// nullLists replaces every list in the outermost JSON object with null.
func nullLists(body []byte) []byte {
	var top map[string]json.RawMessage
	if json.Unmarshal(body, &top) != nil {
		return body
	}
	for k, v := range top {
		if bytes.HasPrefix(bytes.TrimSpace(v), []byte("[")) {
			top[k] = json.RawMessage("null")
		}
	}
	out, err := json.Marshal(top)
	if err != nil {
		return body
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
