package collect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"exhibit/internal/evidence"
)

// Env is what a provider may use of the outside.
type Env struct {
	// Source is the name of the configured source.
	Source string
	// Dir is where relative paths in the source's section start; empty is the working directory.
	Dir string
	// Transport lets out declared operations only, and only inside Task.Call.
	Transport http.RoundTripper
	// AuthTransport is for obtaining credentials (STS, token endpoints, metadata services) and nothing else.
	AuthTransport http.RoundTripper
	// Getenv reads the environment.
	Getenv func(string) string
	// Now is the clock.
	Now func() time.Time
}

// Task is one collector at work in one scope. Its methods may be called from the goroutines of one Collect.
type Task struct {
	*work
	region string // by which calls are paced and broken off
}

// work is what all views of one task share.
type work struct {
	run   *run
	src   *source
	col   Collector
	scope evidence.Scope
	slots chan struct{} // calls in flight of this task
	list  List
	mark  *mark  // nil for what is no population with a mark
	lists *lists // of the account; nil while it is planned

	mu     sync.Mutex
	ops    map[string]*opCount
	ids    map[string]struct{}
	listed int
	kept   int
	out    map[string]int
	second *evidence.SecondCount
	skew   *int64
	host   string

	recounts []evidence.Recount
}

// Scope returns the scope that is collected.
func (t *Task) Scope() evidence.Scope { return t.scope }

// In returns the same task calling another region than its scope's: pace and circuit are kept by region.
func (t *Task) In(region string) *Task { return &Task{work: t.work, region: region} }

// Call makes one call of a declared operation: fn must send through Env.Transport with the context that it gets. Call
// paces it, bounds it in time, counts it, and returns its failure as *Error. An answer "not configured" (one of the
// operation's Absent codes) is an *Error too, with Absent set. When the run itself has ended it returns ctx's error.
// One Call is one request with its retries: a list's every page is a Call of its own. Calls do not nest.
func (t *Task) Call(ctx context.Context, op string, fn func(ctx context.Context) error) error {
	o, ok := t.operation(op)
	if !ok {
		return t.fail(op, &Error{Operation: op, Outcome: evidence.OutcomeFailed, Err: ErrUndeclared})
	}
	l := t.lane(t.src.pacer.of(op))
	if e := t.decided(o, l); e != nil {
		return t.fail(op, e)
	}
	release, err := t.admit(ctx, op, l)
	if err != nil {
		return err
	}
	defer release()
	c := &call{task: t, lane: l, op: o, paid: true}
	err = t.timed(ctx, c, fn)
	if err == nil {
		l.circuit.answered()
		t.count(c, evidence.OutcomeOK, nil)
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("call %s: %w", op, context.Cause(ctx))
	}
	return t.failed(c, err)
}

// Part makes one call about one subject, whose answer fn puts under key of its document. An answer "not configured" is
// (false, nil): leave the key out. A failure is recorded in s.Missing under key and is (false, nil) as well. The error
// is only for a run that has ended. Parts of one subject may not run at the same time; parts of several may.
func (t *Task) Part(
	ctx context.Context, s *evidence.Subject, key, op string, fn func(ctx context.Context) error,
) (bool, error) {
	err := t.Call(ctx, op, fn)
	return err == nil, t.Miss(s, key, err)
}

// Miss records that key of the subject's document is missing because of err, a failure of Call or Once. Absent is no
// failure, nor is nil. It returns err when that is none of a call's: the run has ended.
func (t *Task) Miss(s *evidence.Subject, key string, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	if e.Absent {
		return nil
	}
	if s.Missing == nil {
		s.Missing = map[string]evidence.Missing{}
	}
	s.Missing[key] = e.Missing()
	t.note(e)
	return nil
}

// Lost records the failure of a call that no part of a subject depends on, such as a second count. It returns err when
// that is none of a call's: the run has ended.
func (t *Task) Lost(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	if !e.Absent {
		t.note(e)
	}
	return nil
}

// Listed adds n to the items that the list calls returned. What is listed must be emitted or excluded: the snapshot
// fails otherwise.
func (t *Task) Listed(n int) {
	t.mu.Lock()
	t.listed += n
	t.mu.Unlock()
	t.run.progress()
}

// Exclude counts n listed items that are left out for the reason.
func (t *Task) Exclude(reason string, n int) {
	t.mu.Lock()
	t.out[reason] += n
	t.mu.Unlock()
}

