package inlet

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

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
