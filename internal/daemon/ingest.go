package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"exhibit/collectors/ingest"
	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// ErrReport means that a delivered report is not understood, so that nothing of the delivery was committed.
var ErrReport = ingest.ErrReport

// DeliveredReport is one file of a delivery.
type DeliveredReport struct {
	Name string // how it is called in evidence and errors
	Body []byte
}

// IngestRequest is one delivery of reports.
type IngestRequest struct {
	Source string // of the configuration, with an ingest section
	Format string // one of ingest.Formats; empty takes the source's, else tells it from the content
	// Caller is who delivers: a user, or an issuer and subject joined by "|".
	Caller   evidence.Identity
	Reports  []DeliveredReport
	Progress func(collect.Progress)
	// Now fails at once where a collection holds the ledger, in place of waiting for its end.
	Now bool
}

// Ingest takes in reports in place of what the source's path holds, as one run whose trigger is "ingest", and assesses.
// A tool that delivers nothing now keeps what it delivered last. The error wraps ErrReport when a report is not
// understood, and ErrConfig when the source takes no reports: nothing is committed then.
func (a *App) Ingest(ctx context.Context, req IngestRequest) (Collected, error) {
	source, err := a.deliveredTo(req)
	if err != nil {
		return Collected{}, err
	}
	turn := a.write
	if req.Now {
		turn = a.tryWrite
	}
	return a.collectIn(ctx, turn, []collect.OpenSource{source}, CollectRequest{Trigger: "ingest", Progress: req.Progress})
}

// deliveredTo reads all reports and returns the source with them in the place of its path.
func (a *App) deliveredTo(req IngestRequest) (collect.OpenSource, error) {
	named, err := a.Config.Find(req.Source)
	if err != nil {
		return collect.OpenSource{}, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if named.Provider != (ingest.Provider{}).Name() {
		return collect.OpenSource{}, fmt.Errorf("%w: source %s takes no reports: it is of %s, and needs an ingest section",
			ErrConfig, named.Name, named.Provider)
	}
	source, err := openSource(named)
	if err != nil {
		return source, err
	}
	section, err := ingest.ReadConfig(source.Decode)
	if err != nil {
		return source, fmt.Errorf("%w: source %s: %w", ErrConfig, named.Name, err)
	}
	if len(req.Reports) == 0 {
		return source, fmt.Errorf("%w: the delivery is empty", ErrReport)
	}
	delivery := &ingest.Delivery{Caller: req.Caller}
	var bad []error
	for _, r := range req.Reports {
		reports, err := ingest.Read(r.Name, r.Body, cmp.Or(req.Format, section.Format))
		if err != nil {
			bad = append(bad, err)
		}
		delivery.Reports = append(delivery.Reports, reports...)
	}
	source.Provider = ingest.Provider{Delivery: delivery}
	return source, errors.Join(bad...)
}
