package collecttest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.yaml.in/yaml/v4"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// Canary begins every secret in a recording: none may be found in sealed bytes, nor in the base64 of a binary value.
const Canary = "CANARY"

var canary64 = base64.StdEncoding.EncodeToString([]byte(Canary))

func holdsCanary(b []byte) bool {
	return bytes.Contains(b, []byte(Canary)) || bytes.Contains(b, []byte(canary64))
}

var update = flag.Bool("update", false, "write the golden subjects of the recordings anew")

// suite is the recordings of one provider.
type suite struct {
	provider collect.Provider
	open     Open
	faults   Faults
}

// Run runs the suite over the package's testdata.
func Run(t *testing.T, provider collect.Provider) {
	t.Helper()
	s := &suite{provider: provider}
	if err := read("open.json", &s.open); err != nil {
		t.Fatal(err)
	}
	if err := read("faults.json", &s.faults); err != nil && !missing(err) {
		t.Fatal(err)
	}
	t.Run("declarations", s.declarations)
	for _, c := range provider.Collectors() {
		t.Run(c.Type(), func(t *testing.T) { s.collector(t, c) })
	}
	t.Run("opening fails", s.opening)
}

// collector runs all that is to be shown for one collector.
func (s *suite) collector(t *testing.T, c collect.Collector) {
	var rec Recording
	file := c.Type() + ".json"
	if err := read(file, &rec); err != nil {
		t.Fatal(err)
	}
	if rec.Outcome == "" {
		rec.Outcome = evidence.OutcomeOK
	}
	exchanges := append(append([]Exchange(nil), s.open.Exchanges...), rec.Exchanges...)
	good := s.replay(t, c, &rec, file, newTape(exchanges))
	if good {
		s.feeds(t, c, exchanges)
	}
	if !good || *update {
		return
	}
	t.Run("answers change", func(t *testing.T) { s.changes(t, c, rec, exchanges) })
	for i := range exchanges {
		if i < len(s.open.Exchanges) && !declares(c, exchanges[i].Operation) {
			continue // "opening fails" is about these
		}
		for _, f := range s.faults.classes() {
			if f.cuts && len(exchanges[i].Response.text()) == 0 {
				continue // there is nothing to cut: the answer is its status
			}
			t.Run(fmt.Sprintf("%s %s %d", f.name, exchanges[i].Operation, i-len(s.open.Exchanges)), func(t *testing.T) {
				s.failing(t, c, rec, exchanges, i, f)
			})
		}
	}
}

// result is one run over a tape.
type result struct {
	run      evidence.Run
	snaps    []evidence.Snapshot
	subjects map[string][]byte // of the collector, by id
	snap     evidence.Snapshot // the collector's last
}

// run collects once, in a bubble whose time costs nothing.
func (s *suite) run(t *testing.T, c collect.Collector, tape *tape) result {
	t.Helper()
	var r result
	synctest.Test(t, func(t *testing.T) {
		batch := NewMemory()
		var err error
		r.run, err = collect.Run(context.Background(), collect.Config{
			Sources: []collect.OpenSource{{
				Name: "recorded", Provider: s.provider, Decode: s.decode, ConfigDigest: evidence.Sum(s.open.Config),
			}},
			Batch: batch, RedactionKey: []byte("collecttest"), Trigger: "manual", Tool: "collecttest", ID: "recorded",
			Limits: collect.Limits{Pace: math.Inf(1)}, Now: time.Now, Getenv: func(k string) string { return s.open.Env[k] },
			Transport: tape, Only: []string{c.Type()},
		})
		if err != nil {
			t.Fatal(err)
		}
		var all []map[string][]byte
		r.snaps, all, err = batch.Snapshots()
		if err != nil {
			t.Fatal(err)
		}
		r.subjects = map[string][]byte{}
		for i, snap := range r.snaps {
			if snap.Collector == c.Type() {
				r.snap = snap
				for id, object := range all[i] {
					r.subjects[id] = object
				}
			}
		}
	})
	for id, object := range r.subjects {
		if holdsCanary(object) {
			t.Errorf("%s was sealed with a secret in it: %s", id, object)
		}
	}
	return r
}

