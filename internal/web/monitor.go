package web

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"exhibit/internal/secret"
)

// Monitoring is what a monitor may ask. It tells numbers and names of sources and jobs, never evidence.
type Monitoring struct {
	// Metrics gives what is at /metrics.
	Metrics prometheus.Gatherer
	// Ready says what keeps the daemon from its work, by part; empty when nothing does. /readyz answers 503 with it.
	Ready func() map[string]string
	// Token, when it is not empty, must stand in the request: "Authorization: Bearer TOKEN". /healthz asks for none.
	Token secret.String
}

// Monitor answers GET /healthz (the process answers), /readyz (it does its work) and /metrics (Prometheus text format).
func Monitor(m Monitoring) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.Handle("GET /readyz", bearer(m.Token, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		trouble := m.Ready()
		if len(trouble) > 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"ready": len(trouble) == 0, "trouble": trouble})
	})))
	mux.Handle("GET /metrics", bearer(m.Token, promhttp.HandlerFor(m.Metrics, promhttp.HandlerOpts{})))
	return headers(mux)
}

// bearer lets through what names the token; an empty one lets all through. It takes the same time for every wrong token.
func bearer(token secret.String, next http.Handler) http.Handler {
	if token.IsZero() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !token.Equal(secret.New(given)) || !ok {
			w.Header().Set("WWW-Authenticate", `Bearer realm="exhibit"`)
			http.Error(w, "a token is needed", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}
