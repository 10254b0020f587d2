package collecttest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// Memory is a collect.Batch that keeps everything in memory, and the collect.Past of the one that follows it.
type Memory struct {
	past *Memory // nil for the first

	mu    sync.Mutex
	lists map[string]*MemoryList
}

// NewMemory returns an empty batch.
func NewMemory() *Memory { return &Memory{lists: map[string]*MemoryList{}} }

// Follow returns an empty batch of a run that comes after m's.
func (m *Memory) Follow() *Memory { return &Memory{past: m, lists: map[string]*MemoryList{}} }

// List implements collect.Batch.
func (m *Memory) List(series, dict string) collect.List {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := &MemoryList{Items: map[string][]byte{}, objects: map[evidence.Digest][]byte{}, past: m.past}
	m.lists[series] = l
	return l
}

// Object implements collect.Batch.
func (m *Memory) Object(dict string, canonical []byte) (evidence.Digest, error) {
	return evidence.Sum(canonical), nil
}

// Snapshots returns the run's snapshots in order of series, with the sealed subjects of each by id.
func (m *Memory) Snapshots() ([]evidence.Snapshot, []map[string][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var snaps []evidence.Snapshot
	var subjects []map[string][]byte
	all, ok := m.lists["run|snapshots"]
	if !ok {
		return nil, nil, fmt.Errorf("the run staged no list of snapshots")
	}
	for _, series := range slices.Sorted(maps.Keys(all.Items)) {
		var s evidence.Snapshot
		if err := json.Unmarshal(all.Items[series], &s); err != nil {
			return nil, nil, err
		}
		snaps = append(snaps, s)
		subjects = append(subjects, m.lists[series].Items)
	}
	return snaps, subjects, nil
}

// Newest implements collect.Past.
func (m *Memory) Newest(source, collector, scope string) (evidence.Snapshot, bool, error) {
	for ; m != nil; m = m.past {
		snaps, _, err := m.Snapshots()
		if err != nil {
			return evidence.Snapshot{}, false, err
		}
		for _, s := range snaps {
			if s.Source == source && s.Collector == collector && s.Scope.ID() == scope {
				return s, true, nil
			}
		}
	}
	return evidence.Snapshot{}, false, nil
}

// Subjects implements collect.Past.
func (m *Memory) Subjects(list evidence.ListRef, fn func(string, evidence.Digest, []byte) error) error {
	for ; m != nil; m = m.past {
		for _, l := range m.lists {
			if l.root() != list.Root {
				continue
			}
			for _, k := range slices.Sorted(maps.Keys(l.Items)) {
				if err := fn(k, evidence.Sum(l.Items[k]), l.Items[k]); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return fmt.Errorf("no list has the root %s", list.Root)
}

// object returns the object with the digest, nil when there is none.
func (m *Memory) object(d evidence.Digest) []byte {
	for ; m != nil; m = m.past {
		for _, l := range m.lists {
			if object, ok := l.objects[d]; ok {
				return object
			}
		}
	}
	return nil
}

// MemoryList is a list of Memory. Items are by key.
type MemoryList struct {
	past    *Memory
	mu      sync.Mutex
	Items   map[string][]byte
	objects map[evidence.Digest][]byte // the same by digest
}

// Add implements collect.List.
func (l *MemoryList) Add(ctx context.Context, key string, object []byte) (evidence.Digest, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.Items[key]; ok {
		return evidence.Digest{}, fmt.Errorf("key %q is added twice", key)
	}
	d := evidence.Sum(object)
	l.Items[key] = bytes.Clone(object)
	l.objects[d] = l.Items[key]
	return d, nil
}

// Keep implements collect.List.
func (l *MemoryList) Keep(key string, d evidence.Digest) error {
	object := l.past.object(d)
	if object == nil {
		return fmt.Errorf("nothing committed has the digest %s", d)
	}
	_, err := l.Add(context.Background(), key, object)
	return err
}

// Close implements collect.List. The root is of no meaning.
func (l *MemoryList) Close() (evidence.ListRef, error) {
	root := l.root()
	return evidence.ListRef{Root: root, Count: len(l.Items)}, nil
}

func (l *MemoryList) root() evidence.Digest {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []byte
	for _, k := range slices.Sorted(maps.Keys(l.Items)) {
		all = append(append(all, k...), l.Items[k]...)
	}
	return evidence.Sum(all)
}
