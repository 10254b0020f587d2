package daemon

import (
	"errors"
	"slices"
	"testing"
	"time"

	"exhibit/internal/config"
	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// newApp returns an App over a new store in a folder of its own, at a time that does not pass.
func newApp(t *testing.T) *App {
	t.Helper()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	cfg := config.Default(t.TempDir())
	if _, err := Create(cfg, now, false); err != nil {
		t.Fatal(err)
	}
	return openApp(t, cfg, now)
}

func openApp(t *testing.T, cfg *config.Config, now time.Time) *App {
	t.Helper()
	app, err := Open(Options{Config: cfg, Mode: Write, Now: func() time.Time { return now },
		Getenv: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Close() })
	return app
}

// whats are what the committed actions and the waiting ones say.
func whats(t *testing.T, app *App) (committed, waiting []string) {
	t.Helper()
	err := app.Store.View(func(v *store.View) error {
		actions, err := Bodies[evidence.Action](v, v.Size(), evidence.KindAction)
		for _, a := range actions {
			committed = append(committed, a.What)
		}
		for name := range v.Notes(journal) {
			waiting = append(waiting, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return committed, waiting
}

// TestJournal enters actions while somebody else writes, crashes, and opens the store again: each of them is committed
// once, in order.
func TestJournal(t *testing.T) {
	app := newApp(t)
	act := func(what string) {
		t.Helper()
		if err := app.Act("ann", what, nil, "of", "what"); err != nil {
			t.Fatal(err)
		}
	}
	act("one")
	refused := errors.New("refused")
	err := app.write(func() error {
		act("two")
		act("three")
		if committed, waiting := whats(t, app); !slices.Equal(committed, []string{"one"}) || len(waiting) != 2 {
			t.Errorf("while another writes: %q committed, %q waiting", committed, waiting)
		}
		return refused
	})
	if !errors.Is(err, refused) {
		t.Fatal(err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	app = openApp(t, app.Config, app.Now().Add(time.Hour))
	if committed, waiting := whats(t, app); !slices.Equal(committed, []string{"one", "two", "three"}) || len(waiting) != 0 {
		t.Errorf("opened again: %q committed, %q waiting", committed, waiting)
	}
	act("four")
	err = app.Store.View(func(v *store.View) error {
		actions, err := Bodies[evidence.Action](v, v.Size(), evidence.KindAction)
		if err != nil {
			return err
		}
		if len(actions) != 4 || actions[3].What != "four" {
			t.Fatalf("actions %v", actions)
		}
		second := actions[1]
		if !second.At.Equal(app.Now().Add(-time.Hour)) || second.Who != "ann" || second.Detail["of"] != "what" {
			t.Errorf("the second action is %+v", second)
		}
		e, _, err := v.Entry(v.Size() - 2)
		if !e.RecordedAt.Equal(app.Now()) {
			t.Errorf("recorded at %s, not when it was committed", e.RecordedAt)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestRunLeftUnended opens a store whose process ended in the middle of a run.
func TestRunLeftUnended(t *testing.T) {
	app := newApp(t)
	note := []byte(`{"id":"r-1","started":"2026-03-02T08:00:00Z","trigger":"schedule","sources":{"b":"file","a":"aws"}}`)
	if err := app.Store.PutNotes(map[string][]byte{running + "r-1": note}); err != nil {
		t.Fatal(err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second opening finds nothing more to do
		app = openApp(t, app.Config, app.Now())
		err := app.Store.View(func(v *store.View) error {
			runs, err := Bodies[evidence.Run](v, v.Size(), evidence.KindRun)
			if err != nil {
				return err
			}
			if len(runs) != 1 {
				t.Fatalf("%d runs", len(runs))
			}
			run := runs[0]
			if run.ID != "r-1" || run.Outcome != evidence.OutcomeFailed || run.Error == "" || run.Trigger != "schedule" ||
				!run.Window.From.Equal(time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)) {
				t.Errorf("run %+v", run)
			}
			if len(run.Scopes) != 2 || run.Scopes[0].Source != "a" || run.Scopes[0].Scope.Provider != "aws" ||
				run.Scopes[1].Outcome != evidence.OutcomeFailed {
				t.Errorf("scopes %+v", run.Scopes)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
	}
	report, err := openApp(t, app.Config, app.Now()).Store.Check(t.Context(), func(int64, int64) {})
	if err != nil || !report.OK() {
		t.Errorf("%v %v", err, report.Problems)
	}
}
