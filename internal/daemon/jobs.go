package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"exhibit/internal/evidence"
	"exhibit/internal/schedule"
	"exhibit/internal/store"
)

// Names of jobs. A source's is "collect" and its name.
const (
	jobCollect = "collect "
	jobAssess  = "assess"
	jobCheck   = "check store"
	jobPrune   = "prune store"
	jobReport  = "report "
)

// The jobs of one group write the ledger for long, one after the other.
const groupLedger = "ledger"

// jobNotes names the notes of where jobs stand.
const jobNotes = "job|"

// memory keeps where jobs stand in the store's notes.
type memory struct{ store *store.Store }

// Load implements schedule.Memory.
func (m memory) Load(job string) (s schedule.State, err error) {
	err = m.store.View(func(v *store.View) error {
		note := v.Note(jobNotes + job)
		if note == nil {
			return nil
		}
		return json.Unmarshal(note, &s)
	})
	return s, err
}

// Save implements schedule.Memory.
func (m memory) Save(job string, s schedule.State) error {
	note, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return m.store.PutNotes(map[string][]byte{jobNotes + job: note})
}

// jobs are what the daemon does by itself.
func (s *Service) jobs(a *App) ([]schedule.Job, error) {
	var jobs []schedule.Job
	for _, source := range a.Config.Sources {
		name := source.Name
		jobs = append(jobs, schedule.Job{
			Name: jobCollect + name, Group: groupLedger, Spec: source.Schedule, Jitter: source.Jitter, Deadline: source.Deadline,
			Eager: true, Run: func(ctx context.Context) error { return s.collect(ctx, name) },
		})
	}
	// Evidence grows stale, acceptances end and people attest, though nothing is collected.
	nightly, err := schedule.Parse("5 0 * * *", a.Config.Zone)
	if err != nil {
		return nil, err
	}
	jobs = append(jobs, schedule.Job{Name: jobAssess, Group: groupLedger, Spec: nightly, Run: s.assess})
	weekly, err := schedule.Parse("35 3 * * SUN", a.Config.Zone)
	if err != nil {
		return nil, err
	}
	jobs = append(jobs, schedule.Job{Name: jobCheck, Spec: weekly, Run: s.check})
	before, err := schedule.Parse("5 2 * * SUN", a.Config.Zone)
	if err != nil {
		return nil, err
	}
	jobs = append(jobs, schedule.Job{Name: jobPrune, Group: groupLedger, Spec: before, Run: s.prune})
	for _, r := range a.Config.Notify.Reports {
		if !r.Schedule.IsZero() {
			jobs = append(jobs, schedule.Job{Name: jobReport + r.Name, Group: groupLedger, Spec: r.Schedule,
				Run: func(ctx context.Context) error { return s.report(ctx, r) }})
		}
	}
	return jobs, nil
}

// collect collects one source. A source that could not be reached is told by the run, and does not fail the job.
func (s *Service) collect(ctx context.Context, source string) error {
	a := s.app.Load()
	res, err := a.Collect(ctx, CollectRequest{Sources: []string{source}, Trigger: "schedule", Limits: s.Limits})
	if res.Run.ID != "" {
		outcome := outcomes(res.Run)[source]
		s.gauges.runs.WithLabelValues(source, string(outcome)).Inc()
		level := s.Log.Info
		if !outcome.Seen() {
			level = s.Log.Warn
		}
		level("collected", "source", source, "run", res.Run.ID, "outcome", string(outcome), "entry", res.Entry,
			"fail", res.Assessment.Totals[evidence.Fail], "unknown", res.Assessment.Totals[evidence.Unknown])
	}
	return errors.Join(err, s.judged(ctx))
}

// assess takes in what people decided and judges what is committed.
func (s *Service) assess(ctx context.Context) error {
	_, err := s.app.Load().Assess(ctx)
	if errors.Is(err, ErrNothing) {
		return nil
	}
	if err := errors.Join(err, s.judged(ctx)); err != nil {
		return err
	}
	return s.app.Load().WarnOfEnds(s.box)
}

// judged is called when there may be another assessment.
func (s *Service) judged(ctx context.Context) error {
	if err := s.gauges.read(s.app.Load()); err != nil {
		return err
	}
	return s.atOnce(ctx)
}

// check verifies the whole store.
func (s *Service) check(ctx context.Context) error {
	report, err := s.App.Store.Check(ctx, func(int64, int64) {})
	if err != nil {
		return err
	}
	if !report.OK() {
		p := report.Problems[0]
		err = fmt.Errorf("the store does not verify, in %d places: %s: %s", len(report.Problems), p.Where, p.Reason)
	}
	s.troubles.set(jobCheck, err)
	return err
}

// prune disposes of what was kept for long enough, and packs what stays.
func (s *Service) prune(ctx context.Context) error {
	a := s.app.Load()
	res, err := a.Prune(ctx, PruneRequest{Who: s.Who})
	if err == nil && res.Entry != 0 {
		s.Log.Info("disposed", "entry", res.Entry, "series", len(res.Disposal.Series), "objects", res.Erased.Objects)
	}
	return err
}

// tell writes what happens to jobs into the log and the numbers, and ends the daemon when the store's state is unknown.
func (s *Service) tell(e schedule.Event) {
	log := s.Log.With("job", e.Job)
	switch e.Kind {
	case schedule.Started:
		log.Info("started")
	case schedule.Ended:
		s.gauges.jobs.WithLabelValues(e.Job).Set(seconds(s.App.Now()))
		if e.Err == nil {
			log.Info("ended", "took", e.Took.String())
			break
		}
		log.Error("failed", "took", e.Took.String(), "error", e.Err)
		if fatal(e.Err) {
			s.stop(e.Err)
		}
	case schedule.Missed, schedule.Skipped:
		s.gauges.missed.WithLabelValues(e.Job).Add(float64(e.Turns))
		log.Warn(e.Kind, "turns", e.Turns, "since", e.Since)
	case schedule.Broken:
		log.Warn("an earlier process ended in the middle of a run", "since", e.Since)
	}
}

// Jobs says where the jobs stand, for a process that holds the store.
func (s *Service) Jobs() ([]schedule.Status, error) { return s.schedule.Status() }

// RunNow runs a job now and waits for its end, or for ctx.
func (s *Service) RunNow(ctx context.Context, who, job string) error {
	done, err := s.schedule.RunNow(job)
	if err := errors.Join(err, s.App.Act(who, "run job", err, "job", job)); err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("job %s goes on: %w", job, context.Cause(ctx))
	}
}

// Cancel ends a job's run.
func (s *Service) Cancel(who, job string) error {
	err := s.schedule.Cancel(job)
	return errors.Join(err, s.App.Act(who, "cancel job", err, "job", job))
}

// StoredJobs says where the jobs stand by what the store remembers, when no daemon runs.
func (a *App) StoredJobs(v *store.View) ([]schedule.Status, error) {
	out := []schedule.Status{}
	for name, note := range v.Notes(jobNotes) {
		s := schedule.Status{Name: strings.TrimPrefix(name, jobNotes)}
		if err := json.Unmarshal(note, &s.State); err != nil {
			return nil, fmt.Errorf("note %s: %w", name, err)
		}
		out = append(out, s)
	}
	return out, nil
}
