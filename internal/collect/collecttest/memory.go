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

// Memory is a collect.Batch that keeps everything in memory.
type Memory struct {
	mu    sync.Mutex
	lists map[string]*MemoryList
}

// NewMemory returns an empty batch.
func NewMemory() *Memory { return &Memory{lists: map[string]*MemoryList{}} }

// List implements collect.Batch.
func (m *Memory) List(series, dict string) collect.List {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := &MemoryList{Items: map[string][]byte{}}
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

// MemoryList is a list of Memory. Items are by key.
type MemoryList struct {
	mu    sync.Mutex
	Items map[string][]byte
}

// Add implements collect.List.
func (l *MemoryList) Add(ctx context.Context, key string, object []byte) (evidence.Digest, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.Items[key]; ok {
		return evidence.Digest{}, fmt.Errorf("key %q is added twice", key)
	}
	l.Items[key] = bytes.Clone(object)
	return evidence.Sum(object), nil
}

// Close implements collect.List. The root is of no meaning.
func (l *MemoryList) Close() (evidence.ListRef, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []byte
	for _, k := range slices.Sorted(maps.Keys(l.Items)) {
		all = append(append(all, k...), l.Items[k]...)
	}
	return evidence.ListRef{Root: evidence.Sum(all), Count: len(l.Items)}, nil
}
