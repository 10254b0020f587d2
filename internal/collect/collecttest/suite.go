package collecttest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"path/filepath"
	"slices"
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
	met      map[string]bool // the secret paths that a recording meets
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

// take is one recording of a collector, with what is asked before it.
type take struct {
	*suite
	file string
	Recording
	exchanges []Exchange
}

// takes reads the recordings of a collector: testdata/TYPE.json, and TYPE@NAME.json for what it does elsewhere.
func (s *suite) takes(t *testing.T, c collect.Collector) []*take {
	t.Helper()
	others, err := filepath.Glob(filepath.Join("testdata", c.Type()+"@*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []*take
	for _, file := range append([]string{c.Type() + ".json"}, others...) {
		k := &take{file: filepath.Base(file)}
		if err := read(k.file, &k.Recording); err != nil {
			t.Fatal(err)
		}
		if k.Outcome == "" {
			k.Outcome = evidence.OutcomeOK
		}
		own := *s
		own.open.Exchanges = slices.DeleteFunc(slices.Clone(s.open.Exchanges), func(e Exchange) bool {
			return slices.ContainsFunc(k.Open, func(o Exchange) bool { return o.Operation == e.Operation })
		})
		own.open.Exchanges = append(own.open.Exchanges, k.Open...)
		k.suite = &own
		k.exchanges = append(slices.Clone(own.open.Exchanges), k.Exchanges...)
		all = append(all, k)
	}
	return all
}

// collector runs all that is to be shown for one collector.
func (s *suite) collector(t *testing.T, c collect.Collector) {
	all := s.takes(t, c)
	good := true
	for _, k := range all {
		good = k.replay(t, c, &k.Recording, k.file, newTape(k.exchanges)) && good
	}
	s.exercised(t, c, all)
	for _, pattern := range c.Schema.Secret {
		if good && !slices.ContainsFunc(all, func(k *take) bool { return k.met[pattern] }) {
			t.Errorf("no recording holds a secret at %s", pattern)
		}
	}
	if good {
		s.feeds(t, c, all)
	}
	if !good || *update {
		return
	}
	for _, k := range all {
		k.breaks(t, c)
	}
}

// breaks puts every class of error in the place of every answer.
func (k *take) breaks(t *testing.T, c collect.Collector) {
	t.Run("answers change", func(t *testing.T) { k.changes(t, c, k.Recording, k.exchanges) })
	for i := range k.exchanges {
		if i < len(k.open.Exchanges) && !declares(c, k.exchanges[i].Operation) {
			continue // "opening fails" is about these
		}
		for _, f := range k.faults.classes() {
			if f.cuts && len(k.exchanges[i].Response.text()) == 0 {
				continue // there is nothing to cut: the answer is its status
			}
			t.Run(fmt.Sprintf("%s %s %d", f.name, k.exchanges[i].Operation, i-len(k.open.Exchanges)), func(t *testing.T) {
				k.failing(t, c, k.Recording, k.exchanges, i, f)
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
	s.met = canaries(t, c, *rec, r)
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

// canaries returns the secret paths of the schema that the recording meets with a planted secret.
func canaries(t *testing.T, c collect.Collector, rec Recording, r result) map[string]bool {
	t.Helper()
	met := map[string]bool{}
	for _, pattern := range c.Schema.Secret {
		for _, object := range r.subjects {
			var s evidence.Subject
			if err := json.Unmarshal(object, &s); err != nil {
				t.Fatal(err)
			}
			for _, red := range s.Redacted {
				met[pattern] = met[pattern] || red.Rule == collect.RuleDeclared && fits(pattern, red.Path)
			}
		}
	}
	if len(c.Schema.Secret) == 0 {
		return met
	}
	for _, e := range rec.Exchanges {
		if holdsCanary(e.Response.text()) {
			return met
		}
	}
	t.Errorf("no answer of the recording holds a secret that begins with %s", Canary)
	return met
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