func (s *suite) decode(into any) error {
	return yaml.Load(s.open.Config, into, yaml.WithKnownFields())
}

// replay holds a good run against the golden subjects.
func (s *suite) replay(t *testing.T, c collect.Collector, rec *Recording, file string, tape *tape) bool {
	r := s.run(t, c, tape)
	for _, stray := range tape.strays {
		t.Error(stray)
	}
	for i, e := range tape.exchanges {
		if tape.used[i] == 0 && i >= len(s.open.Exchanges) {
			t.Errorf("nobody asked for exchange %d, %s %s", i-len(s.open.Exchanges), e.Operation, e.Request.Path)
		}
	}
	s.exercised(t, c, rec)
	if len(r.snaps) != 1 || r.snap.Outcome != rec.Outcome {
		t.Errorf("%d snapshots, outcome %q (run: %+v), want one and %q", len(r.snaps), r.snap.Outcome, r.run, rec.Outcome)
		return false
	}
	if *update {
		rec.Subjects, rec.Excluded = nil, r.snap.Completeness.Excluded
		for _, id := range sortedKeys(r.subjects) {
			rec.Subjects = append(rec.Subjects, r.subjects[id])
		}
		if err := write(file, *rec); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, *rec, r)
	canaries(t, c, *rec, r)
	return !t.Failed()
}

// golden compares subjects and what was left out.
func golden(t *testing.T, rec Recording, r result) {
	t.Helper()
	want := goldenByID(t, rec)
	for _, id := range sortedKeys(want) {
		got, ok := r.subjects[id]
		if !ok {
			t.Errorf("%s was not collected", id)
		} else if !bytes.Equal(got, want[id]) {
			t.Errorf("%s\n got %s\nwant %s", id, got, want[id])
		}
	}
	for _, id := range sortedKeys(r.subjects) {
		if _, ok := want[id]; !ok {
			t.Errorf("%s is not in the recording: %s", id, r.subjects[id])
		}
	}
	if got, want := fmt.Sprint(r.snap.Completeness.Excluded), fmt.Sprint(rec.Excluded); got != want {
		t.Errorf("excluded %s, want %s", got, want)
	}
}

func goldenByID(t *testing.T, rec Recording) map[string][]byte {
	t.Helper()
	byID := map[string][]byte{}
	for _, raw := range rec.Subjects {
		object, err := evidence.Canonical(bytes.Clone(raw))
		if err != nil {
			t.Fatal(err)
		}
		var s evidence.Subject
		if err := json.Unmarshal(object, &s); err != nil {
			t.Fatal(err)
		}
		byID[s.ID] = object
	}
	return byID
}

// canaries holds that every secret path of the schema is met by the recording with a planted secret.
func canaries(t *testing.T, c collect.Collector, rec Recording, r result) {
	t.Helper()
	for _, pattern := range c.Schema.Secret {
		met := false
		for _, object := range r.subjects {
			var s evidence.Subject
			if err := json.Unmarshal(object, &s); err != nil {
				t.Fatal(err)
			}
			for _, red := range s.Redacted {
				met = met || red.Rule == collect.RuleDeclared && fits(pattern, red.Path)
			}
		}
		if !met {
			t.Errorf("the recording holds no secret at %s", pattern)
		}
	}
	if len(c.Schema.Secret) == 0 {
		return
	}
	for _, e := range rec.Exchanges {
		if holdsCanary(e.Response.text()) {
			return
		}
	}
	t.Errorf("no answer of the recording holds a secret that begins with %s", Canary)
}

func fits(pattern, path string) bool {
	p, q := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(p) != len(q) {
		return false
	}
	for i := range p {
		if p[i] != "*" && p[i] != q[i] {
			return false
		}
	}
	return true
}
