package daemon

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"exhibit/internal/config"
	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// TestIngestRefuses holds that callers can tell a bad report from a bad configuration, and that nothing is committed.
func TestIngestRefuses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, config.FileName)
	text := `sources:
  - { name: code, ingest: {} }
  - { name: files, file: { path: . } }
  - { name: mapped, ingest: { controls: { "S*": secrets-in-code, "*": policy-results } } }
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(file, ProviderNames())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Create(cfg, time.Now(), false); err != nil {
		t.Fatal(err)
	}
	app, err := Open(Options{Config: cfg, Mode: Write, Now: time.Now, Getenv: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	good := DeliveredReport{Name: "good.xml", Body: []byte(`<testsuite tests="1"><testcase name="a"/></testsuite>`)}
	bad := DeliveredReport{Name: "bad.xml", Body: []byte(`<testsuite>`)}
	deliver := func(source string, reports ...DeliveredReport) (Collected, error) {
		return app.Ingest(context.Background(), IngestRequest{Source: source, Reports: reports,
			Caller: evidence.Identity{ID: "https://issuer.example.com|repo:shop", Kind: "oidc"}})
	}
	for _, tt := range []struct {
		source  string
		reports []DeliveredReport
		is      error
		says    string
	}{
		{"nobody", []DeliveredReport{good}, ErrConfig, "nobody"},
		{"files", []DeliveredReport{good}, ErrConfig, "takes no reports"},
		{"code", nil, ErrReport, "empty"},
		{"code", []DeliveredReport{good, bad}, ErrReport, "bad.xml:1:"},
	} {
		if _, err := deliver(tt.source, tt.reports...); !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: error %v, want %v with %q", tt.source, err, tt.is, tt.says)
		}
	}
	runs := func() (n int) {
		_ = app.Store.View(func(v *store.View) error {
			for range v.EntriesOf(evidence.KindRun) {
				n++
			}
			return nil
		})
		return n
	}
	if n := runs(); n != 0 {
		t.Errorf("%d runs were committed", n)
	}
	res, err := deliver("code", good)
	if err != nil {
		t.Fatal(err)
	}
	if runs() != 1 || res.Run.Trigger != "ingest" || res.AssessmentEntry == 0 {
		t.Errorf("%d runs, %+v", runs(), res)
	}
}
