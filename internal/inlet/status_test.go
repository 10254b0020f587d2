package inlet

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/oauth2-proxy/mockoidc"
)

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
		{"alg none", 401, "unexpected signature algorithm", false, func(d *desk) func(*http.Request) {
			return with("Authorization", unsigned(`{"alg":"none"}`, `{"iss":"`+d.issuer.Issuer()+`","sub":"x"}`))
		}},
		{"secret of the public key", 401, "unexpected signature algorithm", false, func(d *desk) func(*http.Request) {
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
		{"control letters", 400, "plain text", true, func(*desk) func(*http.Request) {
			return func(r *http.Request) { r.URL.RawQuery = "name=a%1b%5b2J" }
		}},
		{"long name", 400, "plain text", true, func(*desk) func(*http.Request) {
			return func(r *http.Request) { r.URL.RawQuery = "name=" + strings.Repeat("a", maxName+1) }
		}},
		{"elsewhere", 404, "nothing here", true, func(*desk) func(*http.Request) { return func(r *http.Request) { r.URL.Path = "/v1/health" } }},
		{"get", 405, "is not taken", true, func(*desk) func(*http.Request) { return func(r *http.Request) { r.Method = "GET" } }},
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
			if kind := w.Header().Get("Content-Type"); kind != "application/json" || !json.Valid(w.Body.Bytes()) {
				t.Errorf("answers %s %s", kind, w.Body)
			}
			if (len(d.taken) > 0) != (tt.status == 200) {
				t.Errorf("%d deliveries were taken", len(d.taken))
			}
			if told := len(d.refused) > 0; told != (tt.known && tt.status >= 400 && tt.status < 500 && tt.status != 405 && tt.name != "elsewhere") {
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
