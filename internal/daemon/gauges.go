package daemon

import (
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"exhibit/internal/build"
	"exhibit/internal/evidence"
	"exhibit/internal/outbox"
	"exhibit/internal/store"
)

// gauges are the daemon's numbers for a monitor. What is read from the store is read anew after each entry that may have
// changed it, and kept, so that being asked often costs nothing.
type gauges struct {
	registry *prometheus.Registry

	runs    *prometheus.CounterVec
	refused prometheus.Counter
	// strangers counts requests to the inlet without a good token.
	strangers prometheus.Counter
	missed    *prometheus.CounterVec
	jobs      *prometheus.GaugeVec
	// deliveries counts messages that are over.
	deliveries *prometheus.CounterVec

	// waiting reads what waits to be sent, whenever it is asked for.
	waiting func() ([]outbox.Count, error)

	mu   sync.Mutex
	kept []prometheus.Metric
}

// desc makes the description of a gauge.
func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("exhibit_"+name, help, labels, nil)
}

// descriptions are the gauges that are read from the store and from what the daemon is doing.
type descriptions struct {
	runAt, runOutcome, wholeAt, scopes, observations, findings, assessedAt, oldest, stale, entries, bytes, journal,
	queued, queuedSince, gaps *prometheus.Desc
}

func describe() descriptions {
	return descriptions{
		runAt:        desc("source_last_run_timestamp_seconds", "When the newest run of the source ended.", "source"),
		runOutcome:   desc("source_last_run_outcome", "1 for the outcome of the source's newest run.", "source", "outcome"),
		wholeAt:      desc("source_last_whole_timestamp_seconds", "When a run of the source last saw all that was asked for.", "source"),
		scopes:       desc("source_scopes", "Scopes of the source by the outcome of its newest run.", "source", "outcome"),
		observations: desc("observations", "Checks on subjects by verdict, of the newest assessment.", "verdict"),
		findings:     desc("findings", "Controls in scopes by status, of the newest assessment.", "status"),
		assessedAt:   desc("assessed_timestamp_seconds", "As of when the newest assessment judged."),
		oldest:       desc("source_evidence_timestamp_seconds", "When the oldest of the source's newest snapshots was taken.", "source"),
		stale:        desc("source_snapshots", "The source's newest snapshots, by whether the list was whole.", "source", "whole"),
		entries:      desc("store_entries", "Entries of the ledger."),
		bytes:        desc("store_bytes", "Size of the store's file."),
		gaps: desc("source_gaps", "Times in the last 7 days in which something of the source was not seen for longer than its control allows.",
			"source"),
		queued:      desc("outbox_messages", "Messages that wait to be sent, by channel.", "channel"),
		queuedSince: desc("outbox_oldest_timestamp_seconds", "When the oldest message that waits was made.", "channel"),
		journal:     desc("journal_entries", "Entries that wait for their turn to be committed."),
	}
}

func newGauges() *gauges {
	g := &gauges{registry: prometheus.NewRegistry(),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "exhibit_runs_total",
			Help: "Runs since the daemon was started, by source and outcome."}, []string{"source", "outcome"}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{Name: "exhibit_reloads_refused_total",
			Help: "Configurations that were refused since the daemon was started."}),
		strangers: prometheus.NewCounter(prometheus.CounterOpts{Name: "exhibit_inlet_strangers_total",
			Help: "Requests to the inlet without a good token since the daemon was started."}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "exhibit_messages_total",
			Help: "Messages that are over since the daemon was started, by channel and outcome."}, []string{"channel", "outcome"}),
		jobs: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "exhibit_job_last_end_timestamp_seconds",
			Help: "When a job last ended since the daemon was started."}, []string{"job"}),
		missed: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "exhibit_job_turns_missed_total",
			Help: "Turns of jobs that passed while the daemon was down or the job was still running."}, []string{"job"}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "exhibit_build_info", Help: "1, with the version.",
		ConstLabels: prometheus.Labels{"version": build.Version()}})
	info.Set(1)
	g.registry.MustRegister(g, g.runs, g.refused, g.strangers, g.missed, g.jobs, g.deliveries, info)
	return g
}

// Describe implements prometheus.Collector: what is collected differs with the configuration.
func (g *gauges) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (g *gauges) Collect(to chan<- prometheus.Metric) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, m := range g.kept {
		to <- m
	}
	if g.waiting == nil {
		return
	}
	counts, err := g.waiting()
	if err != nil {
		to <- prometheus.NewInvalidMetric(desc("outbox_messages", "Messages that wait."), err)
		return
	}
	r := reading{d: describe()}
	for _, c := range counts {
		r.gauge(r.d.queued, float64(c.Waiting), c.Channel)
		r.gauge(r.d.queuedSince, seconds(c.Oldest), c.Channel)
	}
	for _, m := range r.out {
		to <- m
	}
}

