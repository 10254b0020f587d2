package collect

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"exhibit/internal/evidence"
)

// Config is one run.
type Config struct {
	Sources []OpenSource
	Batch   Batch
	// Past is what earlier runs left, from which collectors of events go on; nil is nothing.
	Past Past
	// RedactionKey keys the digests that stand for secrets.
	RedactionKey []byte
	// Trigger is "manual", "schedule", "ci", "ingest" or "simulation"; Tool the program's name and version.
	Trigger, Tool string
	// ID names the run; empty makes a time-ordered unique one.
	ID     string
	Limits Limits
	// Now is the clock of the evidence; nil is time.Now. Pace and deadlines go by real time.
	Now func() time.Time
	// Getenv reads the environment; nil is os.Getenv.
	Getenv func(string) string
	// Transport carries all requests; nil is NewTransport().
	Transport http.RoundTripper
	// Progress is told how far the run is, many times, one call at a time; nil is nobody.
	Progress func(Progress)
	// Only narrows to these collectors when not empty: a partial run for a person in a hurry.
	Only []string
}

// OpenSource is a source that is configured and not yet opened.
type OpenSource struct {
	Name     string
	Provider Provider
	// Decode reads the provider's section strictly.
	Decode func(any) error
	// Dir is where relative paths in the section start; empty is the working directory.
	Dir string
	// ConfigDigest is the digest of the section, which holds no secret.
	ConfigDigest evidence.Digest
}

// Progress says how far a run is.
type Progress struct {
	// Done and Total count collectors in scopes. Total is an estimate while accounts are yet to be planned: those are
	// taken to be as large as the others are on average.
	Done, Total int
	Subjects    int64
	Requests    int64
}

// run is one run under way.
type run struct {
	Config
	limits Limits
	slots  chan struct{}
	owned  *http.Transport // ours to close

	subjects, requests atomic.Int64

	mu           sync.Mutex
	done, total  int // pieces of work in planned accounts
	known, ahead int // accounts that are planned, and that are not yet
	scopes       []evidence.ScopeOutcome
	sealers      map[string]*Sealer
	detector     *detector

	snapshots List
	telling   sync.Mutex
}

// Run collects from all sources at once and stages snapshots and subjects in the batch, which the caller then commits
// with the Run as its body. What the sources could not answer is in the Run; an ended context is in Run.Error, with
// the scopes that were not tried. The error is the batch's: nothing of it may be committed.
func Run(ctx context.Context, cfg Config) (evidence.Run, error) {
	r := newRun(cfg)
	result := evidence.Run{ID: r.ID, Trigger: r.Trigger, Tool: r.Tool, Window: evidence.Window{From: r.now()}}
	r.snapshots = r.Batch.List("run|snapshots", "snapshot")
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	tasks := make(chan func(), r.limits.Tasks)
	var workers sync.WaitGroup
	for range r.limits.Tasks {
		workers.Go(func() {
			for task := range tasks {
				task()
			}
		})
	}
	var sources sync.WaitGroup
	for _, s := range r.Sources {
		sources.Go(func() { r.source(ctx, s, tasks, cancel) })
	}
	sources.Wait()
	close(tasks)
	workers.Wait()
	var failed *batchError
	if errors.As(context.Cause(ctx), &failed) {
		return evidence.Run{}, fmt.Errorf("collect: %w", failed)
	}
	if err := context.Cause(ctx); err != nil {
		result.Error = "ended before all was collected: " + err.Error()
	}
	ref, err := r.snapshots.Close()
	if err != nil {
		return evidence.Run{}, fmt.Errorf("collect: close the list of snapshots: %w", err)
	}
	result.Snapshots = ref
	if r.owned != nil {
		r.owned.CloseIdleConnections()
	}
	result.Window.To = r.now()
	result.Scopes = sortScopes(r.scopes)
	for _, s := range result.Scopes {
		result.Outcome = evidence.Worse(result.Outcome, s.Outcome)
	}
	if result.Outcome == "" {
		result.Outcome = evidence.OutcomeEmpty
	}
	return result, nil
}

func newRun(cfg Config) *run {
	r := &run{Config: cfg, limits: cfg.Limits.orDefault(), sealers: map[string]*Sealer{}, detector: newDetector()}
	r.slots = make(chan struct{}, r.limits.InFlight)
	if r.Now == nil {
		r.Now = time.Now
	}
	if r.Getenv == nil {
		r.Getenv = os.Getenv
	}
	if r.Transport == nil {
		r.owned = NewTransport()
		trust(r.owned, r.Getenv)
		r.Transport = r.owned
	}
	r.Transport = steady{r.Transport}
	if r.ID == "" {
		r.ID = NewID(r.now())
	}
	return r
}

// now is the time as it is recorded.
func (r *run) now() time.Time { return r.Now().UTC().Truncate(time.Millisecond) }

// NewID makes the time-ordered and unique id of a run that begins at the time.
func NewID(at time.Time) string {
	var b [4]byte
	rand.Read(b[:]) // never fails
	return at.Format("20060102T150405.000Z") + "-" + hex.EncodeToString(b[:])
}

// progress tells how far the run is.
func (r *run) progress() {
	if r.Progress == nil {
		return
	}
	r.mu.Lock()
	p := Progress{Done: r.done, Total: r.total}
	if r.known > 0 {
		p.Total += r.total * r.ahead / r.known
	}
	r.mu.Unlock()
	p.Subjects, p.Requests = r.subjects.Load(), r.requests.Load()
	r.telling.Lock()
	defer r.telling.Unlock()
	r.Progress(p)
}

// expected counts accounts that will be planned.
func (r *run) expected(n int) {
	r.mu.Lock()
	r.ahead += n
	r.mu.Unlock()
}

// planned counts an account that has n pieces of work.
func (r *run) planned(n int) {
	r.mu.Lock()
	r.total += n
	r.ahead--
	r.known++
	r.mu.Unlock()
	r.progress()
}

func (r *run) finished() {
	r.mu.Lock()
	r.done++
	r.mu.Unlock()
	r.progress()
}

// sealer returns the schema's sealer, made once a run.
func (r *run) sealer(s evidence.Schema) *Sealer {
	r.mu.Lock()
	defer r.mu.Unlock()
	sealer, ok := r.sealers[s.Type]
	if !ok {
		sealer = NewSealer(s, r.RedactionKey)
		r.sealers[s.Type] = sealer
	}
	return sealer
}

// errorBytes bounds what is kept of an error's text.
const errorBytes = 400

// clean returns what an error said, cut to errorBytes, or its digest when there is a secret anywhere in it: answers are
// quoted in errors.
func (r *run) clean(text string) string {
	if rule := r.detector.find(text); rule != "" {
		return rule + " in an error's text: " + (&redactor{key: r.RedactionKey}).digest(text)
	}
	return strings.ToValidUTF8(text[:min(len(text), errorBytes)], "?")
}
