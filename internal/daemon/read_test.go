package daemon

import (
	"context"
	"slices"
	"testing"
	"time"

	"exhibit/internal/config"
	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// TestScopesOf asks for the scopes of earlier assessments after a source was taken out of the configuration.
func TestScopesOf(t *testing.T) {
	app := newApp(t)
	app.Config.Sources = []config.Source{{Name: "kept"}}
	ctx, at := context.Background(), app.Now()
	run := func(id string, outcomes ...evidence.ScopeOutcome) int64 {
		t.Helper()
		b, err := app.Store.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer b.Discard()
		list, err := b.List("run "+id, "snapshot").Close()
		if err != nil {
			t.Fatal(err)
		}
		entry, err := commit(b, evidence.KindRun, evidence.Run{ID: id, Scopes: outcomes, Snapshots: list}, at.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		return entry
	}
	of := func(source, account string, o evidence.Outcome) evidence.ScopeOutcome {
		return evidence.ScopeOutcome{Source: source, Scope: evidence.Scope{Provider: "aws", Account: account}, Outcome: o}
	}
	run("1", of("kept", "1", evidence.OutcomeDenied), of("gone", "2", evidence.OutcomeOK), of("gone", "3", evidence.OutcomeOK))
	second := run("2", of("kept", "1", evidence.OutcomeOK))
	third := run("3", of("gone", "2", evidence.OutcomeDenied))
	for _, tc := range []struct {
		name     string
		view     int64
		findings []string
		want     []string
	}{
		{"while it was asked for", second + 1, []string{"c|aws:1", "c|aws:2"}, []string{"gone aws:2 ok", "gone aws:3 ok", "kept aws:1 ok"}},
		{"its newest run", third + 1, []string{"c|aws:1", "c|aws:2"}, []string{"gone aws:2 denied", "kept aws:1 ok"}},
		{"after that", third + 1, []string{"c|", "c|aws:1"}, []string{"kept aws:1 ok"}},
		{"without a finding", third + 1, nil, []string{"kept aws:1 ok"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b, err := app.Store.Begin()
			if err != nil {
				t.Fatal(err)
			}
			defer b.Discard()
			w := b.List("findings", "finding")
			for _, key := range tc.findings {
				if _, err := w.Add(ctx, key, []byte(`{}`)); err != nil {
					t.Fatal(err)
				}
			}
			a := evidence.Assessment{View: tc.view}
			if a.Findings, err = w.Close(); err != nil {
				t.Fatal(err)
			}
			if err := b.Flush(); err != nil {
				t.Fatal(err)
			}
			err = app.Store.View(func(v *store.View) error {
				scopes, err := app.scopesOf(v, a)
				var got []string
				for _, s := range scopes {
					got = append(got, s.Source+" "+s.Scope.ID()+" "+string(s.Outcome))
				}
				slices.Sort(got)
				if !slices.Equal(got, tc.want) {
					t.Errorf("got %q, want %q", got, tc.want)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
