package github

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const (
	// searchable is how many results GitHub gives of a search, whatever it counts.
	searchable = 1000
	// comfortable is how many a part of a span may hold that is asked for in parts, if they are spread evenly.
	comfortable = 700
)

// spanned is a span as the query for runs says it; both of its ends belong to it.
func spanned(w evidence.Window) string {
	return w.From.UTC().Format(time.RFC3339) + ".." + w.To.UTC().Format(time.RFC3339)
}

// runs lists the runs of a repository that were made in a span of time, the newest first, and returns how many GitHub counts.
// A span of which GitHub does not give all is asked for in parts: a list is whole or it fails.
func (s *session) runs(ctx context.Context, t *collect.Task, r repo, w evidence.Window,
	each func(items []json.RawMessage) error) (total int, err error) {
	var parts int
	err = s.answersOf(ctx, t, opListRuns, r.path()+"/actions/runs", "workflow_runs", url.Values{"created": {spanned(w)}},
		func(raw json.RawMessage, items []json.RawMessage) (bool, error) {
			var counted struct {
				Total *int `json:"total_count"`
			}
			if err := json.Unmarshal(raw, &counted); err != nil || counted.Total == nil {
				return false, fmt.Errorf("read the runs of %s: the answer does not say how many there are", r.FullName)
			}
			if total == 0 { // the first page
				total = *counted.Total
			}
			if total >= searchable { // GitHub counts no further on some servers
				parts = max(total/comfortable+1, 2)
				return false, nil
			}
			return true, each(items)
		})
	if err != nil || parts == 0 {
		return total, err
	}
	seconds := int64(w.To.Sub(w.From)/time.Second) + 1
	if seconds < 2 {
		return total, fmt.Errorf("list the runs of %s: %d were made in one second, and GitHub gives %d",
			r.FullName, total, searchable)
	}
	total = 0
	step := max(seconds/int64(parts), 1)
	for from := w.From; !from.After(w.To); {
		to := from.Add(time.Duration(step-1) * time.Second)
		if to.After(w.To) {
			to = w.To
		}
		n, err := s.runs(ctx, t, r, evidence.Window{From: from, To: to}, each)
		if total += n; err != nil {
			return total, err
		}
		from = to.Add(time.Second)
	}
	return total, nil
}
