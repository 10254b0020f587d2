package schedule

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// memory keeps states as a store does, and may fail.
type memory struct {
	mu     sync.Mutex
	states map[string]State
	fail   error
}

func (m *memory) Load(job string) (State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.states[job], m.fail
}

func (m *memory) Save(job string, s State) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail == nil {
		m.states[job] = s
	}
	return m.fail
}

// lab is a scheduler in a bubble of time.
type lab struct {
	t      *testing.T
	memory *memory
	s      *Scheduler
	stop   context.CancelFunc
	result chan error

	mu     sync.Mutex
	events []string
	starts map[string][]time.Time
}

func newLab(t *testing.T) *lab {
	return &lab{t: t, memory: &memory{states: map[string]State{}}, starts: map[string][]time.Time{}}
}

// start runs a new scheduler, as a process that was started again does.
func (l *lab) start(jobs ...Job) {
	ctx, stop := context.WithCancel(l.t.Context())
	l.stop, l.result = stop, make(chan error, 1)
	l.s = New(Options{Memory: l.memory, Now: time.Now, Tell: func(e Event) {
		l.mu.Lock()
		defer l.mu.Unlock()
		text := e.Job + " " + e.Kind
		if e.Turns > 0 {
			text += fmt.Sprint(" ", e.Turns)
		}
		if e.Err != nil {
			text += ": " + strings.SplitN(e.Err.Error(), "\n", 2)[0]
		}
		l.events = append(l.events, text)
	}})
	s, result := l.s, l.result
	go func() { result <- s.Run(ctx, jobs) }()
	synctest.Wait()
}

// end ends it in order.
func (l *lab) end() {
	l.t.Helper()
	l.stop()
	if err := <-l.result; err != nil {
		l.t.Error(err)
	}
}

// job takes as long as it is told to.
func (l *lab) job(name, expr string, took time.Duration) Job {
	spec, err := Parse(expr, "")
	if err != nil {
		l.t.Fatal(err)
	}
	return Job{Name: name, Spec: spec, Run: func(ctx context.Context) error {
		l.mu.Lock()
		l.starts[name] = append(l.starts[name], time.Now().UTC())
		l.mu.Unlock()
		select {
		case <-time.After(took):
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}}
}

func (l *lab) want(events ...string) {
	l.t.Helper()
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Equal(l.events, events) {
		l.t.Errorf("events\n  %s\nwant\n  %s", strings.Join(l.events, "\n  "), strings.Join(events, "\n  "))
	}
	l.events = nil
}

// pass lets time pass.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
