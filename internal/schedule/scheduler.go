package schedule

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// Errors of a run's context, by cause.
var (
	ErrCancelled = errors.New("cancelled")
	ErrRemoved   = errors.New("the job is no longer configured")
	ErrEnding    = errors.New("the scheduler ends")
	// ErrUnknown means that there is no such job, ErrNotRunning that it is not running, ErrRunning that it already is.
	ErrUnknown    = errors.New("there is no such job")
	ErrNotRunning = errors.New("the job is not running")
	ErrRunning    = errors.New("the job is running already")
)

// lookEvery bounds how long the scheduler sleeps: time that passes while the machine does not run is seen this soon.
const lookEvery = time.Minute

// Options configure New. Memory and Now are needed.
type Options struct {
	Memory Memory
	Now    func() time.Time
	// Tell is told what happens, one event at a time; nil is nobody. It must not call the Scheduler.
	Tell func(Event)
}

// Scheduler runs jobs. Its methods may be called from many goroutines; those that wait end when Run has ended.
type Scheduler struct {
	o     Options
	calls chan func()
	ended chan ending
	over  chan struct{}

	// What follows belongs to the goroutine that calls Run.
	jobs    map[string]*entry
	groups  map[string]string // by group, the job that runs
	running int
}

// entry is a job and where it stands.
type entry struct {
	job    Job
	state  State
	turn   time.Time // the next one, without jitter
	asked  []chan error
	cancel context.CancelCauseFunc
	gone   bool // no longer configured, and still running
}

type ending struct {
	e   *entry
	err error
}

// New returns a Scheduler without jobs.
func New(o Options) *Scheduler {
	if o.Tell == nil {
		o.Tell = func(Event) {}
	}
	return &Scheduler{o: o, calls: make(chan func()), ended: make(chan ending), over: make(chan struct{}),
		jobs: map[string]*entry{}, groups: map[string]string{}}
}

// Run runs jobs until ctx ends, ends those that are under way, and returns when they have. An error is the Memory's: where
// jobs stand is not known any more.
func (s *Scheduler) Run(ctx context.Context, jobs []Job) error {
	defer close(s.over)
	err := s.replace(jobs)
	for err == nil && ctx.Err() == nil {
		var next time.Time
		if next, err = s.look(ctx); err != nil {
			break
		}
		timer := time.NewTimer(min(max(next.Sub(s.now()), 0), lookEvery))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case f := <-s.calls:
			f()
		case done := <-s.ended:
			err = s.end(done)
		}
		timer.Stop()
	}
	return errors.Join(err, s.finish())
}

// finish ends what runs.
func (s *Scheduler) finish() (err error) {
	for _, e := range s.jobs {
		if e.cancel != nil {
			e.cancel(ErrEnding)
		}
		e.answer(ErrEnding)
	}
	for s.running > 0 {
		if lost := s.end(<-s.ended); err == nil {
			err = lost
		}
	}
	return err
}

func (s *Scheduler) now() time.Time { return s.o.Now().UTC() }

// look starts what is due and returns when something will be.
func (s *Scheduler) look(ctx context.Context) (next time.Time, err error) {
	now := s.now()
	next = now.Add(lookEvery)
	for _, e := range s.inOrder() {
		if at := e.at(); !at.IsZero() && !at.After(now) {
			if err := s.arrive(e, now); err != nil {
				return next, err
			}
		}
		if e.state.Due && !s.busy(e) {
			if err := s.start(ctx, e, now); err != nil {
				return next, err
			}
		}
		if at := e.at(); !at.IsZero() && at.Before(next) {
			next = at
		}
	}
	return next, nil
}

// inOrder returns the jobs by their next turn, so that none of a group waits for ever.
func (s *Scheduler) inOrder() []*entry {
	all := make([]*entry, 0, len(s.jobs))
	for _, e := range s.jobs {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b *entry) int {
		if c := a.state.Turn.Compare(b.state.Turn); c != 0 {
			return c
		}
		return strings.Compare(a.job.Name, b.job.Name)
	})
	return all
}

// at is when the next turn is to run; zero when there is none.
func (e *entry) at() time.Time {
	if e.turn.IsZero() {
		return e.turn
	}
	return e.turn.Add(offset(e.job.Name, e.job.Jitter))
}

// arrive takes the turns that have come.
func (s *Scheduler) arrive(e *entry, now time.Time) error {
	first, turns := e.turn, 0
	for at := e.at(); !at.IsZero() && !at.After(now); at = e.at() {
		e.state.Turn = e.turn
		e.turn = e.job.Spec.Next(e.turn)
		turns++
	}
	switch {
	case e.cancel != nil || e.state.Due:
		s.o.Tell(Event{Job: e.job.Name, Kind: Skipped, Turns: turns, Since: first})
	case turns > 1:
		s.o.Tell(Event{Job: e.job.Name, Kind: Missed, Turns: turns - 1, Since: first})
		e.state.Due = true
	default:
		e.state.Due = true
	}
	return s.save(e)
}

// busy reports whether a job has to wait.
func (s *Scheduler) busy(e *entry) bool {
	return e.cancel != nil || e.job.Group != "" && s.groups[e.job.Group] != ""
}

// start begins a run.
func (s *Scheduler) start(ctx context.Context, e *entry, now time.Time) error {
	e.state.Due = false
	e.state.Started, e.state.Ended, e.state.Outcome, e.state.Error = now, time.Time{}, "", ""
	if err := s.save(e); err != nil {
		return err
	}
	if e.job.Group != "" {
		s.groups[e.job.Group] = e.job.Name
	}
	s.running++
	s.o.Tell(Event{Job: e.job.Name, Kind: Started, Since: now})
	ctx, e.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	job := e.job
	go func() { s.ended <- ending{e, run(ctx, job)} }()
	return nil
}

// run runs a job once. A panic is its failure.
func run(ctx context.Context, job Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	if job.Deadline > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, job.Deadline, fmt.Errorf("the deadline of %s has passed", job.Deadline))
		defer stop()
	}
	return job.Run(ctx)
}

// end takes in that a run has ended.
func (s *Scheduler) end(done ending) error {
	e := done.e
	e.cancel(nil)
	e.cancel = nil
	s.running--
	if e.job.Group != "" {
		delete(s.groups, e.job.Group)
	}
	e.state.Ended, e.state.Outcome, e.state.Interruptions = s.now(), OK, 0
	if done.err != nil {
		e.state.Outcome, e.state.Error = Failed, done.err.Error()
		if errors.Is(done.err, ErrCancelled) || errors.Is(done.err, ErrEnding) || errors.Is(done.err, ErrRemoved) {
			e.state.Outcome = Cancelled
		}
		e.state.Due = e.state.Due || errors.Is(done.err, ErrEnding) // another process makes up for it
	}
	s.o.Tell(Event{Job: e.job.Name, Kind: Ended, Since: e.state.Started, Took: e.state.Ended.Sub(e.state.Started), Err: done.err})
	e.answer(done.err)
	if e.gone && s.jobs[e.job.Name] == e {
		delete(s.jobs, e.job.Name)
	}
	return s.save(e)
}

// answer tells those who asked for the run.
func (e *entry) answer(err error) {
	for _, c := range e.asked {
		c <- err
	}
	e.asked = nil
}

func (s *Scheduler) save(e *entry) error {
	if err := s.o.Memory.Save(e.job.Name, e.state); err != nil {
		return fmt.Errorf("keep where job %s stands: %w", e.job.Name, err)
	}
	return nil
}
