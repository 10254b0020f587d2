package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// answerBytes bounds what is read of an answer.
const answerBytes = 1 << 20

// rest asks one JSON API.
type rest struct {
	what   string // "Slack", for errors
	base   *url.URL
	client *http.Client
	header http.Header // of every request, credentials among them
}

// newRest returns a client for the API at base, which is https, or on this machine.
func newRest(what, base string, header http.Header, transport http.RoundTripper) (*rest, error) {
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return nil, fmt.Errorf("%s address %q: expected https://host", what, base)
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	return &rest{what: what, base: u, header: header, client: &http.Client{Transport: transport, Timeout: 30 * time.Second,
		// A credential follows no redirect.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

// ask sends in as JSON, or nothing, and reads the answer into out, unless that is nil.
func (r *rest) ask(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return forever(fmt.Errorf("%s: %w", r.what, err))
		}
	}
	_, answer, err := r.send(ctx, method, path, body, nil)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s: %s %s: not the JSON that was expected: %w", r.what, method, path, err)
	}
	return nil
}

// send makes one request. An answer that is no success is an error.
func (r *rest) send(ctx context.Context, method, path string, body []byte, header http.Header) (http.Header, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, r.base.String()+path, bytes.NewReader(body))
	if err != nil {
		return nil, nil, forever(fmt.Errorf("%s: %w", r.what, err))
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	for _, h := range []http.Header{r.header, header} {
		for name, values := range h {
			req.Header[name] = values
		}
	}
	answer, err := r.client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // without the address, which may hold a credential
		}
		return nil, nil, fmt.Errorf("%s: %s: %w", r.what, method, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, answerBytes))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: read the answer: %w", r.what, err)
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return nil, nil, ofStatus(r.what+": "+method, answer, text)
	}
	return answer.Header, text, nil
}
