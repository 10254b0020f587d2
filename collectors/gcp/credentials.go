package gcp

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/auth/credentials"

	"exhibit/internal/collect"
)

// scopes are what tokens are asked for. Reading a bucket's policy is in no read-only scope; that nothing is written is
// held by the permissions of the role and by the transport.
func scopes() []string {
	return []string{"https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/userinfo.email"}
}

// detect finds the credential: the configured file, else Google's default chain. It asks for no token yet.
func detect(c Config, env collect.Env) (*auth.Credentials, error) {
	file := c.CredentialsFile
	switch {
	case file != "" && !filepath.IsAbs(file):
		file = filepath.Join(env.Dir, file)
	case file == "":
		file = env.Getenv("GOOGLE_APPLICATION_CREDENTIALS")
	}
	// The file is named by who runs the program, and may be of any type that Google documents.
	creds, err := credentials.DetectDefault(&credentials.DetectOptions{
		Scopes:              scopes(),
		CredentialsFile:     file,
		Client:              &http.Client{Transport: env.AuthTransport},
		DisableAsyncRefresh: true,
	})
	if err != nil {
		return nil, fmt.Errorf("gcp: find credentials: %w", err)
	}
	return creds, nil
}

// bearer adds the credential's token to every request, and the project that its quota is counted in.
type bearer struct {
	next        http.RoundTripper
	credentials *auth.Credentials
}

// RoundTrip implements http.RoundTripper.
func (b bearer) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "https" && !collect.Loopback(req.URL) {
		return nil, fmt.Errorf("%s is no https address: a token is sent over https only", req.URL.Host)
	}
	token, err := b.credentials.Token(apart{req.Context()})
	if err != nil {
		return nil, &tokenError{err}
	}
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+token.Value)
	if quota, err := b.credentials.QuotaProjectID(req.Context()); err == nil && quota != "" {
		req.Header.Set("X-Goog-User-Project", quota)
	}
	return b.next.RoundTrip(req)
}

// apart is a context without the call that it belongs to: a token is everybody's.
type apart struct{ context.Context }

// Value implements context.Context.
func (apart) Value(any) any { return nil }

// tokenError is a failure to get a token, told from an answer of the API.
type tokenError struct{ err error }

func (e *tokenError) Error() string { return "get a token: " + e.err.Error() }

func (e *tokenError) Unwrap() error { return e.err }

// endpoint reads the configured address of all services, if there is one.
func endpoint(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	u, err := url.Parse(strings.TrimSuffix(text, "/"))
	if err != nil || u.Host == "" || u.Path != "" {
		return nil, fmt.Errorf("gcp: endpoint %q: expected something like https://proxy.example.com", text)
	}
	if u.Scheme != "https" && !collect.Loopback(u) {
		return nil, fmt.Errorf("gcp: endpoint %q: a token is sent over https only", text)
	}
	return u, nil
}
