package inlet

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/oauth2-proxy/mockoidc"

	"exhibit/internal/evidence"
)

// memory is Receipts.
type memory struct {
	mu sync.Mutex
	m  map[string]Receipt
}

func (m *memory) Find(key string) (Receipt, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.m[key]
	return r, ok, nil
}

func (m *memory) Keep(key string, r Receipt) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.m[key] = r
	return nil
}

// desk is an inlet with an issuer of its own.
type desk struct {
	t       *testing.T
	issuer  *mockoidc.MockOIDC
	inlet   http.Handler
	options Options

	mu      sync.Mutex
	taken   []Delivery
	refused []string
	unknown int
	failed  []string
	fail    error
}

func now() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) }

func newDesk(t *testing.T) *desk {
	t.Helper()
	m, err := mockoidc.Run()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Shutdown() })
	d := &desk{t: t, issuer: m}
	d.options = Options{
		Rules: func() []Rule {
			return []Rule{
				{Issuer: m.Issuer(), Audience: "exhibit", Claims: map[string]string{"repository": "acme/*", "ref": "refs/heads/main"},
					Sources: []string{"shop-*"}},
				{Issuer: m.Issuer(), Audience: "exhibit", Claims: map[string]string{"repository": "other/one", "run": "7"}, Sources: []string{"other"}},
				{Issuer: "http://127.0.0.1:1", Audience: "exhibit", Claims: map[string]string{"repository": "a"}, Sources: []string{"*"}},
			}
		},
		Take: func(_ context.Context, v Delivery) (Receipt, error) {
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.fail != nil {
				return Receipt{}, d.fail
			}
			d.taken = append(d.taken, v)
			return Receipt{Run: fmt.Sprint("run ", len(d.taken)), Entry: int64(len(d.taken)), Complete: true}, nil
		},
		Receipts: &memory{m: map[string]Receipt{}},
		Refused: func(source string, c evidence.Identity, err error) {
			d.refused = append(d.refused, source+": "+err.Error())
		},
		Unknown: func() { d.unknown++ },
		Failed:  func(err error) { d.failed = append(d.failed, err.Error()) },
		Now:     now,
	}
	d.inlet = New(d.options)
	return d
}

// token signs claims over those of a good one; nil takes one away.
func (d *desk) token(over map[string]any) string {
	d.t.Helper()
	claims := jwt.MapClaims{"iss": d.issuer.Issuer(), "sub": "repo:acme/shop", "aud": "exhibit", "iat": now().Unix(),
		"exp": now().Add(10 * time.Minute).Unix(), "repository": "acme/shop", "ref": "refs/heads/main"}
	for k, v := range over {
		if claims[k] = v; v == nil {
			delete(claims, k)
		}
	}
	raw, err := d.issuer.Keypair.SignJWT(claims)
	if err != nil {
		d.t.Fatal(err)
	}
	return raw
}

// request is one with a good token and body, which edit may change.
func (d *desk) request(edit func(*http.Request)) *http.Request {
	r := httptest.NewRequest("POST", "/v1/ingest/shop-code", strings.NewReader(`{"runs":[]}`))
	r.Header.Set("Authorization", "Bearer "+d.token(nil))
	r.Header.Set("Content-Type", "application/sarif+json")
	if edit != nil {
		edit(r)
	}
	return r
}

func (d *desk) send(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	d.inlet.ServeHTTP(w, r)
	return w
}

func with(key, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(key, value) }
}

func body(b []byte) func(*http.Request) {
	return func(r *http.Request) { r.Body = io.NopCloser(bytes.NewReader(b)) }
}

func packed(t *testing.T, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.CopyN(w, zeros{}, int64(n)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
