package inlet

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
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

// run returns which run of a pipeline the token is of, as far as it says so: a run and its attempt at GitHub, a job at
// GitLab, and else the token itself.
func (t token) run() string {
	var parts []string
	for _, claim := range []string{"run_id", "run_attempt", "job_id"} {
		if text, ok := claimText(t.claims[claim]); ok && text != "" {
			parts = append(parts, claim+"="+text)
		}
	}
	if text, ok := claimText(t.claims["jti"]); ok && len(parts) == 0 && text != "" {
		parts = append(parts, "jti="+text)
	}
	return strings.Join(parts, " ")
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

	mu    sync.Mutex
	known map[string]*issuer // by address and certificate authorities
}

// issuer is one that was needed.
type issuer struct {
	client *http.Client

	mu   sync.Mutex         // held while it is asked where its keys are
	keys *oidc.RemoteKeySet // nil until it answered
}

// verify verifies a token of one of the rules' issuers.
func (s *issuers) verify(ctx context.Context, raw string, rules []Rule) (token, error) {
	name, err := claimedIssuer(raw)
	if err != nil {
		return token{}, err
	}
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.Issuer == name })
	if i < 0 {
		return token{}, fmt.Errorf("%w: its issuer is none of those that are configured", errToken)
	}
	ctx, stop := context.WithTimeout(ctx, issuerTimeout)
	defer stop()
	remote, err := s.keySet(ctx, rules[i])
	if err != nil {
		return token{}, fmt.Errorf("%w: %s: %w", errUnreachable, name, err)
	}
	keys := &watchedKeys{remote: remote}
	verifier := oidc.NewVerifier(name, keys, &oidc.Config{SkipClientIDCheck: true, SupportedSigningAlgs: algorithms(),
		Now: func() time.Time { return s.now().Add(-leeway) }})
	id, err := verifier.Verify(ctx, raw)
	switch {
	case keys.unreachable != nil:
		return token{}, fmt.Errorf("%w: %s: %w", errUnreachable, name, keys.unreachable)
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

// keySet returns the keys of a rule's issuer, which is asked where they are until it has answered once.
func (s *issuers) keySet(ctx context.Context, r Rule) (*oidc.RemoteKeySet, error) {
	i, err := s.issuer(r)
	if err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.keys != nil {
		return i.keys, nil
	}
	ctx = oidc.ClientContext(ctx, i.client)
	provider, err := oidc.NewProvider(ctx, r.Issuer)
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
	i.keys = oidc.NewRemoteKeySet(context.WithoutCancel(ctx), discovered.Keys)
	return i.keys, nil
}

func (s *issuers) issuer(r Rule) (*issuer, error) {
	name := r.Issuer + "\x00" + string(r.Roots)
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.known[name]; known != nil {
		return known, nil
	}
	client, err := clientOf(r, s.now)
	if err != nil {
		return nil, err
	}
	if s.known == nil || len(s.known) > 100 { // what was configured once is not kept for ever
		s.known = map[string]*issuer{}
	}
	s.known[name] = &issuer{client: client}
	return s.known[name], nil
}
