package daemon

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"exhibit/internal/evidence"
	"exhibit/internal/owner"
	"exhibit/internal/store"
)

// Place is where a subject was seen.
type Place struct {
	Type  string `json:"type"`
	Scope string `json:"scope"`
	ID    string `json:"id"`
	Name  string `json:"name,omitempty"`
}

// Shown is one subject: its evidence over time and what was said of it.
type Shown struct {
	Place
	// Owner says who owns it; nil when the configuration names nobody.
	Owner *owner.Answer `json:"owner,omitempty"`
	// Versions are what it looked like, oldest first.
	Versions []store.Version `json:"versions"`
	// States are the intervals of each check's verdict.
	States []evidence.State `json:"states"`
	// Disposed says by which entry Latest was disposed of; empty when it was not.
	Disposed string `json:"disposed,omitempty"`
	// Latest is the newest version that there is of it, as it is kept; null when it was disposed of.
	Latest json.RawMessage `json:"latest"`
	// Digest is Latest's; Entry, Index and Proof place it in the ledger.
	Digest evidence.Digest `json:"digest"`
	// Coverage is the span in which the events are known among which it is; nil for what is no event.
	Coverage *evidence.Coverage `json:"coverage,omitempty"`
	// Recounted says how another count differs from the newest list that the subject belongs to, of Listed; nil when none does.
	Recounted *evidence.SecondCount `json:"recounted,omitempty"`
	Listed    int                   `json:"listed,omitempty"`
}

// FindSubjects returns the subjects whose id or name is what, or whose id ends with it; in order of type, scope and id.
// An exact id wins over all others. It looks through the newest whole snapshots.
func FindSubjects(v *store.View, subjectType, what string) ([]Place, error) {
	snaps, err := v.Snapshots(v.Size(), subjectType)
	if err != nil {
		return nil, err
	}
	var exact, close []Place
	for _, s := range snaps {
		err := v.Objects(s.Subjects, func(id string, _ evidence.Digest, raw []byte) error {
			p := Place{Type: s.Collector, Scope: s.Scope.ID(), ID: id}
			if id == what {
				exact = append(exact, p)
				return nil
			}
			if !strings.HasSuffix(id, what) && !strings.Contains(string(raw), what) {
				return nil // cheaper than decoding every subject
			}
			var subject evidence.Subject
			if err := json.Unmarshal(raw, &subject); err != nil {
				return fmt.Errorf("decode subject %s: %w", id, err)
			}
			if subject.Name == what || strings.HasSuffix(id, what) {
				p.Name = subject.Name
				close = append(close, p)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	found := exact
	if len(found) == 0 {
		found = close
	}
	sort.Slice(found, func(i, j int) bool {
		a, b := found[i], found[j]
		return a.Type+"|"+a.Scope+"|"+a.ID < b.Type+"|"+b.Scope+"|"+b.ID
	})
	return slices.Compact(found), nil
}

// Show returns everything about one subject.
func Show(v *store.View, p Place) (Shown, error) {
	res := Shown{Place: p}
	var err error
	if res.Versions, err = v.History(p.Type, p.Scope, p.ID); err != nil {
		return res, err
	}
	for _, version := range res.Versions {
		if !version.Object.IsZero() {
			res.Digest = version.Object
		}
	}
	if res.Digest.IsZero() {
		return res, fmt.Errorf("show %s: %w", p.ID, store.ErrUnknown)
	}
	if err := res.latest(v); err != nil {
		return res, err
	}
	newest, _, err := v.Newest(v.Size(), res.Versions[0].Source, p.Type, p.Scope)
	if err != nil {
		return res, err
	}
	res.Coverage = newest.Completeness.Coverage
	if c := newest.Completeness; c.SecondCount != nil && c.SecondCount.Count != c.Listed {
		res.Recounted, res.Listed = c.SecondCount, c.Listed
	}
	for s, err := range v.States(store.StateFilter{Scope: p.Scope}) {
		if err != nil {
			return res, err
		}
		if s.Subject == p.ID && s.Type == p.Type {
			res.States = append(res.States, s)
		}
	}
	return res, nil
}

// latest reads the newest version.
func (s *Shown) latest(v *store.View) error {
	raw, err := v.Object(s.Digest)
	if errors.Is(err, store.ErrDisposed) {
		s.Disposed = err.Error()
		return nil
	}
	if err != nil {
		return err
	}
	s.Latest = raw
	var subject evidence.Subject
	if err := json.Unmarshal(raw, &subject); err != nil {
		return fmt.Errorf("decode subject %s: %w", s.ID, err)
	}
	s.Name = subject.Name
	return nil
}
