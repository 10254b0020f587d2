package inlet

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
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
		Refused:  func(source string, c evidence.Identity, err error) { d.refused = append(d.refused, source+": "+err.Error()) },
		Unknown:  func() { d.unknown++ },
		Now:      now,
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

func TestStatus(t *testing.T) {
	unsigned := func(header, claims string) string {
		e := base64.RawURLEncoding.EncodeToString
		return "Bearer " + e([]byte(header)) + "." + e([]byte(claims)) + ".c2ln"
	}
	for _, tt := range []struct {
		name   string
		status int
		says   string
		known  bool // the caller
		edit   func(d *desk) func(*http.Request)
	}{
		{"good", 200, `"run":"run 1"`, true, func(*desk) func(*http.Request) { return nil }},
		{"no token", 401, "Authorization: Bearer", false, func(*desk) func(*http.Request) { return with("Authorization", "") }},
		{"password", 401, "Authorization: Bearer", false, func(*desk) func(*http.Request) { return with("Authorization", "Basic YTpi") }},
		{"no jwt", 401, "no signed JWT", false, func(*desk) func(*http.Request) { return with("Authorization", "Bearer abc") }},
		{"long", 401, "no signed JWT", false, func(*desk) func(*http.Request) {
			return with("Authorization", "Bearer a.b."+strings.Repeat("c", maxToken))
		}},
		{"alg none", 401, "token is not good", false, func(d *desk) func(*http.Request) {
			return with("Authorization", unsigned(`{"alg":"none"}`, `{"iss":"`+d.issuer.Issuer()+`","sub":"x"}`))
		}},
		{"secret of the public key", 401, "token is not good", false, func(d *desk) func(*http.Request) {
			keys, err := d.issuer.Keypair.JWKS()
			if err != nil {
				d.t.Fatal(err)
			}
			raw, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"iss": d.issuer.Issuer(), "sub": "x"}).SignedString(keys)
			if err != nil {
				d.t.Fatal(err)
			}
			return with("Authorization", "Bearer "+raw)
		}},
		{"other key", 401, "token is not good", false, func(d *desk) func(*http.Request) {
			other, err := mockoidc.RandomKeypair(2048)
			if err != nil {
				d.t.Fatal(err)
			}
			raw, err := other.SignJWT(jwt.MapClaims{"iss": d.issuer.Issuer(), "sub": "x"})
			if err != nil {
				d.t.Fatal(err)
			}
			return with("Authorization", "Bearer "+raw)
		}},
		{"other issuer", 401, "none of those", false, claims(map[string]any{"iss": "https://evil.example"})},
		{"dead issuer", 503, "cannot be asked", false, claims(map[string]any{"iss": "http://127.0.0.1:1"})},
		{"expired", 401, "expired", false, claims(map[string]any{"exp": now().Add(-2 * time.Minute).Unix()})},
		{"expired within leeway", 200, "run 1", true, claims(map[string]any{"exp": now().Add(-30 * time.Second).Unix()})},
		{"too long", 401, "at most", false, claims(map[string]any{"exp": now().AddDate(1, 0, 0).Unix()})},
		{"not yet", 401, "not good yet", false, claims(map[string]any{"nbf": now().Add(2 * time.Minute).Unix()})},
		{"of tomorrow", 401, "not good yet", false, claims(map[string]any{"iat": now().Add(2 * time.Minute).Unix()})},
		{"without time", 401, "when it was issued", false, claims(map[string]any{"iat": nil})},
		{"without subject", 401, "no subject", false, claims(map[string]any{"sub": nil})},
		{"other audience", 403, "another audience", true, claims(map[string]any{"aud": "sts.amazonaws.com"})},
		{"several audiences", 200, "run 1", true, claims(map[string]any{"aud": []string{"a", "exhibit"}})},
		{"other repository", 403, "claim repository is not", true, claims(map[string]any{"repository": "evil/shop"})},
		{"deeper repository", 403, "claim repository is not", true, claims(map[string]any{"repository": "acme/evil/shop"})},
		{"no claim", 403, "no claim ref", true, claims(map[string]any{"ref": nil})},
		{"list as claim", 403, "no claim ref", true, claims(map[string]any{"ref": []string{"refs/heads/main"}})},
		{"other source", 403, "no rule", true, func(*desk) func(*http.Request) { return func(r *http.Request) { r.URL.Path = "/v1/ingest/payroll" } }},
		{"another's source", 403, "claim repository is not", true, func(*desk) func(*http.Request) {
			return func(r *http.Request) { r.URL.Path = "/v1/ingest/other" }
		}},
		{"content type", 415, "none of", true, func(*desk) func(*http.Request) { return with("Content-Type", "text/html") }},
		{"no content type", 415, "none of", true, func(*desk) func(*http.Request) { return with("Content-Type", "") }},
		{"packed unknown", 415, "brotli", true, func(*desk) func(*http.Request) { return with("Content-Encoding", "brotli") }},
		{"not packed", 400, "not packed", true, func(*desk) func(*http.Request) { return with("Content-Encoding", "gzip") }},
		{"empty", 422, "empty", true, func(*desk) func(*http.Request) { return body(nil) }},
		{"bomb", 413, "64 MiB", true, func(d *desk) func(*http.Request) {
			bomb := packed(d.t, MaxBody+1)
			return func(r *http.Request) { body(bomb)(r); with("Content-Encoding", "gzip")(r) }
		}},
		{"large", 413, "64 MiB", true, func(*desk) func(*http.Request) { return body(make([]byte, MaxBody+1)) }},
		{"get", 405, "", true, func(*desk) func(*http.Request) { return func(r *http.Request) { r.Method = "GET" } }},
		{"bad report", 422, "line 1", true, failing(fmt.Errorf("%w: line 1", ErrReport))},
		{"unknown source", 404, "no such source", true, failing(ErrNoSource)},
		{"busy", 503, "busy", true, failing(ErrBusy)},
		{"broken", 500, "could not be kept", true, failing(errors.New("secret path /var/lib"))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			r := d.request(tt.edit(d))
			w := d.send(r)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.says) {
				t.Fatalf("answers %d %s, want %d with %q", w.Code, w.Body, tt.status, tt.says)
			}
			if (len(d.taken) > 0) != (tt.status == 200) {
				t.Errorf("%d deliveries were taken", len(d.taken))
			}
			if told := len(d.refused) > 0; told != (tt.known && tt.status >= 400 && tt.status < 500 && tt.status != 405) {
				t.Errorf("told as refused: %v", d.refused)
			}
			if (d.unknown > 0) == tt.known {
				t.Errorf("%d unknown callers", d.unknown)
			}
			if strings.Contains(w.Body.String(), "/var/lib") {
				t.Error("the answer tells of the inside")
			}
			if token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); len(token) > 20 &&
				strings.Contains(w.Body.String()+fmt.Sprint(d.refused), token) {
				t.Error("the token is repeated")
			}
		})
	}
}

