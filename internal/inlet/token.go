package inlet

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

const (
	// leeway is by how much clocks may differ.
	leeway = time.Minute
	// maxLife is the longest that a token may be good for. GitLab's last as long as a job may.
	maxLife = 24 * time.Hour
	// maxToken bounds a token; GitHub's have about 2 KB.
	maxToken = 16 << 10
	// issuerTimeout is how long an issuer may take to answer.
	issuerTimeout = 10 * time.Second
)

// algorithms are the signatures that are taken: never none, and never a secret's.
func algorithms() []string {
	return []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512,
		oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}
}

var (
	errToken       = errors.New("token is not good")
	errUnreachable = errors.New("issuer cannot be asked for its keys")
)

// token is one that was verified.
type token struct {
	issuer, subject string
	audience        []string
	claims          map[string]any
}

// bearer returns the token of an Authorization header.
func bearer(header string) (string, error) {
	scheme, raw, ok := strings.Cut(header, " ")
	raw = strings.TrimSpace(raw)
	switch {
	case !ok || !strings.EqualFold(scheme, "Bearer") || raw == "":
		return "", fmt.Errorf("%w: expected the header Authorization: Bearer TOKEN", errToken)
	case len(raw) > maxToken || strings.Count(raw, ".") != 2:
		return "", fmt.Errorf("%w: it is no signed JWT", errToken)
	}
	return raw, nil
}

// claimedIssuer reads who a token says issued it, which is to be verified.
func claimedIssuer(raw string) (string, error) {
	var claims struct {
		Issuer string `json:"iss"`
	}
	body, err := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[1])
	if err == nil {
		err = json.Unmarshal(body, &claims)
	}
	if err != nil || claims.Issuer == "" {
		return "", fmt.Errorf("%w: it names no issuer", errToken)
	}
	return claims.Issuer, nil
}

// issuers keeps the keys of issuers, which it asks for when they are needed first, or when a token names a new one.
type issuers struct {
	now func() time.Time

	mu   sync.Mutex
	keys map[string]*oidc.RemoteKeySet // by issuer and certificate authorities
}

// verify verifies a token of one of the rules' issuers.
func (s *issuers) verify(ctx context.Context, raw string, rules []Rule) (token, error) {
	issuer, err := claimedIssuer(raw)
	if err != nil {
		return token{}, err
	}
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.Issuer == issuer })
	if i < 0 {
		return token{}, fmt.Errorf("%w: its issuer is none of those that are configured", errToken)
	}
	ctx, stop := context.WithTimeout(ctx, issuerTimeout)
	defer stop()
	remote, err := s.keySet(ctx, rules[i])
	if err != nil {
		return token{}, fmt.Errorf("%w: %s: %w", errUnreachable, issuer, err)
	}
	keys := &watchedKeys{remote: remote}
	verifier := oidc.NewVerifier(issuer, keys, &oidc.Config{SkipClientIDCheck: true, SupportedSigningAlgs: algorithms(),
		Now: func() time.Time { return s.now().Add(-leeway) }})
	id, err := verifier.Verify(ctx, raw)
	switch {
	case keys.unreachable != nil:
		return token{}, fmt.Errorf("%w: %s: %w", errUnreachable, issuer, keys.unreachable)
	case err != nil:
		return token{}, fmt.Errorf("%w: %w", errToken, err)
	}
	return s.timely(id)
}

// timely refuses a token that is not good yet, or for longer than any pipeline needs.
func (s *issuers) timely(id *oidc.IDToken) (token, error) {
	t := token{issuer: id.Issuer, subject: id.Subject, audience: id.Audience}
	if err := id.Claims(&t.claims); err != nil {
		return t, fmt.Errorf("%w: its claims: %w", errToken, err)
	}
	var times struct {
		NotBefore float64 `json:"nbf"`
	}
	if err := id.Claims(&times); err != nil {
		return t, fmt.Errorf("%w: its nbf: %w", errToken, err)
	}
	latest := s.now().Add(leeway)
	switch {
	case id.Subject == "":
		return t, fmt.Errorf("%w: it has no subject", errToken)
	case id.IssuedAt.IsZero() || id.IssuedAt.Unix() == 0:
		return t, fmt.Errorf("%w: it does not say when it was issued", errToken)
	case id.IssuedAt.After(latest) || times.NotBefore > float64(latest.Unix()):
		return t, fmt.Errorf("%w: it is not good yet", errToken)
	case id.Expiry.Sub(id.IssuedAt) > maxLife:
		return t, fmt.Errorf("%w: it is good for %s, and at most %s is taken", errToken, id.Expiry.Sub(id.IssuedAt), maxLife)
	}
	return t, nil
}

// keySet returns the keys of a rule's issuer. Only an issuer that answered is kept.
func (s *issuers) keySet(ctx context.Context, r Rule) (*oidc.RemoteKeySet, error) {
	name := r.Issuer + "\x00" + string(r.Roots)
	s.mu.Lock()
	known := s.keys[name]
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	client, err := clientOf(r)
	if err != nil {
		return nil, err
	}
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, client), r.Issuer)
	if err != nil {
		return nil, err
	}
	var discovered struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&discovered); err != nil {
		return nil, err
	}
	// The keys are asked for as long as the process lives; each call has the client's deadline.
	keys := oidc.NewRemoteKeySet(oidc.ClientContext(context.WithoutCancel(ctx), client), discovered.Keys)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys == nil || len(s.keys) > 100 { // what was configured once is not kept for ever
		s.keys = map[string]*oidc.RemoteKeySet{}
	}
	s.keys[name] = keys
	return keys, nil
}

// clientOf returns a client that follows no redirection to another host, and reads no more than keys can be.
func clientOf(r Rule) (*http.Client, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(r.Roots) > 0 {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(r.Roots) {
			return nil, errors.New("its ca holds no certificate")
		}
	}
	return &http.Client{
		Timeout: issuerTimeout,
		Transport: &bounded{next: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: config, MaxIdleConns: 2,
			IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true}},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if req.URL.Host != via[0].URL.Host || len(via) > 3 {
				return errors.New("the issuer sends to another host")
			}
			return nil
		},
	}, nil
}

// bounded makes an answer that is no answer an error, and cuts bodies.
type bounded struct{ next http.RoundTripper }

func (b *bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests {
		return nil, errors.Join(fmt.Errorf("it answered %s", resp.Status), resp.Body.Close())
	}
	resp.Body = http.MaxBytesReader(nil, resp.Body, 1<<20)
	return resp, nil
}

// watchedKeys tells keys that could not be asked for from a signature that is wrong.
type watchedKeys struct {
	remote      *oidc.RemoteKeySet
	unreachable error
}

func (k *watchedKeys) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := k.remote.VerifySignature(ctx, jwt)
	var failed *url.Error
	if errors.As(err, &failed) || errors.Is(err, context.DeadlineExceeded) {
		k.unreachable = err
	}
	return payload, err
}
