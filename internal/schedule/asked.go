package schedule

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// do runs f where the jobs are kept, and waits for it.
func (s *Scheduler) do(f func()) error {
	done := make(chan struct{})
	select {
	case s.calls <- func() { f(); close(done) }:
		<-done
		return nil
	case <-s.over:
		return ErrEnding
	}
}

// RunNow begins a run of the job and returns a channel that gives how it ended, once. A job whose group is busy waits for it.
// The turns of the job stay as they are.
func (s *Scheduler) RunNow(name string) (<-chan error, error) {
	answer := make(chan error, 1)
	var err error
	called := s.do(func() {
		e := s.jobs[name]
		switch {
		case e == nil || e.gone:
			err = fmt.Errorf("%w: %s; there are %s", ErrUnknown, name, s.names())
		case e.cancel != nil || e.state.Due:
			err = fmt.Errorf("%w: %s", ErrRunning, name)
		default:
			e.state.Due = true
			e.asked = append(e.asked, answer)
		}
	})
	if called != nil {
		return nil, called
	}
	return answer, err
}

// Cancel ends the job's run, or takes back that it waits for one.
func (s *Scheduler) Cancel(name string) error {
	var err error
	called := s.do(func() {
		e := s.jobs[name]
		switch {
		case e == nil:
			err = fmt.Errorf("%w: %s; there are %s", ErrUnknown, name, s.names())
		case e.cancel != nil:
			e.cancel(ErrCancelled)
		case e.state.Due:
			e.state.Due = false
			e.answer(ErrCancelled)
		default:
			err = fmt.Errorf("%w: %s", ErrNotRunning, name)
		}
	})
	if called != nil {
		return called
	}
	return err
}

// Status returns all jobs, by name.
func (s *Scheduler) Status() ([]Status, error) {
	var out []Status
	err := s.do(func() {
		for _, e := range s.jobs {
			out = append(out, Status{Name: e.job.Name, Next: e.at(), Running: e.cancel != nil, State: e.state})
		}
	})
	slices.SortFunc(out, func(a, b Status) int { return strings.Compare(a.Name, b.Name) })
	return out, err
}

func (s *Scheduler) names() string {
	var names []string
	for name := range s.jobs {
		names = append(names, name)
	}
	if len(names) == 0 {
		return "none"
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// Replace puts other jobs in place of those there are. A job that stays keeps its turns, also when it is run otherwise from
// now on; a run under way goes on, unless its job is gone. The error is the Memory's, and ends Run too.
func (s *Scheduler) Replace(jobs []Job) error {
	var err error
	if called := s.do(func() { err = s.replace(jobs) }); called != nil {
		return called
	}
	return err
}

func (s *Scheduler) replace(jobs []Job) error {
	wanted := map[string]bool{}
	for _, job := range jobs {
		if wanted[job.Name] {
			return fmt.Errorf("job %s is there twice", job.Name)
		}
		wanted[job.Name] = true
	}
	for name, e := range s.jobs {
		if wanted[name] {
			continue
		}
		e.state.Due = false
		e.answer(ErrRemoved)
		if e.cancel == nil {
			delete(s.jobs, name)
			continue
		}
		e.gone, e.turn = true, time.Time{}
		e.cancel(ErrRemoved)
	}
	for _, job := range jobs {
		if err := s.put(job); err != nil {
			return err
		}
	}
	return nil
}

// put adds a job, or changes it.
func (s *Scheduler) put(job Job) error {
	e := s.jobs[job.Name]
	if e == nil {
		state, err := s.o.Memory.Load(job.Name)
		if err != nil {
			return fmt.Errorf("learn where job %s stands: %w", job.Name, err)
		}
		e = &entry{state: state}
		s.jobs[job.Name] = e
	}
	before := e.job
	e.job, e.gone = job, false
	if e.cancel != nil {
		e.job.Group = before.Group // it holds this one's place until it ends
	} else if e.state.Running() {
		s.interrupted(e)
	}
	s.plan(e)
	return s.save(e)
}

// interrupted takes in that an earlier process ended in the middle of a run. The run is made up for, but not again and again:
// it may be what ends the process.
func (s *Scheduler) interrupted(e *entry) {
	s.o.Tell(Event{Job: e.job.Name, Kind: Broken, Since: e.state.Started})
	e.state.Ended, e.state.Outcome, e.state.Error = s.now(), Interrupted, "the process ended before the run did"
	e.state.Interruptions++
	e.state.Due = e.state.Due || e.state.Interruptions == 1
}

// plan finds the job's next turn. Turns of another schedule than it has now are not missed.
func (s *Scheduler) plan(e *entry) {
	now, known := s.now(), !e.state.Turn.IsZero()
	if !known || e.state.Schedule != e.job.Spec.String() {
		e.state.Turn, e.state.Schedule = now, e.job.Spec.String()
		e.state.Due = e.state.Due || !known && e.job.Eager && !e.job.Spec.IsZero()
	}
	e.turn = e.job.Spec.Next(e.state.Turn)
}
