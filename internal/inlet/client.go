package inlet

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/time/rate"
)

const (
	// Tokens with keys that nobody has make an issuer be asked again; it is not asked more often than this.
	questionsEvery, questionsAtOnce = 10 * time.Second, 10
	// maxAnswer bounds what an issuer answers.
	maxAnswer = 1 << 20
)

// clientOf returns a client that follows no redirection to another host, asks nothing in clear text beyond this machine,
// and reads no more than keys can be.
func clientOf(r Rule, now func() time.Time) (*http.Client, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(r.Roots) > 0 {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(r.Roots) {
			return nil, errors.New("its ca holds no certificate")
		}
	}
	return &http.Client{
		Timeout: issuerTimeout,
		Transport: &bounded{now: now, limiter: rate.NewLimiter(rate.Every(questionsEvery), questionsAtOnce),
			next: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: config, MaxIdleConns: 2,
				IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true}},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if req.URL.Host != via[0].URL.Host || len(via) > 3 {
				return errors.New("the issuer sends to another host")
			}
			return nil
		},
	}, nil
}

// bounded asks only so often and where it is safe, and cuts answers.
type bounded struct {
	next    http.RoundTripper
	limiter *rate.Limiter
	now     func() time.Time
}

func (b *bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	if host := req.URL.Hostname(); req.URL.Scheme != "https" && host != "localhost" {
		if ip, err := netip.ParseAddr(host); err != nil || !ip.IsLoopback() {
			return nil, fmt.Errorf("it names an address without TLS: %s", req.URL.Redacted())
		}
	}
	if !b.limiter.AllowN(b.now(), 1) {
		return nil, errors.New("it was asked often enough")
	}
	resp, err := b.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Body = http.MaxBytesReader(nil, resp.Body, maxAnswer)
	return resp, nil
}

// watchedKeys tells keys that could not be asked for from a signature that is wrong.
type watchedKeys struct {
	remote      *oidc.RemoteKeySet
	unreachable error
}

func (k *watchedKeys) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := k.remote.VerifySignature(ctx, jwt)
	// What went wrong with asking is wrapped, whatever it was; that no key fits is an error of its own.
	if errors.Unwrap(err) != nil {
		k.unreachable = err
	}
	return payload, err
}
