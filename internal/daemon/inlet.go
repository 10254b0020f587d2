package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"exhibit/collectors/ingest"
	"exhibit/internal/config"
	"exhibit/internal/evidence"
	"exhibit/internal/inlet"
	"exhibit/internal/store"
)

// inletRules are who may deliver, by the configuration. A rule for no source that takes reports is a mistake.
func inletRules(cfg *config.Config) ([]inlet.Rule, error) {
	var rules []inlet.Rule
	for _, i := range cfg.Inlet.Issuers {
		r := inlet.Rule{Issuer: i.URL, Audience: i.Audience, Claims: i.Claims, Sources: i.Sources}
		for _, pattern := range i.Sources {
			takes := func(s config.Source) bool {
				ok, _ := path.Match(pattern, s.Name)
				return ok && s.Provider == ingest.Provider{}.Name()
			}
			if !slices.ContainsFunc(cfg.Sources, takes) {
				return nil, fmt.Errorf("%w: inlet: issuer %s: %q is no source with an ingest section", ErrConfig, i.URL, pattern)
			}
		}
		if i.CA != "" {
			roots, err := os.ReadFile(i.CA)
			if err != nil {
				return nil, fmt.Errorf("%w: inlet: issuer %s: ca: %w", ErrConfig, i.URL, err)
			}
			r.Roots = roots
		}
		rules = append(rules, r)
	}
	return rules, nil
}

// inlet is where pipelines deliver.
func (s *Service) inlet() http.Handler {
	return inlet.New(inlet.Options{
		Rules: func() []inlet.Rule { return *s.rules.Load() },
		Take:  s.take, Receipts: receipts{s.App.Store, keptReceipts}, Now: s.App.Now,
		Refused: func(source string, caller evidence.Identity, reason error) {
			if err := s.app.Load().Act(caller.ID, "refused delivery", reason, "source", source); err != nil {
				s.Log.Error("a refused delivery could not be recorded", "error", err)
			}
		},
		Unknown:     s.gauges.strangers.Inc,
		Failed:      func(err error) { s.Log.Error("the inlet is in trouble", "error", err) },
		BehindProxy: s.App.Config.Inlet.BehindProxy,
	})
}

// take commits a delivery, unless a collection holds the ledger, which may take hours.
func (s *Service) take(ctx context.Context, d inlet.Delivery) (inlet.Receipt, error) {
	a := s.app.Load()
	if _, err := a.Config.Find(d.Source); err != nil {
		return inlet.Receipt{}, fmt.Errorf("%w: %s", inlet.ErrNoSource, d.Source)
	}
	res, err := a.Ingest(ctx, IngestRequest{Source: d.Source, Format: d.Format, Caller: d.Caller, Now: true,
		Reports: []DeliveredReport{{Name: d.Name, Body: d.Body}}})
	switch {
	case errors.Is(err, errHeld):
		return inlet.Receipt{}, fmt.Errorf("%w: %w", inlet.ErrBusy, err)
	case errors.Is(err, ErrReport):
		return inlet.Receipt{}, fmt.Errorf("%w: %w", inlet.ErrReport, err)
	case errors.Is(err, ErrConfig):
		return inlet.Receipt{}, fmt.Errorf("%w: %w", inlet.ErrNoSource, err)
	case fatal(err):
		s.stop(err)
		return inlet.Receipt{}, err
	case res.Run.ID == "":
		return inlet.Receipt{}, err
	case err != nil: // the run is committed; it is judged by the next assessment
		s.Log.Error("a delivery is committed and not judged", "source", d.Source, "run", res.Run.ID, "error", err)
	}
	complete := outcomes(res.Run)[d.Source].Seen()
	s.Log.Info("delivered", "source", d.Source, "run", res.Run.ID, "by", d.Caller.ID, "pipeline", d.Pipeline, "complete", complete)
	if err := s.judged(ctx); err != nil {
		s.Log.Error("what a delivery changed could not be told", "error", err)
	}
	return inlet.Receipt{Run: res.Run.ID, Entry: res.Entry, Complete: complete}, nil
}

// receipts keeps what deliveries became in the store's notes.
type receipts struct {
	store *store.Store
	most  int // how many are remembered
}

const (
	receiptNotes = "inlet|"
	// keptReceipts is how many are remembered: more than come in the day that a token may be good for, so that none is taken
	// twice.
	keptReceipts = 10_000
)

// Find implements inlet.Receipts.
func (r receipts) Find(key string) (found inlet.Receipt, ok bool, err error) {
	err = r.store.View(func(v *store.View) error {
		note := v.Note(receiptNotes + key)
		if ok = note != nil; !ok {
			return nil
		}
		return json.Unmarshal(note, &found)
	})
	return found, ok, err
}

// Keep implements inlet.Receipts. The oldest are forgotten.
func (r receipts) Keep(key string, receipt inlet.Receipt) error {
	note, err := json.Marshal(receipt)
	if err != nil {
		return err
	}
	notes := map[string][]byte{receiptNotes + key: note}
	err = r.store.View(func(v *store.View) error {
		type kept struct {
			name string
			at   time.Time
		}
		var all []kept
		for name, value := range v.Notes(receiptNotes) {
			var one inlet.Receipt
			if err := json.Unmarshal(value, &one); err != nil {
				return fmt.Errorf("note %s: %w", name, err)
			}
			all = append(all, kept{strings.Clone(name), one.At})
		}
		slices.SortFunc(all, func(a, b kept) int { return a.at.Compare(b.at) })
		for _, old := range all[:max(len(all)+1-r.most, 0)] {
			notes[old.name] = nil
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.store.PutNotes(notes)
}
