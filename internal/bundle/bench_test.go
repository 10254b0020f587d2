package bundle_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"exhibit/internal/bundle"
	"exhibit/internal/bundle/verify"
	"exhibit/internal/evidence"
	"exhibit/internal/store"
	"exhibit/internal/store/storetest"
)

// BenchmarkBundle writes and verifies the bundle of 100,000 subjects over 10 days, of which 1 % change a day, with two
// observations each; EXHIBIT_BENCH_SUBJECTS and EXHIBIT_BENCH_DAYS set other numbers. Each half runs in a process of
// its own, so that peak memory is its own.
func BenchmarkBundle(b *testing.B) {
	dir := b.TempDir()
	benchStore(b, filepath.Join(dir, "evidence.db"), benchNumber("EXHIBIT_BENCH_SUBJECTS", 100_000), benchNumber("EXHIBIT_BENCH_DAYS", 10))
	for b.Loop() {
		for _, half := range []string{"write", "verify"} {
			cmd := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^TestBenchHalf$", "-test.v")
			cmd.Env = append(os.Environ(), "EXHIBIT_BENCH_HALF="+half, "EXHIBIT_BENCH_DIR="+dir)
			out, err := cmd.CombinedOutput()
			if err != nil {
				b.Fatalf("%s: %v\n%s", half, err, out)
			}
			b.ReportMetric((cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), half+"-cpu-s")
			for line := range strings.Lines(string(out)) {
				if f := strings.Fields(line); len(f) == 3 && f[0] == "METRIC" {
					n, _ := strconv.ParseFloat(f[2], 64)
					b.ReportMetric(n, half+"-"+f[1])
				}
			}
		}
	}
}

func benchNumber(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// TestBenchHalf is the benchmark's child process.
func TestBenchHalf(t *testing.T) {
	half, dir := os.Getenv("EXHIBIT_BENCH_HALF"), os.Getenv("EXHIBIT_BENCH_DIR")
	if half == "" {
		t.Skip("runs within BenchmarkBundle")
	}
	path := filepath.Join(dir, "bundle.zip")
	peak := peakMemory()
	start := time.Now()
	switch half {
	case "write":
		key, err := storetest.Key("bench.example/log")
		if err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(filepath.Join(dir, "evidence.db"), store.Options{ReadOnly: true, Key: key})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		framework, controls := benchCatalog()
		err = s.View(func(v *store.View) error {
			sum, err := bundle.Write(context.Background(), f, storeView{v}, bundle.Request{Framework: framework,
				Controls: controls, Key: key, Tool: "bench", AsOf: storetest.Start().AddDate(1, 0, 0),
				Period: evidence.Window{From: storetest.Start(), To: storetest.Start().AddDate(1, 0, 0)}})
			fmt.Println("METRIC MB", float64(sum.Bytes)/1e6)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	case "verify":
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		r, err := verify.Bundle(f, info.Size(), verify.Options{})
		if err != nil || !r.OK() {
			t.Fatal(err, r.Problems)
		}
		fmt.Println("METRIC subjects", r.Subjects)
		fmt.Println("METRIC observations", r.Observations)
		fmt.Println("METRIC unpacked-MB", float64(r.Bytes)/1e6)
	}
	fmt.Println("METRIC s", time.Since(start).Seconds())
	fmt.Println("METRIC peak-MB", peak())
	fmt.Println("METRIC peak-with-mapped-file-MB", procStatus("VmHWM:"))
}

// peakMemory samples the process's own memory, without the store's file, whose mapped pages the system takes back at
// will.
func peakMemory() func() float64 {
	stop, done := make(chan struct{}), make(chan float64)
	go func() {
		peak := 0.0
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			peak = max(peak, procStatus("RssAnon:"))
			select {
			case <-tick.C:
			case <-stop:
				done <- peak
				return
			}
		}
	}()
	return func() float64 { close(stop); return <-done }
}

// procStatus returns a field of /proc/self/status in MB, 0 where there is none.
func procStatus(field string) float64 {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, field); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb * 1024 / 1e6
		}
	}
	return 0
}

// storeView is the store's view as a bundle.View.
type storeView struct{ *store.View }

func (v storeView) Snapshots(size int64, subjectType string) ([]bundle.Snapshot, error) {
	all, err := v.View.Snapshots(size, subjectType)
	out := make([]bundle.Snapshot, len(all))
	for i, s := range all {
		out[i] = bundle.Snapshot{Snapshot: s.Snapshot, Digest: s.Digest, Entry: s.Entry}
	}
	return out, err
}

