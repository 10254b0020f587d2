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