// read takes the numbers from the store.
func (g *gauges) read(a *App) error {
	r := reading{d: describe()}
	err := a.Store.View(func(v *store.View) error { return r.store(a, v) })
	if err != nil {
		return err
	}
	info, err := os.Stat(a.Config.Store)
	if err != nil {
		return err
	}
	r.gauge(r.d.bytes, float64(info.Size()))
	g.mu.Lock()
	g.kept = r.out
	g.mu.Unlock()
	return nil
}

// reading gathers gauges.
type reading struct {
	d   descriptions
	out []prometheus.Metric
}

func (r *reading) gauge(d *prometheus.Desc, value float64, labels ...string) {
	r.out = append(r.out, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...))
}

func (r *reading) store(a *App, v *store.View) error {
	r.gauge(r.d.entries, float64(v.Size()))
	waiting := 0
	for range v.Notes(journal) {
		waiting++
	}
	r.gauge(r.d.journal, float64(waiting))
	if err := r.sources(a, v); err != nil {
		return err
	}
	newest, err := newestAssessment(v)
	if err != nil || newest.AsOf.IsZero() {
		return err
	}
	r.gauge(r.d.assessedAt, seconds(newest.AsOf))
	if err := r.gaps(a, v, newest); err != nil {
		return err
	}
	for _, verdict := range []evidence.Verdict{evidence.Pass, evidence.Fail, evidence.Unknown, evidence.NotApplicable} {
		r.gauge(r.d.observations, float64(newest.Totals[verdict]), string(verdict))
	}
	for _, status := range []evidence.Status{evidence.Satisfied, evidence.NotSatisfied, evidence.Indeterminate, evidence.StatusNotNeeded} {
		r.gauge(r.d.findings, float64(newest.Statuses[status]), string(status))
	}
	return nil
}

// gapDays is over how many days gaps are counted.
const gapDays = 7

// gaps counts the times in the last days in which nothing was seen of something for longer than its control's freshness allows.
func (r *reading) gaps(a *App, v *store.View, newest store.Assessment) error {
	text, err := a.catalogText(v, newest.Assessment)
	if err != nil {
		return err
	}
	now := a.Now()
	gaps, err := gapsOf(v, newest, text, evidence.Window{From: now.AddDate(0, 0, -gapDays), To: now}, now)
	if err != nil {
		return err
	}
	counts := map[string]int{}
	for _, g := range gaps {
		source, _, _ := splitSeries(g.Series)
		counts[source]++
	}
	for _, s := range a.Config.Sources {
		r.gauge(r.d.gaps, float64(counts[s.Name]), s.Name)
	}
	return nil
}

// sources tells of each configured source how its newest run ended and how old its evidence is.
func (r *reading) sources(a *App, v *store.View) error {
	ran, whole := map[string]evidence.Run{}, map[string]time.Time{}
	for i := range v.EntriesOf(evidence.KindRun) {
		if len(whole) == len(a.Config.Sources) {
			break
		}
		run, err := Body[evidence.Run](v, i)
		if err != nil {
			return err
		}
		for source, outcome := range outcomes(run) {
			if _, ok := ran[source]; !ok {
				ran[source] = run
			}
			if _, ok := whole[source]; !ok && outcome.Seen() {
				whole[source] = run.Window.To
			}
		}
	}
	snaps, err := v.Snapshots(v.Size(), "")
	if err != nil {
		return err
	}
	for _, s := range a.Config.Sources {
		r.source(s.Name, ran, whole)
		r.snapshots(s.Name, snaps)
	}
	return nil
}

// outcomes are the gravest outcomes of a run by source.
func outcomes(run evidence.Run) map[string]evidence.Outcome {
	out := map[string]evidence.Outcome{}
	for _, s := range run.Scopes {
		out[s.Source] = evidence.Worse(out[s.Source], s.Outcome)
	}
	return out
}

func (r *reading) source(name string, ran map[string]evidence.Run, whole map[string]time.Time) {
	run, ok := ran[name]
	if !ok {
		return
	}
	r.gauge(r.d.runAt, seconds(run.Window.To), name)
	r.gauge(r.d.runOutcome, 1, name, string(outcomes(run)[name]))
	if at, ok := whole[name]; ok {
		r.gauge(r.d.wholeAt, seconds(at), name)
	}
	counts := map[evidence.Outcome]int{}
	for _, s := range run.Scopes {
		if s.Source == name {
			counts[s.Outcome]++
		}
	}
	for outcome, n := range counts {
		r.gauge(r.d.scopes, float64(n), name, string(outcome))
	}
}

func (r *reading) snapshots(source string, snaps []store.Snapshot) {
	var oldest time.Time
	counts := map[bool]int{}
	for _, s := range snaps {
		if s.Source != source {
			continue
		}
		counts[s.Listed()]++
		if s.Listed() && (oldest.IsZero() || s.Window.From.Before(oldest)) {
			oldest = s.Window.From
		}
	}
	if !oldest.IsZero() {
		r.gauge(r.d.oldest, seconds(oldest), source)
	}
	r.gauge(r.d.stale, float64(counts[true]), source, "yes")
	r.gauge(r.d.stale, float64(counts[false]), source, "no")
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
