package store_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"exhibit/internal/evidence"
	"exhibit/internal/store"
	"exhibit/internal/store/storetest"
)

func notes(t *testing.T, s *store.Store, prefix string) (out string) {
	t.Helper()
	must(t, s.View(func(v *store.View) error {
		for name, value := range v.Notes(prefix) {
			out += fmt.Sprintf("%s=%s ", name, value)
			if got := v.Note(name); string(got) != string(value) {
				t.Errorf("note %s is %q alone and %q in the list", name, got, value)
			}
		}
		return nil
	}))
	return out
}

func TestNotes(t *testing.T) {
	s := storetest.New(t)
	must(t, s.PutNotes(map[string][]byte{"job|b": []byte("2"), "job|a": []byte("1"), "mail|x": []byte("9"), "jo": []byte("0")}))
	if got, want := notes(t, s, "job|"), "job|a=1 job|b=2 "; got != want {
		t.Errorf("notes of jobs: %q, want %q", got, want)
	}
	must(t, s.PutNotes(map[string][]byte{"job|a": nil, "job|b": []byte("3"), "job|gone": nil}))
	if got, want := notes(t, s, "job|"), "job|b=3 "; got != want {
		t.Errorf("after one was taken away: %q, want %q", got, want)
	}

	b, err := s.Begin()
	must(t, err)
	must(t, b.PutNote("job|c", []byte("4")))
	must(t, b.PutNote("job|b", nil))
	must(t, s.PutNotes(map[string][]byte{"job|d": []byte("5")})) // beside an open batch
	if got, want := notes(t, s, "job|"), "job|b=3 job|d=5 "; got != want {
		t.Errorf("a batch that is open shows its notes: %q, want %q", got, want)
	}
	_, err = b.Commit(evidence.KindCatalog, []byte("{}"), storetest.Start())
	must(t, err)
	if got, want := notes(t, s, "job|"), "job|c=4 job|d=5 "; got != want {
		t.Errorf("after the commit: %q, want %q", got, want)
	}
}

// TestNotesFault loses the write of notes, or has it persist although an error came back: all of them stand or none, and
// the store writes nothing more until it is opened again.
func TestNotesFault(t *testing.T) {
	for _, persisted := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "evidence.db")
		k := key(t, "test.example/log")
		s, err := store.Create(path, store.CreateOptions{Key: k, At: storetest.Start()})
		must(t, err)
		must(t, s.Close())
		f := failing{n: 1, persisted: persisted}
		s, err = store.OpenHooked(path, store.Options{Key: k}, f.hooks())
		must(t, err)
		if err := s.PutNotes(map[string][]byte{"a": []byte("1"), "b": []byte("2")}); !errors.Is(err, errInjected) {
			t.Errorf("persisted %t: %v", persisted, err)
		}
		want := ""
		if persisted {
			want = "a=1 b=2 "
		}
		if got := notes(t, s, ""); got != want || f.name != "notes" {
			t.Errorf("persisted %t: notes %q after a fault at %q, want %q", persisted, got, f.name, want)
		}
		if err := s.PutNotes(map[string][]byte{"a": []byte("1")}); !errors.Is(err, store.ErrBroken) {
			t.Errorf("persisted %t: the next write: %v", persisted, err)
		}
		must(t, s.Close())
	}
}
