package github

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"

	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
)

// appServer is a GitHub on which app 7 is installed.
type appServer struct {
	key       *rsa.PublicKey
	refuse    int  // status with which a token is refused
	elsewhere bool // the app is not installed in the organisation

	mu    sync.Mutex
	asked []string
}

func (s *appServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.Method+" "+r.URL.Path)
	s.mu.Unlock()
	bearer := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	answer := func(status int, body string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
	app := r.URL.Path == "/orgs/acme/installation" || strings.HasPrefix(r.URL.Path, "/app/")
	switch {
	case app && s.signed(bearer) != nil:
		answer(401, `{"message": "A JSON web token could not be decoded"}`)
	case app && s.refuse != 0:
		answer(s.refuse, `{"message": "no"}`)
	case r.URL.Path == "/orgs/acme/installation" && s.elsewhere:
		answer(404, `{"message": "Not Found"}`)
	case r.URL.Path == "/orgs/acme/installation":
		answer(200, `{"id": 42, "app_id": 7}`)
	case r.URL.Path == "/app/installations/42/access_tokens" && r.Method == http.MethodPost:
		answer(201, fmt.Sprintf(`{"token": "installed", "expires_at": %q}`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339)))
	case bearer != "installed":
		answer(401, `{"message": "Bad credentials"}`)
	case r.URL.Path == "/orgs/acme":
		answer(200, `{"id": 1, "name": "Acme"}`)
	default:
		answer(200, `[]`)
	}
}

// signed checks that a token was signed with the app's key.
func (s *appServer) signed(token string) error {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return errors.New("no token")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(s.key, crypto.SHA256, sum[:], signature); err != nil {
		return err
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return err
	}
	var claims struct{ Iss string }
	if err := json.Unmarshal(raw, &claims); err != nil || claims.Iss != "7" {
		return fmt.Errorf("issued by %q, %w", claims.Iss, err)
	}
	return nil
}

func TestApp(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "key.pem"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	const find, exchange = "GET /orgs/acme/installation", "POST /app/installations/42/access_tokens"
	for name, tt := range map[string]struct {
		config  Config
		env     string
		key     *rsa.PublicKey
		refuse  int
		away    bool
		outcome evidence.Outcome
		reason  string
		asked   string // first
	}{
		"found from the organisation": {Config{}, text, &key.PublicKey, 0, false, evidence.OutcomeOK, "", find + ", " + exchange + ", GET /orgs/acme, GET /orgs/acme/repos"},
		"configured, with the key in a file": {Config{InstallationID: 42, PrivateKeyFile: "key.pem"}, "", &key.PublicKey, 0, false,
			evidence.OutcomeOK, "", exchange + ", GET /orgs/acme, GET /orgs/acme/repos"},
		"the key on one line":    {Config{}, strings.ReplaceAll(text, "\n", `\n`), &key.PublicKey, 0, false, evidence.OutcomeOK, "", find},
		"the key of another app": {Config{}, text, &other.PublicKey, 0, false, evidence.OutcomeExpired, "answers 401 to app 7", find},
		"not installed":          {Config{}, text, &key.PublicKey, 0, true, evidence.OutcomeDenied, "app 7 is not installed", find},
		"suspended":              {Config{InstallationID: 42}, text, &key.PublicKey, 403, false, evidence.OutcomeDenied, "answers 403 to app 7", exchange},
		"GitHub is down":         {Config{}, text, &key.PublicKey, 503, false, evidence.OutcomeFailed, "answers 503 to app 7", find},
		"no key":                 {Config{}, "", &key.PublicKey, 0, false, evidence.OutcomeFailed, "GITHUB_APP_PRIVATE_KEY", ""},
		"no such file":           {Config{PrivateKeyFile: "nokey.pem"}, text, &key.PublicKey, 0, false, evidence.OutcomeFailed, "nokey.pem", ""},
		"no RSA key":             {Config{}, "secret words", &key.PublicKey, 0, false, evidence.OutcomeFailed, "it is no RSA key", ""},
	} {
		t.Run(name, func(t *testing.T) {
			github := &appServer{key: tt.key, refuse: tt.refuse, elsewhere: tt.away}
			server := httptest.NewServer(github)
			defer server.Close()
			run, err := collect.Run(t.Context(), collect.Config{
				Sources: []collect.OpenSource{{Name: "app", Provider: Provider{}, Dir: dir, Decode: func(v any) error {
					c := v.(*Config)
					c.Organization, c.BaseURL, c.AppID = "acme", server.URL, 7
					c.InstallationID, c.PrivateKeyFile = tt.config.InstallationID, tt.config.PrivateKeyFile
					return nil
				}}},
				Batch: collecttest.NewMemory(), RedactionKey: make([]byte, 32), Limits: collect.Limits{Pace: math.Inf(1)},
				Getenv: func(name string) string { return map[string]string{"GITHUB_APP_PRIVATE_KEY": tt.env}[name] },
				Only:   []string{"github.repository"},
			})
			if err != nil {
				t.Fatal(err)
			}
			said := fmt.Sprint(run.Scopes)
			if run.Outcome != tt.outcome || !strings.Contains(said, tt.reason) || strings.Contains(said, "secret words") {
				t.Errorf("run ended %s: %s", run.Outcome, said)
			}
			if asked := strings.Join(github.asked, ", "); !strings.HasPrefix(asked, tt.asked) || tt.asked == "" && asked != "" {
				t.Errorf("asked %s, want %s", asked, tt.asked)
			}
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestFindIsBounded looks for an installation where no answer comes, and where it has no end in sight.
func TestFindIsBounded(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, next := range map[string]roundTripper{
		"no answer": func(r *http.Request) (*http.Response, error) {
			select {
			case <-r.Context().Done():
				return nil, r.Context().Err()
			case <-time.After(time.Hour):
				return nil, errors.New("nobody waits that long")
			}
		},
		"a long one": func(r *http.Request) (*http.Response, error) {
			body := io.NopCloser(strings.NewReader(strings.Repeat(" ", 1<<20) + `{"id": 42}`))
			return &http.Response{StatusCode: 200, Body: body, Request: r}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				a := &app{id: 7, rest: "https://api.github.com", key: ghinstallation.NewAppsTransportFromPrivateKey(next, 7, key)}
				if found, err := a.find(t.Context()); err == nil || time.Since(began) > time.Minute {
					t.Errorf("found %d after %s, %v", found, time.Since(began), err)
				}
			})
		})
	}
}