// SecondCount states how many items op counts where the lists returned Listed.
func (t *Task) SecondCount(op string, n int) {
	t.mu.Lock()
	t.second = &evidence.SecondCount{Operation: op, Count: n}
	t.mu.Unlock()
}

// Params states the fixed parameters of op's calls, for the record.
func (t *Task) Params(op string, params map[string]string) {
	t.mu.Lock()
	t.opCount(op).params = params
	t.mu.Unlock()
}

// Emit seals the subject and stages it. Type may be left empty. A subject listed twice is kept once.
func (t *Task) Emit(ctx context.Context, s evidence.Subject) error {
	if s.Type == "" {
		s.Type = t.col.Type()
	}
	if s.ID == "" || s.Type != t.col.Type() {
		return fmt.Errorf("emit %s %q: a subject of %s needs its own type and an id", s.Type, s.ID, t.col.Type())
	}
	t.mu.Lock()
	_, twice := t.ids[s.ID]
	t.ids[s.ID] = struct{}{}
	t.mu.Unlock()
	if twice {
		t.Exclude("listed twice", 1)
		return nil
	}
	object, err := t.run.sealer(t.col.Schema).Seal(s)
	if err == nil && ctx.Err() != nil { // the collector's end, and no fault of the batch
		err = fmt.Errorf("emit %s %s: %w", s.Type, s.ID, context.Cause(ctx))
	}
	if err != nil {
		t.mu.Lock()
		delete(t.ids, s.ID) // what an earlier snapshot holds of it is carried over
		t.mu.Unlock()
		return err
	}
	if _, err := t.list.Add(context.WithoutCancel(ctx), s.ID, object); err != nil {
		return &batchError{fmt.Errorf("stage %s %s: %w", s.Type, s.ID, err)}
	}
	t.mu.Lock()
	t.kept++
	t.mu.Unlock()
	t.run.subjects.Add(1)
	return nil
}

// Once returns what f returned when it was first called for key in this run of the source and this scope, so that two
// collectors that need the same answer, or a collector and the plan of its account, ask once. f's calls are counted where
// they were made; its error is everyone's.
func Once[T any](ctx context.Context, t *Task, key string, f func(ctx context.Context) (T, error)) (T, error) {
	return once(ctx, t, t.scope.ID(), key, f)
}

// OnceForAll is Once for all accounts of this run of the source, for what belongs to none of them. The answer is kept
// until the source is done.
func OnceForAll[T any](ctx context.Context, t *Task, key string, f func(ctx context.Context) (T, error)) (T, error) {
	return once(ctx, t, everywhere, key, f)
}

// everywhere is no scope's id.
const everywhere = ""

func once[T any](ctx context.Context, t *Task, scope, key string, f func(ctx context.Context) (T, error)) (T, error) {
	var zero T
	m, first := t.src.memo(scope, key)
	if first {
		func() {
			defer close(m.done)
			m.value, m.err = f(ctx)
		}()
	}
	select {
	case <-m.done:
	case <-ctx.Done():
		return zero, context.Cause(ctx)
	}
	if m.err != nil {
		_ = t.Lost(m.err) // when that is none of a call's, it is returned all the same
		return zero, m.err
	}
	return m.value.(T), nil
}

// Each calls f for every item, many at a time, and returns the first error after all have ended.
func Each[T any](ctx context.Context, items []T, f func(ctx context.Context, item T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan T)
	var wg sync.WaitGroup
	for range min(len(items), eachWidth) {
		wg.Go(func() {
			for item := range next {
				if err := guard(func() error { return f(ctx, item) }); err != nil {
					cancel(err)
				}
			}
		})
	}
feed:
	for _, item := range items {
		select {
		case next <- item:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	wg.Wait()
	return context.Cause(ctx)
}

// guard turns a panic into an error: one collector's mistake is not the end of the others.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}

// eachWidth is how many items Each works on at once; the calls that they make are bounded by Limits.
const eachWidth = 64

func (t *Task) operation(name string) (*Operation, bool) {
	for i := range t.col.Operations {
		if t.col.Operations[i].Name == name {
			return &t.col.Operations[i], true
		}
	}
	return nil, false
}

// service is the part of an operation's name by which it is paced: "s3" of "s3:GetBucketPolicy".
func service(op string) string {
	if i := strings.IndexAny(op, ":./"); i >= 0 {
		return op[:i]
	}
	return op
}
