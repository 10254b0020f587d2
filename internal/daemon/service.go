package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"exhibit/internal/collect"
	"exhibit/internal/config"
	"exhibit/internal/inlet"
	"exhibit/internal/outbox"
	"exhibit/internal/schedule"
	"exhibit/internal/store"
	"exhibit/internal/web"
)

// ServeOptions configure Serve. All but the callbacks are needed.
type ServeOptions struct {
	// App is the store, opened for writing, with the configuration to begin with.
	App *App
	// Load reads the configuration again. An error refuses it: what is configured stays.
	Load func() (*config.Config, error)
	// File is the configuration's file, whose change makes it be read again, as a value from Hangups does.
	File    string
	Hangups <-chan os.Signal
	// Who is the operating system's user, who starts and stops the daemon.
	Who string
	Log *slog.Logger
	// Limits bound each collection.
	Limits collect.Limits
	// Commands runs the commands of other processes.
	Commands func(*Service, *App) Handler
	// Page is the report.
	Page func(*App) web.Page
	// Listening is told each address that is listened at.
	Listening func(what, address string)
	// Ready is called when everything runs.
	Ready func()
}

// Service is the daemon while it runs. It owns every goroutine that it starts; they have ended when Serve returns.
type Service struct {
	ServeOptions
	app      atomic.Pointer[App]
	rules    atomic.Pointer[[]inlet.Rule] // of who may deliver
	gauges   *gauges
	manager  manager
	schedule *schedule.Scheduler
	troubles troubles
	box      *outbox.Box
	telling  sync.Mutex // a report is told once at a time
	stop     context.CancelCauseFunc

	reloading sync.Mutex
	ways      func(*App) (map[string]outbox.Deliverer, error) // of sending messages
	lookEvery time.Duration                                   // how often the configuration's files are looked at
}

func newService(o ServeOptions) (*Service, error) {
	s := &Service{ServeOptions: o, gauges: newGauges(), manager: managerOf(o.App.getenv), lookEvery: watchEvery, ways: (*App).deliverers}
	s.app.Store(o.App)
	rules, err := inletRules(o.App.Config)
	if err != nil {
		return nil, err
	}
	s.rules.Store(&rules)
	s.schedule = schedule.New(schedule.Options{Memory: memory{o.App.Store}, Now: o.App.now, Tell: s.tell})
	if s.box, err = o.App.post(s.over, s.tried); err != nil {
		return nil, err
	}
	s.gauges.waiting = s.box.Counts
	return s, nil
}

// Box is the outbox.
func (s *Service) Box() *outbox.Box { return s.box }

// errStopped is why things end when the daemon was told to.
var errStopped = errors.New("the daemon was stopped")

// Serve runs the daemon until ctx ends, then lets what is under way end in order, for no longer than the configured grace.
// It fails when it cannot begin, and when the store's state is unknown, which only opening it again puts right.
func Serve(ctx context.Context, o ServeOptions) error {
	s, err := newService(o)
	if err != nil {
		return err
	}
	listeners, err := s.listen()
	if err != nil {
		return err
	}
	if err := s.App.Act(s.Who, "serve", nil); err != nil {
		return errors.Join(err, listeners.close())
	}
	if err := s.gauges.read(s.App); err != nil {
		return errors.Join(err, listeners.close())
	}
	jobs, err := s.jobs(o.App)
	if err != nil {
		return errors.Join(err, listeners.close())
	}
	work, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	s.stop = stop
	ended := make(chan error, 1)
	go func() { ended <- runParts(work, s.parts(listeners, jobs)) }()
	if err := s.manager.tell(stateReady); err != nil {
		s.Log.Warn("the service manager was not told", "error", err)
	}
	s.Ready()
	if !slices.ContainsFunc(jobs, func(j schedule.Job) bool { return strings.HasPrefix(j.Name, jobCollect) && !j.Spec.IsZero() }) {
		s.Log.Warn("no source has a schedule: nothing is collected unless somebody asks for it")
	}
	s.Log.Info("serving", "store", o.App.Config.Store, "sources", len(o.App.Config.Sources))
	select {
	case err = <-ended:
	case <-ctx.Done():
		s.Log.Info("stopping", "grace", s.grace().String())
		_ = s.manager.tell(stateStopping) // it sees the end itself
		stop(errStopped)
		err = s.wait(ended)
	}
	if err != nil {
		s.Log.Error("ended", "error", err)
		return err
	}
	if err := s.app.Load().Act(s.Who, "stop", nil); err != nil {
		return err
	}
	s.Log.Info("ended")
	return nil
}

func (s *Service) grace() time.Duration { return time.Duration(s.app.Load().Config.Serve.Grace) }

// wait waits for the end of all goroutines, for the grace.
func (s *Service) wait(ended <-chan error) error {
	timer := time.NewTimer(s.grace())
	defer timer.Stop()
	select {
	case err := <-ended:
		return err
	case <-timer.C:
		return fmt.Errorf("stop: something was still under way after %s; what was committed is whole", s.grace())
	}
}

// handle runs a command of another process by the configuration of now.
func (s *Service) handle(ctx context.Context, c Command, stdout, stderr io.Writer) int {
	return s.Commands(s, s.app.Load())(ctx, c, stdout, stderr)
}

// part is something that the daemon does until its context ends.
type part struct {
	name string
	run  func(context.Context) error
}

// parts are what the daemon does: what works by itself, and what listens.
func (s *Service) parts(l *listeners, jobs []schedule.Job) []part {
	parts := append(s.works(jobs), part{"commands", func(ctx context.Context) error {
		return ServeSocket(ctx, SocketPath(s.App.Config.Store), s.handle)
	}})
	for _, one := range l.all {
		parts = append(parts, part{one.what, one.serve})
	}
	if every := watchdog(s.App.getenv); every > 0 {
		parts = append(parts, part{"watchdog", func(ctx context.Context) error { return s.beat(ctx, every) }})
	}
	return parts
}

// works are the parts that work by themselves.
func (s *Service) works(jobs []schedule.Job) []part {
	return []part{
		{"schedule", func(ctx context.Context) error { return s.schedule.Run(ctx, jobs) }},
		{"configuration", s.follow},
		{"outbox", s.box.Run},
	}
}

// runParts runs all parts until ctx ends or one fails, and returns when all have ended.
func runParts(ctx context.Context, parts []part) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, p := range parts {
		group.Go(func() error {
			err := p.run(ctx)
			if ctx.Err() != nil && (err == nil || errors.Is(err, context.Cause(ctx)) || errors.Is(err, context.Canceled)) {
				return nil
			}
			if err == nil {
				err = errors.New("ended by itself")
			}
			return fmt.Errorf("%s: %w", p.name, err)
		})
	}
	err := group.Wait()
	if cause := context.Cause(ctx); err == nil && cause != nil && fatal(cause) {
		return cause
	}
	return err
}

// beat tells the service manager that the process is alive, for as long as the store can be read.
func (s *Service) beat(ctx context.Context, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := s.App.Store.View(func(*store.View) error { return nil }); err != nil {
			return err
		}
		if err := s.manager.tell(stateAlive); err != nil {
			s.Log.Warn("the service manager was not told", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