const benchTypes = 10

func benchType(i int) string { return fmt.Sprintf("aws.test.type%d", i) }

func benchCatalog() (evidence.Framework, []evidence.Control) {
	f := evidence.Framework{ID: "bench", Version: "1", Title: "Bench"}
	var controls []evidence.Control
	for i := range benchTypes {
		c := evidence.Control{ID: fmt.Sprintf("control-%d", i), Title: "Control"}
		for k := range 2 {
			c.Checks = append(c.Checks, evidence.Check{ID: fmt.Sprintf("check-%d-%d", i, k), Subject: benchType(i), Assert: "true"})
		}
		controls = append(controls, c)
		f.Requirements = append(f.Requirements, evidence.Requirement{ID: c.ID, Title: "Requirement", Controls: []string{c.ID}})
	}
	return f, controls
}

func benchStore(b *testing.B, path string, subjects, days int) {
	key, err := storetest.Key("bench.example/log")
	if err != nil {
		b.Fatal(err)
	}
	s, err := store.Create(path, store.CreateOptions{Key: key, At: storetest.Start(), Simulated: true})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	e := storetest.Estate{Subjects: subjects / benchTypes, Drift: subjects / benchTypes / 100}
	for i := range benchTypes {
		e.Types = append(e.Types, benchType(i))
	}
	framework, controls := benchCatalog()
	text, err := evidence.Encode(map[string]any{"controls": controls, "frameworks": []evidence.Framework{framework}})
	if err != nil {
		b.Fatal(err)
	}
	batch, err := s.Begin()
	if err != nil {
		b.Fatal(err)
	}
	if _, err := batch.Commit(evidence.KindCatalog, text, storetest.Start()); err != nil {
		b.Fatal(err)
	}
	corpus := e.Corpus(b)
	for day := range days {
		if _, err := e.Commit(b.Context(), s, day, corpus.Day(b, day)); err != nil {
			b.Fatal(err)
		}
		benchAssess(b, s, controls, evidence.Sum(text), day)
	}
}

// benchAssess judges by the object's digest: one in sixteen fails.
func benchAssess(b *testing.B, s *store.Store, controls []evidence.Control, catalog evidence.Digest, day int) {
	batch, err := s.Begin()
	if err != nil {
		b.Fatal(err)
	}
	at := storetest.Start().AddDate(0, 0, day).Add(time.Hour)
	observations, findings := batch.List("observations", "observation"), batch.List("findings", "finding")
	a := evidence.Assessment{Catalog: catalog, Evaluator: "bench", AsOf: at, Totals: map[evidence.Verdict]int{},
		Statuses: map[evidence.Status]int{}}
	err = s.View(func(v *store.View) error {
		a.View = v.Size()
		for _, c := range controls {
			f := evidence.Finding{Control: c.ID, Status: evidence.NotSatisfied, Counts: map[evidence.Verdict]int{}}
			snapshots, err := v.Snapshots(v.Size(), c.Checks[0].Subject)
			if err != nil {
				return err
			}
			for _, s := range snapshots {
				f.Scope = s.Scope.ID()
				for _, k := range c.Checks {
					err := v.List(s.Subjects, func(id string, d evidence.Digest) error {
						o := evidence.Observation{Control: c.ID, Check: k.ID, Type: k.Subject, Subject: id, Scope: f.Scope,
							Verdict: evidence.Pass, Facts: map[string]json.RawMessage{"public": json.RawMessage("false")},
							Evidence: []evidence.Digest{d}}
						if d[0]>>4 == 0 {
							o.Verdict = evidence.Fail
						}
						f.Counts[o.Verdict]++
						a.Totals[o.Verdict]++
						raw, err := evidence.Encode(o)
						if err != nil {
							return err
						}
						_, err = observations.Add(b.Context(), o.Key(), raw)
						return err
					})
					if err != nil {
						return err
					}
				}
			}
			raw, err := evidence.Encode(f)
			if err != nil {
				return err
			}
			a.Statuses[f.Status]++
			if _, err := findings.Add(b.Context(), f.Key(), raw); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	if a.Observations, err = observations.Close(); err != nil {
		b.Fatal(err)
	}
	if a.Findings, err = findings.Close(); err != nil {
		b.Fatal(err)
	}
	raw, err := evidence.Encode(a)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := batch.Commit(evidence.KindAssessment, raw, at); err != nil {
		b.Fatal(err)
	}
}
