package inlet

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oauth2-proxy/mockoidc"

	"exhibit/internal/evidence"
)

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

// TestRuns takes the same again when a later run of the pipeline delivers it: that nothing changed is a new look.
func TestRuns(t *testing.T) {
	for _, tt := range []struct {
		name          string
		first, second map[string]any
		taken         int
	}{
		{"nothing says which run", nil, nil, 1},
		{"the same run", map[string]any{"run_id": "1", "jti": "a"}, map[string]any{"run_id": "1", "jti": "b"}, 1},
		{"the next run", map[string]any{"run_id": "1"}, map[string]any{"run_id": "2"}, 2},
		{"the next attempt", map[string]any{"run_id": "1", "run_attempt": "1"}, map[string]any{"run_id": "1", "run_attempt": "2"}, 2},
		{"another job", map[string]any{"job_id": 302623}, map[string]any{"job_id": 302624}, 2},
		{"the same token", map[string]any{"jti": "a"}, map[string]any{"jti": "a"}, 1},
		{"another token", map[string]any{"jti": "a"}, map[string]any{"jti": "b"}, 2},
		{"another pipeline", nil, map[string]any{"sub": "repo:acme/till"}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			for _, over := range []map[string]any{tt.first, tt.second} {
				if w := d.send(d.request(with("Authorization", "Bearer "+d.token(over)))); w.Code != 200 {
					t.Fatalf("answers %d %s", w.Code, w.Body)
				}
			}
			if len(d.taken) != tt.taken {
				t.Errorf("taken %d times, want %d", len(d.taken), tt.taken)
			}
		})
	}
}

// forgetful is Receipts that cannot be read or written.
type forgetful struct{ find, keep error }

func (f forgetful) Find(string) (Receipt, bool, error) { return Receipt{}, false, f.find }
func (f forgetful) Keep(string, Receipt) error         { return f.keep }

// TestForgetful does not tell a pipeline that a delivery failed which is committed, and commits none that may be the second.
func TestForgetful(t *testing.T) {
	for _, tt := range []struct {
		f      forgetful
		status int
		taken  int
	}{
		{forgetful{keep: errors.New("disk is full")}, 200, 1},
		{forgetful{find: errors.New("disk is gone")}, 500, 0},
	} {
		d := newDesk(t)
		d.options.Receipts = tt.f
		d.inlet = New(d.options)
		w := d.send(d.request(nil))
		if w.Code != tt.status || len(d.taken) != tt.taken || strings.Contains(w.Body.String(), "disk") {
			t.Errorf("%+v: answers %d %s, taken %d times", tt.f, w.Code, w.Body, len(d.taken))
		}
		if len(d.failed) != 1 || !strings.Contains(d.failed[0], "disk") {
			t.Errorf("%+v: told %q", tt.f, d.failed)
		}
	}
}

// TestNoNames gives a stranger the same answer for every source, so that he learns no names.
func TestNoNames(t *testing.T) {
	d := newDesk(t)
	answers := map[string]bool{}
	for _, source := range []string{"shop-code", "other", "nothing"} {
		w := d.send(d.request(func(r *http.Request) {
			with("Authorization", "Bearer "+d.token(map[string]any{"repository": "evil/shop"}))(r)
			r.URL.Path = "/v1/ingest/" + source
		}))
		if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "repository") {
			t.Errorf("%s: %d %s", source, w.Code, w.Body)
		}
		answers[w.Body.String()] = true
	}
	if len(answers) != 1 {
		t.Errorf("answers differ: %v", answers)
	}
}

// TestSlowBody ends a delivery whose body does not come, and has room for others then.
func TestSlowBody(t *testing.T) {
	d := newDesk(t)
	server := httptest.NewUnstartedServer(d.inlet)
	server.Config.ReadTimeout = 50 * time.Millisecond
	server.Start()
	defer server.Close()
	for range waiting + 1 {
		in, out := io.Pipe()
		r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+"/v1/ingest/shop-code", in)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = d.request(nil).Header
		go func() { _, _ = out.Write([]byte("{")) }()
		resp, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != http.StatusRequestTimeout {
			t.Errorf("answers %s", resp.Status)
		}
		_, _ = resp.Body.Close(), out.Close()
	}
	if len(d.taken) != 0 {
		t.Error("half a report was taken")
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

// FuzzAllows lets in nobody but whom the rule names, whatever a token says.
func FuzzAllows(f *testing.F) {
	f.Add(`{"repository":"acme/shop","ref":"refs/heads/main"}`, "shop-code")
	f.Add(`{"repository":"acme/shop/x","ref":["refs/heads/main"]}`, "shop-")
	f.Add(`{"repository":1e400,"ref":null}`, "*")
	rules := []Rule{{Issuer: "i", Audience: "exhibit", Claims: map[string]string{"repository": "acme/*", "ref": "refs/heads/main"},
		Sources: []string{"shop-*"}}}
	f.Fuzz(func(t *testing.T, claims, source string) {
		tok := token{issuer: "i", audience: []string{"exhibit"}}
		if json.Unmarshal([]byte(claims), &tok.claims) != nil {
			return
		}
		repository, _ := tok.claims["repository"].(string)
		name, ok := strings.CutPrefix(repository, "acme/")
		want := ok && !strings.Contains(name, "/") && tok.claims["ref"] == "refs/heads/main" &&
			strings.HasPrefix(source, "shop-") && !strings.Contains(source, "/")
		if err := allows(rules, tok, source); (err == nil) != want {
			t.Errorf("%s to %q: %v, want allowed: %v", claims, source, err, want)
		}
	})
}
