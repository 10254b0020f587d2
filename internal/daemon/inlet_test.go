package daemon

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/oauth2-proxy/mockoidc"

	"exhibit/internal/config"
	"exhibit/internal/evidence"
	"exhibit/internal/inlet"
	"exhibit/internal/store"
)

const scan = `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"lint","rules":[{"id":"R1"}]}},
"invocations":[{"executionSuccessful":true}],
"results":[{"ruleId":"R1","kind":"pass","locations":[{"physicalLocation":{"artifactLocation":{"uri":"a.tf"}}}]}]}]}`

// TestInlet delivers a report with a pipeline's token to a served store: it is a run of its caller's, once, and what is
// refused is on record.
func TestInlet(t *testing.T) {
	issuer, err := mockoidc.Run()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = issuer.Shutdown() })
	dir := t.TempDir()
	file := filepath.Join(dir, config.FileName)
	text := func(repository string) string {
		return "sources: [{ name: shop, ingest: {} }]\ninlet:\n  listen: 127.0.0.1:0\n  issuers:\n    - issuer: " + issuer.Issuer() +
			"\n      audience: exhibit\n      claims: { repository: " + repository + " }\n      sources: [shop]\n"
	}
	if err := os.WriteFile(file, []byte(text("acme/shop")), 0o600); err != nil {
		t.Fatal(err)
	}
	load := func() (*config.Config, error) { return config.Load(file, ProviderNames()) }
	cfg, err := load()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	if _, err := Create(cfg, now, false); err != nil {
		t.Fatal(err)
	}
	app, err := Open(Options{Config: cfg, Mode: Write, Now: clock, Getenv: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	s, err := newService(ServeOptions{App: app, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), File: file, Load: load, Who: "test"})
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := s.jobs(app)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	s.stop, s.lookEvery = func(error) { stop() }, time.Hour
	go func() { ended <- runParts(ctx, s.works(jobs)) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	handler := s.inlet()
	deliver := func(body string) (int, string) {
		t.Helper()
		token, err := issuer.Keypair.SignJWT(jwt.MapClaims{"iss": issuer.Issuer(), "sub": "repo:acme/shop", "aud": "exhibit",
			"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "repository": "acme/shop"})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("POST", "/v1/ingest/shop?name=scan.sarif", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/sarif+json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	code, first := deliver(scan)
	if code != http.StatusOK || !strings.Contains(first, `"complete":true`) {
		t.Fatalf("answers %d %s", code, first)
	}
	if code, again := deliver(scan); code != http.StatusOK || again != first {
		t.Errorf("the same again: %d %s", code, again)
	}
	if code, answer := deliver(`{"version":"2.1.0"`); code != http.StatusUnprocessableEntity || !strings.Contains(answer, "scan.sarif") {
		t.Errorf("a broken report: %d %s", code, answer)
	}
	app.turn.writing.Lock()
	if code, answer := deliver(scan + "\n"); code != http.StatusServiceUnavailable {
		t.Errorf("during a collection: %d %s", code, answer)
	}
	app.turn.writing.Unlock()
	if err := os.WriteFile(file, []byte(text("acme/other")), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Reread("test"); err != nil {
		t.Fatal(err)
	}
	if code, answer := deliver(scan + "\n"); code != http.StatusForbidden {
		t.Errorf("after another configuration: %d %s", code, answer)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(text("acme/shop"), "[shop]", "[nothing]", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Reread("test"); err == nil || !strings.Contains(err.Error(), `"nothing" is no source`) {
		t.Errorf("a rule for no source: %v", err)
	}
	err = app.Store.View(func(v *store.View) error {
		runs, err := Bodies[evidence.Run](v, v.Size(), evidence.KindRun)
		if err != nil {
			return err
		}
		if len(runs) != 1 || runs[0].Trigger != "ingest" {
			t.Errorf("runs %+v", runs)
		}
		snaps, err := v.Snapshots(v.Size(), "policy.result")
		if err != nil {
			return err
		}
		want := evidence.Identity{ID: issuer.Issuer() + "|repo:acme/shop", Kind: "oidc"}
		if len(snaps) != 1 || snaps[0].Origin.Caller != want || snaps[0].Subjects.Count != 1 {
			t.Errorf("snapshots %+v", snaps)
		}
		actions, err := Bodies[evidence.Action](v, v.Size(), evidence.KindAction)
		refused := 0
		for _, a := range actions {
			if a.What == "refused delivery" && a.Who == want.ID && a.Detail["source"] == "shop" && a.Error != "" {
				refused++
			}
		}
		if refused != 2 {
			t.Errorf("%d refused deliveries are on record, want the broken one and the forbidden one: %+v", refused, actions)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestReceipts remembers the newest deliveries.
func TestReceipts(t *testing.T) {
	o := newOffice(t)
	r := receipts{o.Store, 10}
	for i := range 15 {
		if err := r.Keep(fmt.Sprint("k", i), inlet.Receipt{At: march(1).Add(time.Duration(i) * time.Second), Entry: int64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	for key, want := range map[string]bool{"k0": false, "k4": false, "k5": true, "k14": true} {
		if _, ok, err := r.Find(key); err != nil || ok != want {
			t.Errorf("%s is known: %v %v", key, ok, err)
		}
	}
}
