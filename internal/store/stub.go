// Package store: being written; signatures first.
package store

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"

	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
)

var errStub = errors.New("not written yet")

type CreateOptions struct {
	Key       *ledger.Key
	At        time.Time
	Simulated bool
}
type Options struct {
	ReadOnly bool
	Key      *ledger.Key
}
type Store struct{}

func Create(path string, o CreateOptions) (*Store, error) { return nil, errStub }
func Open(path string, o Options) (*Store, error)         { return nil, errStub }
func (s *Store) Close() error                             { return errStub }
func (s *Store) Genesis() evidence.Genesis                { return evidence.Genesis{} }
func (s *Store) Begin() (*Batch, error)                   { return nil, errStub }
func (s *Store) View(fn func(v *View) error) error        { return errStub }
func (s *Store) Backup(w io.Writer) (int64, error)        { return 0, errStub }
func (s *Store) Stats() (Stats, error)                    { return Stats{}, errStub }
func (s *Store) Check(ctx context.Context, progress func(done, total int)) (Report, error) {
	return Report{}, errStub
}
func Compact(ctx context.Context, src, dst string, key *ledger.Key) (Stats, error) {
	return Stats{}, errStub
}

type Stats struct {
	FileBytes, UsedBytes, ObjectBytes       int64
	Entries, Objects, Lists, States, Series int64
}
type Report struct {
	Entries, Objects, Lists, Items, States int64
	Problems                               []Problem
}
type Problem struct{ Where, Reason string }

type Batch struct{}

func (b *Batch) List(series, dict string) *ListWriter { return nil }
func (b *Batch) Object(dict string, canonical []byte) (evidence.Digest, error) {
	return evidence.Digest{}, errStub
}
func (b *Batch) PutStates(states []evidence.State) error { return errStub }
func (b *Batch) Commit(kind evidence.Kind, body []byte, at time.Time) (int64, error) {
	return 0, errStub
}
func (b *Batch) Discard() {}

type ListWriter struct{}

func (w *ListWriter) Add(ctx context.Context, key string, object []byte) (evidence.Digest, error) {
	return evidence.Digest{}, errStub
}
func (w *ListWriter) Close() (evidence.ListRef, error) { return evidence.ListRef{}, errStub }

type View struct{}

type Snapshot struct {
	evidence.Snapshot
	Digest evidence.Digest
	Entry  int64
}
type Assessment struct {
	evidence.Assessment
	Digest     evidence.Digest
	Entry      int64
	RecordedAt time.Time
}
type StateFilter struct{ Scope, Check, Subject string }
type Version struct {
	Object   evidence.Digest // zero while the subject was not there
	Snapshot evidence.Digest // the first snapshot with this version
	From, To evidence.Window // windows of the first and last snapshots with it
	Entry    int64           // entry of the first
}

func (v *View) Size() int64                                   { return 0 }
func (v *View) Checkpoint() (signed []byte, err error)        { return nil, errStub }
func (v *View) Entry(i int64) (evidence.Entry, []byte, error) { return evidence.Entry{}, nil, errStub }
func (v *View) Entries(from, to int64) iter.Seq2[int64, evidence.Entry] {
	return func(func(int64, evidence.Entry) bool) {}
}
func (v *View) Object(d evidence.Digest) ([]byte, error) { return nil, errStub }
func (v *View) List(ref evidence.ListRef, fn func(key string, d evidence.Digest) error) error {
	return errStub
}
func (v *View) Objects(ref evidence.ListRef, fn func(key string, d evidence.Digest, object []byte) error) error {
	return errStub
}
func (v *View) Get(ref evidence.ListRef, key string) (evidence.Digest, error) {
	return evidence.Digest{}, errStub
}
func (v *View) Diff(before, after evidence.ListRef, fn func(key string, before, after evidence.Digest) error) error {
	return errStub
}
func (v *View) Snapshots(size int64, subjectType string) ([]Snapshot, error) { return nil, errStub }
func (v *View) Assessments() ([]Assessment, error)                           { return nil, errStub }
func (v *View) States(f StateFilter) iter.Seq2[evidence.State, error] {
	return func(func(evidence.State, error) bool) {}
}
func (v *View) History(subjectType, scopeID, subjectID string) ([]Version, error) {
	return nil, errStub
}
func (v *View) Inclusion(index, size int64) ([]ledger.Hash, error) { return nil, errStub }
func (v *View) Consistency(old, size int64) ([]ledger.Hash, error) { return nil, errStub }
func (v *View) ItemProof(ref evidence.ListRef, key string) (index int, d evidence.Digest, proof []ledger.Hash, err error) {
	return 0, d, nil, errStub
}
func (v *View) LeafHashes(ref evidence.ListRef) ([]ledger.Hash, error) { return nil, errStub }
