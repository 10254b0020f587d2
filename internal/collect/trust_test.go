package collect_test

import (
	"context"
	"encoding/pem"
	"io"
	"log"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

func TestCABundle(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("{}")) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, cert, 0o600); err != nil {
		t.Fatal(err)
	}
	f := &fake{}
	f.collectors = []collect.Collector{lister("x", false, func(ctx context.Context, tk *collect.Task) error {
		return tk.Call(ctx, "svc:List", func(ctx context.Context) error { return send(ctx, f, "GET", server.URL, "svc:List") })
	})}
	for bundle, want := range map[string]evidence.Outcome{file: evidence.OutcomeOK, "": evidence.OutcomeUnreachable} {
		run, _ := collected(t, t.Context(), f, func(c *collect.Config) {
			c.Transport, c.Limits.Pace = nil, math.Inf(1)
			c.Getenv = func(name string) string { return map[string]string{"AWS_CA_BUNDLE": bundle}[name] }
		})
		if run.Outcome != want {
			t.Errorf("with the bundle %q: %q %+v, want %q", bundle, run.Outcome, run.Scopes, want)
		}
	}
}
