package daemon

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// Body decodes the body of an entry.
func Body[T any](v *store.View, entry int64) (T, error) {
	var body T
	e, _, err := v.Entry(entry)
	if err != nil {
		return body, err
	}
	raw, err := v.Object(e.Body)
	if err != nil {
		return body, err
	}
	if err := json.Unmarshal(raw, &body); err != nil {
		return body, fmt.Errorf("decode the %s of entry %d: %w", e.Kind, entry, err)
	}
	return body, nil
}

// Bodies decodes the bodies of the entries of a kind among the first size entries, oldest first.
func Bodies[T any](v *store.View, size int64, kind evidence.Kind) ([]T, error) {
	var out []T
	for i := range v.EntriesOf(kind) {
		if i >= size {
			continue
		}
		b, err := Body[T](v, i)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	slices.Reverse(out)
	return out, nil
}

// newestScopes returns the outcomes of the newest run of each of the sources among the first size entries.
func newestScopes(v *store.View, size int64, sources []string) ([]evidence.ScopeOutcome, error) {
	wanted := map[string]bool{}
	for _, s := range sources {
		wanted[s] = true
	}
	var out []evidence.ScopeOutcome
	for i := range v.EntriesOf(evidence.KindRun) {
		if len(wanted) == 0 {
			break
		}
		if i >= size {
			continue
		}
		run, err := Body[evidence.Run](v, i)
		if err != nil {
			return nil, err
		}
		found := map[string]bool{}
		for _, s := range run.Scopes {
			if wanted[s.Source] {
				found[s.Source] = true
				out = append(out, s)
			}
		}
		for s := range found {
			delete(wanted, s)
		}
	}
	return out, nil
}

// scopesOf returns the outcomes of the scopes that an assessment judged, of the newest run of each source that it saw:
// of the configured sources, and of those that are configured no more and that it made findings of.
func (a *App) scopesOf(v *store.View, one evidence.Assessment) ([]evidence.ScopeOutcome, error) {
	open := map[string]bool{} // scopes with findings that no source accounts for yet
	err := v.List(one.Findings, func(key string, _ evidence.Digest) error {
		if _, scope, _ := strings.Cut(key, "|"); scope != "" {
			open[scope] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	configured, done := map[string]bool{}, map[string]bool{}
	for _, s := range a.sourceNames() {
		configured[s] = true
	}
	var out []evidence.ScopeOutcome
	for i := range v.EntriesOf(evidence.KindRun) { // newest first
		if i >= one.View {
			continue
		}
		if len(configured) == 0 && len(open) == 0 {
			break
		}
		run, err := Body[evidence.Run](v, i)
		if err != nil {
			return nil, err
		}
		counts := map[string]bool{}
		for _, s := range run.Scopes {
			counts[s.Source] = counts[s.Source] || !done[s.Source] && (configured[s.Source] || open[s.Scope.ID()])
		}
		for _, s := range run.Scopes {
			if counts[s.Source] {
				done[s.Source] = true
				delete(configured, s.Source)
				delete(open, s.Scope.ID())
				out = append(out, s)
			}
		}
	}
	return out, nil
}

func (a *App) sourceNames() []string {
	var out []string
	for _, s := range a.Config.Sources {
		out = append(out, s.Name)
	}
	return out
}

// splitSeries undoes evidence.Snapshot.Series.
func splitSeries(series string) (source, collector, scope string) {
	source, rest, _ := strings.Cut(series, "|")
	collector, scope, _ = strings.Cut(rest, "|")
	return source, collector, scope
}
