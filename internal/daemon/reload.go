package daemon

import (
	"context"
	"fmt"
	"os"
	"os/user"
)

// reload reads the configuration again. It takes effect whole, or not at all: with one mistake in it, everything stays as it
// was. That it was read is an action of who made it be read.
func (s *Service) reload(who string) error {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	err := s.tryReload()
	if err != nil {
		s.gauges.refused.Inc()
		s.Log.Error("configuration refused; the one before stays", "error", err)
	} else {
		s.Log.Info("configuration read", "sources", len(s.app.Load().Config.Sources))
	}
	if lost := s.app.Load().Act(who, "reload", err, "file", s.File); lost != nil {
		return lost
	}
	return err
}

// Reread reads the configuration again because somebody asked for it, and returns how many jobs there are by it.
func (s *Service) Reread(who string) (jobs int, err error) {
	if err := s.reload(who); err != nil {
		return 0, err
	}
	status, err := s.schedule.Status()
	return len(status), err
}

func (s *Service) tryReload() error {
	cfg, err := s.Load()
	if err != nil {
		return err
	}
	now := s.app.Load()
	if cfg.Store != now.Config.Store || cfg.Key != now.Config.Key {
		return fmt.Errorf("%w: another store or key needs a restart", ErrConfig)
	}
	if a, b := cfg.Serve, now.Config.Serve; a.Listen != b.Listen || a.Monitor != b.Monitor || a.MonitorToken != b.MonitorToken {
		return fmt.Errorf("%w: serve: another address or token needs a restart", ErrConfig)
	}
	next, err := now.With(cfg)
	if err != nil {
		return err
	}
	for _, source := range cfg.Sources {
		if _, err := openSource(source); err != nil {
			return err
		}
	}
	if a, b := cfg.Inlet, now.Config.Inlet; a.Listen != b.Listen || a.Cert != b.Cert || a.Key != b.Key ||
		a.BehindProxy != b.BehindProxy {
		return fmt.Errorf("%w: inlet: another address, certificate or proxy needs a restart", ErrConfig)
	}
	rules, err := inletRules(cfg)
	if err != nil {
		return err
	}
	ways, err := s.ways(next)
	if err != nil {
		return err
	}
	jobs, err := s.jobs(next)
	if err != nil {
		return err
	}
	s.app.Store(next) // before its jobs run
	if err := s.schedule.Replace(jobs); err != nil {
		s.app.Store(now)
		return err
	}
	s.box.Use(ways)
	s.rules.Store(&rules)
	return nil
}

// follow reads the configuration again when its file or a folder that it names has changed, and when it is asked to.
func (s *Service) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	changed := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		watch(ctx, s.lookEvery, s.watched, func() {
			select {
			case changed <- struct{}{}:
			case <-ctx.Done():
			}
		})
	}()
	defer func() { cancel(nil); <-done }()
	for {
		who := s.Who
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
			who = "file change"
		case <-s.Hangups:
		}
		_ = s.manager.tell(stateReloading)
		if err := s.reload(who); err != nil && fatal(err) {
			return err
		}
		_ = s.manager.tell(stateReady)
	}
}

// watched are the files and folders that the configuration stands in.
func (s *Service) watched() []string {
	c := s.app.Load().Config
	return []string{s.File, c.Controls, c.Mappings, c.Acceptances, c.Attestations, c.Attestation.Signers}
}

// UserName is the operating system's user who runs the process.
func UserName(getenv func(string) string) string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	if name := getenv("USER"); name != "" {
		return name
	}
	return fmt.Sprint("uid ", os.Getuid())
}
