package inlet

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/oauth2-proxy/mockoidc"
	"golang.org/x/time/rate"
)

// TestBrokenIssuer answers that the issuer is at fault, not the token, whatever is wrong with it, and repeats nothing of it.
func TestBrokenIssuer(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("went to another host") }))
	defer elsewhere.Close()
	text := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	for name, keys := range map[string]http.HandlerFunc{
		"not found":    text(404, strings.Repeat("INSIDE", 1000)),
		"not allowed":  text(403, `{"keys":[]}`),
		"down":         text(502, "INSIDE"),
		"no JSON":      text(200, "<html>"+strings.Repeat("INSIDE", 1000)),
		"endless":      text(200, strings.Repeat(" ", maxAnswer+1)+`{"keys":[]}`),
		"other host":   func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) },
		"moving about": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			broken := d.issuerWith(keys)
			w := d.send(d.request(with("Authorization", "Bearer "+d.token(map[string]any{"iss": broken}))))
			if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
				t.Errorf("answers %d %s", w.Code, w.Body)
			}
			if strings.Contains(w.Body.String(), "INSIDE") || strings.Contains(w.Body.String(), "127.0.0.1") {
				t.Errorf("the answer tells of the issuer: %s", w.Body)
			}
			if len(d.failed) != 1 || !strings.Contains(d.failed[0], broken) || len(d.failed[0]) > 400 {
				t.Errorf("told %q", d.failed)
			}
		})
	}
}

// issuerWith starts an issuer that answers with keys, adds a rule for it and returns its address.
func (d *desk) issuerWith(keys http.HandlerFunc) string {
	d.t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	d.t.Cleanup(server.Close)
	mux.HandleFunc("/keys", keys)
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, server.URL, server.URL+"/keys")
	})
	before := d.options.Rules
	d.options.Rules = func() []Rule {
		return append(before(), Rule{Issuer: server.URL, Audience: "exhibit", Claims: map[string]string{"repository": "acme/*"},
			Sources: []string{"shop-*"}})
	}
	d.inlet = New(d.options)
	return server.URL
}

// TestUnknownKeys asks an issuer for its keys only so often, however many tokens name keys that it does not have; tokens
// that it signed are taken meanwhile.
func TestUnknownKeys(t *testing.T) {
	d := newDesk(t)
	asked := new(atomic.Int32)
	issuer := d.issuerWith(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		keys, err := d.issuer.Keypair.JWKS()
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(keys)
	})
	other, err := mockoidc.RandomKeypair(2048)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := other.SignJWT(jwt.MapClaims{"iss": issuer, "sub": "x"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		d.send(d.request(func(r *http.Request) {
			with("Authorization", "Bearer "+raw)(r)
			r.RemoteAddr = fmt.Sprintf("198.51.100.%d:1", i)
		}))
	}
	if n := asked.Load(); n == 0 || n > questionsAtOnce {
		t.Errorf("asked %d times", n)
	}
	w := d.send(d.request(with("Authorization", "Bearer "+d.token(map[string]any{"iss": issuer}))))
	if w.Code != http.StatusOK {
		t.Errorf("a good token: %d %s", w.Code, w.Body)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestClearText asks for no keys where somebody on the way could put in his own.
func TestClearText(t *testing.T) {
	for address, want := range map[string]bool{
		"https://issuer.example/keys": true, "http://127.0.0.1:80/keys": true, "http://localhost/keys": true, "http://[::1]/keys": true,
		"http://issuer.example/keys": false, "http://10.0.0.1/keys": false, "http://127.0.0.1.example/keys": false,
	} {
		asked := false
		b := bounded{now: now, limiter: rate.NewLimiter(1, 1), next: roundTrip(func(*http.Request) (*http.Response, error) {
			asked = true
			return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
		})}
		_, err := b.RoundTrip(httptest.NewRequest("GET", address, nil))
		if asked != want || (err == nil) != want {
			t.Errorf("%s: asked %v, %v", address, asked, err)
		}
	}
}