func claims(over map[string]any) func(*desk) func(*http.Request) {
	return func(d *desk) func(*http.Request) { return with("Authorization", "Bearer "+d.token(over)) }
}

func failing(err error) func(*desk) func(*http.Request) {
	return func(d *desk) func(*http.Request) { d.fail = err; return nil }
}

// TestDelivery is what is handed on.
func TestDelivery(t *testing.T) {
	d := newDesk(t)
	w := d.send(d.request(func(r *http.Request) {
		r.URL.RawQuery = "name=results.sarif&format=sarif"
		body(packed(t, 10))(r)
		with("Content-Encoding", "gzip")(r)
	}))
	if w.Code != 200 || len(d.taken) != 1 {
		t.Fatalf("answers %d %s", w.Code, w.Body)
	}
	got := d.taken[0]
	if got.Name != "results.sarif" || got.Format != "sarif" || got.Source != "shop-code" || len(got.Body) != 10 || got.Caller.Kind != "oidc" ||
		got.Caller.ID != d.issuer.Issuer()+"|repo:acme/shop" {
		t.Errorf("handed on %+v", got)
	}
	var r Receipt
	if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil || r.Digest != evidence.Sum(got.Body) || !r.At.Equal(now()) {
		t.Errorf("receipt %+v %v", r, err)
	}
}

// TestSameAgain delivers the same at once, again, and to an inlet that was started anew: it is taken once.
func TestSameAgain(t *testing.T) {
	d := newDesk(t)
	answers := make([]string, 3)
	var wg sync.WaitGroup
	for i := range answers {
		r := d.request(nil)
		wg.Go(func() {
			w := httptest.NewRecorder()
			d.inlet.ServeHTTP(w, r)
			answers[i] = w.Body.String()
		})
	}
	wg.Wait()
	d.inlet = New(d.options)
	answers = append(answers, d.send(d.request(nil)).Body.String())
	for _, a := range answers {
		if a != answers[0] || !strings.Contains(a, "run 1") {
			t.Errorf("answers %s and %s", a, answers[0])
		}
	}
	if len(d.taken) != 1 {
		t.Errorf("taken %d times", len(d.taken))
	}
	if a := d.send(d.request(body([]byte("another")))).Body.String(); !strings.Contains(a, "run 2") {
		t.Errorf("another report: %s", a)
	}
}

// TestRotation takes a token signed with a key that the issuer has only now.
func TestRotation(t *testing.T) {
	d := newDesk(t)
	if w := d.send(d.request(nil)); w.Code != 200 {
		t.Fatalf("answers %d", w.Code)
	}
	key, err := mockoidc.RandomKeypair(2048)
	if err != nil {
		t.Fatal(err)
	}
	d.issuer.Keypair = key
	if w := d.send(d.request(body([]byte("another")))); w.Code != 200 {
		t.Errorf("with a new key: %d %s", w.Code, w.Body)
	}
}

// TestManyTokens bounds what tokens cost.
func TestManyTokens(t *testing.T) {
	d := newDesk(t)
	got := map[int]int{}
	for range tokensAtOnce + 20 {
		got[d.send(d.request(with("Authorization", "Bearer a.b.c"))).Code]++
	}
	if got[http.StatusTooManyRequests] == 0 || got[http.StatusUnauthorized] < tokensAtOnce {
		t.Errorf("answers %v", got)
	}
}

// FuzzBearer reads foreign headers: what it takes for a token has three parts, and its issuer is read without failing.
func FuzzBearer(f *testing.F) {
	f.Add("Bearer a.b.c")
	f.Add("bearer eyJhbGciOiJub25lIn0.eyJpc3MiOiJhIn0.")
	f.Add("Basic YTpi")
	f.Fuzz(func(t *testing.T, header string) {
		raw, err := bearer(header)
		if err != nil {
			if !errors.Is(err, errToken) || raw != "" {
				t.Errorf("%q: %q %v", header, raw, err)
			}
			return
		}
		if strings.Count(raw, ".") != 2 || len(raw) > maxToken {
			t.Errorf("%q is taken for a token", header)
		}
		if issuer, err := claimedIssuer(raw); (issuer == "") != (err != nil) {
			t.Errorf("%q: issuer %q, %v", header, issuer, err)
		}
	})
}
