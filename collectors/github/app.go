package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// app signs requests as the installation of a GitHub App. It changes the app's key for the installation's token, which
// lasts an hour and is renewed before it ends; both go over the transport for credentials.
type app struct {
	id           int64
	organization string
	rest         string // the REST API's address, without a slash at its end
	next         http.RoundTripper
	key          *ghinstallation.AppsTransport

	mu    sync.Mutex
	found int64                     // the installation; 0 until it is known
	token *ghinstallation.Transport // of the installation
}

// newApp reads the app's private key; nil is a source without an app.
func newApp(c Config, rest *url.URL, env collect.Env) (*app, error) {
	if c.AppID == 0 {
		return nil, nil
	}
	key := []byte(strings.ReplaceAll(env.Getenv(c.PrivateKeyEnv), `\n`, "\n")) // as pipelines keep it on one line
	if c.PrivateKeyFile != "" {
		file := c.PrivateKeyFile
		if !filepath.IsAbs(file) {
			file = filepath.Join(env.Dir, file)
		}
		var err error
		if key, err = os.ReadFile(file); err != nil {
			return nil, fmt.Errorf("github: read the app's private key: %w", err)
		}
	}
	if len(key) == 0 {
		return nil, fmt.Errorf("github: no private key of app %d: set the environment variable %s or private_key_file", c.AppID,
			c.PrivateKeyEnv)
	}
	signer, err := ghinstallation.NewAppsTransport(env.AuthTransport, c.AppID, key)
	if err != nil {
		return nil, fmt.Errorf("github: private key of app %d: it is no RSA key in PEM", c.AppID) // its text stays out of errors
	}
	a := &app{id: c.AppID, organization: c.Organization, rest: strings.TrimSuffix(rest.String(), "/"), next: env.Transport,
		key: signer, found: c.InstallationID}
	a.key.BaseURL = a.rest
	return a, nil
}

// RoundTrip implements http.RoundTripper.
func (a *app) RoundTrip(req *http.Request) (*http.Response, error) {
	token, err := a.tokenOf(req.Context())
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	signed := req.Clone(req.Context())
	signed.Header.Set("Authorization", "Bearer "+token)
	return a.next.RoundTrip(signed)
}

// tokenOf returns a token that is good for a while.
func (a *app) tokenOf(ctx context.Context) (string, error) {
	if _, err := a.installation(ctx); err != nil {
		return "", err
	}
	token, err := a.token.Token(ctx)
	var answer *ghinstallation.HTTPError
	if errors.As(err, &answer) && answer.Response != nil {
		answer.Response.Body.Close()
		return "", &unsigned{a.id, answer.Response.StatusCode}
	}
	if err != nil {
		return "", fmt.Errorf("get a token of app %d: %w", a.id, err)
	}
	return token, nil
}

// installation finds out which installation of the app is the organisation's, unless it is configured.
func (a *app) installation(ctx context.Context) (int64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.token != nil {
		return a.found, nil
	}
	if a.found == 0 {
		found, err := a.find(ctx)
		if err != nil {
			return 0, err
		}
		a.found = found
	}
	a.token = ghinstallation.NewFromAppsTransport(a.key, a.found)
	return a.found, nil
}

// find asks for the organisation's installation. Nothing else bounds that: who the caller is, is asked for outside of a call.
func (a *app) find(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.rest+"/orgs/"+url.PathEscape(a.organization)+"/installation", nil)
	if err != nil {
		return 0, err
	}
	resp, err := a.key.RoundTrip(req)
	if err != nil {
		return 0, fmt.Errorf("find the installation of app %d: %w", a.id, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return 0, &unsigned{a.id, resp.StatusCode}
	}
	var found struct {
		ID int64 `json:"id"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&found); err != nil || found.ID == 0 {
		return 0, fmt.Errorf("find the installation of app %d: the answer names none: %w", a.id, err)
	}
	return found.ID, nil
}

// unsigned is an app that got no token.
type unsigned struct {
	app    int64
	status int
}

func (e *unsigned) Error() string {
	if e.status == http.StatusNotFound {
		return fmt.Sprintf("app %d is not installed in the organisation", e.app)
	}
	return fmt.Sprintf("github answers %d to app %d, which asks for a token", e.status, e.app)
}

// outcome tells what it means for what was to be asked.
func (e *unsigned) outcome() (evidence.Outcome, string) {
	switch {
	case e.status == http.StatusUnauthorized:
		return evidence.OutcomeExpired, "BadAppKey"
	case e.status == http.StatusTooManyRequests:
		return evidence.OutcomeThrottled, "TooManyRequests"
	case e.status >= http.StatusInternalServerError:
		return evidence.OutcomeFailed, http.StatusText(e.status)
	}
	return evidence.OutcomeDenied, "AppNotInstalled"
}

// identity is who asks.
func (a *app) identity(ctx context.Context) (evidence.Identity, error) {
	installation, err := a.installation(ctx)
	if err != nil {
		return evidence.Identity{}, err
	}
	return evidence.Identity{ID: fmt.Sprintf("app %d, installation %d", a.id, installation), Account: a.organization, Kind: "app"}, nil
}
