package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// Snapshot is a committed snapshot.
type Snapshot struct {
	evidence.Snapshot
	Digest evidence.Digest // of its canonical bytes
	Entry  int64           // of the run that committed it
}

// Version is an interval in which a subject was the same object in every snapshot of its series that it was in.
type Version struct {
	Source   string
	Object   evidence.Digest // zero while the subject was proven gone
	Snapshot evidence.Digest // the first that held it so
	First    evidence.Window // of the first snapshot
	Last     evidence.Window // of the last
	Entry    int64           // of the run that committed the first
}

// seriesRow is what the index knows of a snapshot.
//
//	uvarint snapshot object, uvarint list (0: empty or none), byte 1 when the list was whole, times from and to
type seriesRow struct {
	source         string
	entry          int64
	snapshot, list uint64
	whole          bool
	window         evidence.Window
}

func seriesPrefix(parts ...string) []byte {
	var b []byte
	for _, p := range parts {
		b = append(append(b, p...), 0)
	}
	return b
}

func (v *View) seriesRow(s evidence.Snapshot, object uint64, entry int64) (row, error) {
	list, err := v.listNumber(s.Subjects)
	if err != nil {
		return row{}, fmt.Errorf("snapshot %q: %w", s.Series(), err)
	}
	key := binary.BigEndian.AppendUint64(seriesPrefix(s.Collector, s.Scope.ID(), s.Source), uint64(entry))
	if bytes.Count(key[:len(key)-8], []byte{0}) != 3 {
		return row{}, fmt.Errorf("snapshot %q: a zero byte in its name", s.Series())
	}
	value := binary.AppendUvarint(nil, object)
	value = binary.AppendUvarint(value, list)
	whole := byte(0)
	if s.Listed() {
		whole = 1
	}
	value = append(value, whole)
	value = appendTime(value, s.Window.From)
	return row{bucketSeries, key, appendTime(value, s.Window.To)}, nil
}

func parseSeriesRow(key, value []byte) (seriesRow, error) {
	parts := bytes.SplitN(key, []byte{0}, 4)
	if len(parts) != 4 || len(parts[3]) != 8 {
		return seriesRow{}, fmt.Errorf("%w: row of series %q", ErrDamaged, key)
	}
	r := reader{rest: value}
	row := seriesRow{source: string(parts[2]), entry: int64(number(parts[3])), snapshot: r.uvarint(), list: r.uvarint(),
		whole: r.bounded(1) == 1}
	row.window.From, row.window.To = r.time(), r.time()
	return row, r.err("row of series")
}

// runSnapshots calls fn for every snapshot of a run with its object's number.
func (v *View) runSnapshots(run evidence.Run, fn func(s evidence.Snapshot, object uint64) error) error {
	items, err := v.list(run.Snapshots)
	if err != nil {
		return fmt.Errorf("snapshots of run %s: %w", run.ID, err)
	}
	f := v.finder()
	for _, it := range items {
		s, err := v.snapshot(&f, it.object)
		if err != nil {
			return err
		}
		if s.Series() != it.key {
			return fmt.Errorf("snapshots of run %s: %q stands under %q", run.ID, s.Series(), it.key)
		}
		if err := fn(s, it.object); err != nil {
			return err
		}
	}
	return nil
}

func (v *View) snapshot(f *finder, object uint64) (s evidence.Snapshot, err error) {
	b, err := v.read(f, object)
	if err == nil {
		err = json.Unmarshal(b, &s)
	}
	if err != nil {
		return s, fmt.Errorf("snapshot: %w", err)
	}
	return s, nil
}

// Snapshots returns the newest snapshot of every series among the first size entries, sorted by series; of one subject type
// only, unless that is empty. The newest counts even when it failed.
func (v *View) Snapshots(size int64, subjectType string) ([]Snapshot, error) {
	var all []Snapshot
	var prefix []byte
	if subjectType != "" {
		prefix = seriesPrefix(subjectType)
	}
	f := v.finder()
	c := v.series.Cursor()
	size = min(size, v.size)
	for k, _ := c.Seek(prefix); len(k) > 8 && bytes.HasPrefix(k, prefix); {
		name := bytes.Clone(k[:len(k)-8])
		newest, value := c.Seek(binary.BigEndian.AppendUint64(bytes.Clone(name), uint64(max(size, 0))))
		if newest == nil {
			newest, value = c.Last()
		} else {
			newest, value = c.Prev()
		}
		if hasPrefix(newest, name, 8) {
			r, err := parseSeriesRow(newest, value)
			if err != nil {
				return nil, err
			}
			s, err := v.snapshot(&f, r.snapshot)
			if err != nil {
				return nil, err
			}
			d, err := f.digest(r.snapshot)
			if err != nil {
				return nil, err
			}
			all = append(all, Snapshot{s, d, r.entry})
		}
		k, _ = c.Seek(append(name, 0xff)) // behind any entry of the series
	}
	slices.SortFunc(all, func(a, b Snapshot) int { return strings.Compare(a.Series(), b.Series()) })
	return all, nil
}

// Newest returns the newest snapshot of one series among the first size entries, whatever came of it; ok is false when there
// is none.
func (v *View) Newest(size int64, source, collector, scopeID string) (s Snapshot, ok bool, err error) {
	name := seriesPrefix(collector, scopeID, source)
	c := v.series.Cursor()
	key, value := c.Seek(binary.BigEndian.AppendUint64(bytes.Clone(name), uint64(max(min(size, v.size), 0))))
	if key == nil {
		key, value = c.Last()
	} else {
		key, value = c.Prev()
	}
	if !hasPrefix(key, name, 8) {
		return s, false, nil
	}
	r, err := parseSeriesRow(key, value)
	if err != nil {
		return s, false, err
	}
	f := v.finder()
	s.Entry = r.entry
	if s.Snapshot, err = v.snapshot(&f, r.snapshot); err == nil {
		s.Digest, err = f.digest(r.snapshot)
	}
	return s, err == nil, err
}

// History returns the versions of one subject, by source and then in order of time. A snapshot whose list was not whole
// and does not hold the subject says nothing about it.
func (v *View) History(subjectType, scopeID, subjectID string) ([]Version, error) {
	prefix := seriesPrefix(subjectType, scopeID)
	memo := map[uint64]uint64{}
	var all []Version
	var current uint64
	f, sf := v.finder(), v.finder()
	c := v.series.Cursor()
	for k, value := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, value = c.Next() {
		r, err := parseSeriesRow(k, value)
		if err != nil {
			return nil, err
		}
		if r.entry >= v.size {
			continue
		}
		object, err := v.item(r.list, subjectID, memo)
		if err != nil {
			return nil, err
		}
		first := len(all) == 0 || all[len(all)-1].Source != r.source
		switch {
		case object == 0 && (!r.whole || first):
			continue
		case !first && object == current:
			all[len(all)-1].Last = r.window
			continue
		}
		version := Version{Source: r.source, First: r.window, Last: r.window, Entry: r.entry}
		if version.Snapshot, err = sf.digest(r.snapshot); err != nil {
			return nil, err
		}
		if object != 0 {
			if version.Object, err = f.digest(object); err != nil {
				return nil, err
			}
		}
		all, current = append(all, version), object
	}
	return all, nil
}
