package web

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"exhibit/internal/secret"
)

func TestMonitor(t *testing.T) {
	registry := prometheus.NewRegistry()
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "exhibit_store_entries", Help: "Entries."})
	gauge.Set(7)
	registry.MustRegister(gauge)
	trouble := map[string]string{}
	handler := func(token string) Monitoring {
		return Monitoring{Metrics: registry, Ready: func() map[string]string { return trouble }, Token: secret.New(token)}
	}
	for _, tc := range []struct {
		name, token, path, given string
		trouble                  string
		status                   int
		body                     string
	}{
		{"alive", "", "/healthz", "", "", 200, "ok"},
		{"alive, with nobody's token", "s3cret", "/healthz", "", "", 200, "ok"},
		{"alive though in trouble", "", "/healthz", "", "the store is broken", 200, "ok"},
		{"ready", "", "/readyz", "", "", 200, `"ready":true`},
		{"not ready", "", "/readyz", "", "the store is broken", 503, "the store is broken"},
		{"metrics", "", "/metrics", "", "", 200, "exhibit_store_entries 7"},
		{"metrics with the token", "s3cret", "/metrics", "Bearer s3cret", "", 200, "exhibit_store_entries 7"},
		{"metrics without it", "s3cret", "/metrics", "", "", 401, "token is needed"},
		{"metrics with another", "s3cret", "/metrics", "Bearer s3cre", "", 401, "token is needed"},
		{"the token in another scheme", "s3cret", "/readyz", "s3cret", "the store is broken", 401, "token is needed"},
		{"nothing else", "", "/", "", "", 404, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			clear(trouble)
			if tc.trouble != "" {
				trouble["store"] = tc.trouble
			}
			r := httptest.NewRequest("GET", "http://monitor.example"+tc.path, nil)
			if tc.given != "" {
				r.Header.Set("Authorization", tc.given)
			}
			w := httptest.NewRecorder()
			Monitor(handler(tc.token)).ServeHTTP(w, r)
			if w.Code != tc.status || !strings.Contains(w.Body.String(), tc.body) {
				t.Errorf("%d %q, want %d %q", w.Code, w.Body, tc.status, tc.body)
			}
			if tc.status == 401 && strings.Contains(w.Body.String(), "broken") {
				t.Error("it tells what the token is for")
			}
		})
	}
}
