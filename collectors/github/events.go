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

const day = 24 * time.Hour

// period is a span of time back from now that a list can be asked for.
type period struct {
	name string
	long time.Duration
}

// periodSince is the shortest of the periods that reaches back to a time, and the longest where none does. They begin with
// the shortest. GitHub counts a period back from each request, so that two hours are left for a collection to last.
func periodSince(periods []period, since, now time.Time) string {
	for _, p := range periods {
		if !since.Before(now.Add(2*time.Hour - p.long)) {
			return p.name
		}
	}
	return periods[len(periods)-1].name
}

// pushed reports whether something may have been pushed to the repository since the mark. The list of repositories says
// when that was last; a day is left for what it may be late.
func pushed(t *collect.Task, r repo) bool {
	return r.PushedAt.IsZero() || !r.PushedAt.Before(t.Since().Add(-day))
}

// events lists the events of a repository, of which the newest come first, down to the mark. timeKey is the member that says
// when an event was.
func (s *session) events(ctx context.Context, t *collect.Task, op, ref string, query url.Values, timeKey string,
	each func(ctx context.Context, raw json.RawMessage) error) error {
	return s.pages(ctx, t, op, ref, query, func(items []json.RawMessage) (more bool, err error) {
		t.Listed(len(items))
		var fresh []json.RawMessage
		for _, raw := range items {
			var event map[string]json.RawMessage
			var at time.Time
			if err := json.Unmarshal(raw, &event); err != nil {
				return false, fmt.Errorf("read an event of %s: %w", ref, err)
			}
			if err := json.Unmarshal(event[timeKey], &at); err != nil {
				return false, fmt.Errorf("read an event of %s: when it was: %w", ref, err)
			}
			if at.Before(t.Since()) {
				continue
			}
			fresh = append(fresh, raw)
		}
		if old := len(items) - len(fresh); old > 0 {
			t.Exclude("before the mark", old)
		}
		return len(fresh) > 0, collect.Each(ctx, fresh, each)
	})
}

// eventSubject reads an event of a repository without its links.
func eventSubject(r repo, kind, title string, raw json.RawMessage, drop ...string) (evidence.Subject, map[string]any, error) {
	doc, err := trim(raw, drop...)
	if err != nil {
		return evidence.Subject{}, nil, err
	}
	id := number(doc["id"])
	if id == "" {
		return evidence.Subject{}, nil, fmt.Errorf("read an event of %s: it has no id", r.FullName)
	}
	doc["Repository"] = r.brief()
	return evidence.Subject{ID: r.FullName + "/" + kind + "/" + id, Name: r.FullName + " " + title}, doc, nil
}
