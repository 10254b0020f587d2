package azuredevops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"exhibit/internal/collect"
)

const tries = 4

// The versions of the API that are asked for: those of a server of 2022, which the service answers too.
const (
	version = "7.0"
	preview = "7.0-preview.1"
)

// session is what the collectors of one organisation share.
type session struct {
	client        *http.Client
	authorization string
	organization  string
	patterns      []string
	root, audit   string // scheme and host, of the organisation and of its audit log
	base          string // the path under which a server's collections stand
	host          string
	since, until  time.Time // populations reach from here to here
	brake         brake
}

// path is a place in the organisation.
func (s *session) path(parts ...string) string {
	return s.base + "/" + url.PathEscape(s.organization) + "/_apis/" + strings.Join(parts, "/")
}

// within is a place in a project.
func (s *session) within(project string, parts ...string) string {
	return s.base + "/" + url.PathEscape(s.organization) + "/" + url.PathEscape(project) + "/_apis/" + strings.Join(parts, "/")
}

// brake holds requests back for a time that Azure DevOps named.
type brake struct {
	mu   sync.Mutex
	held chan struct{} // closed when it is over; nil when requests are free to go
}

// pull holds requests back; while they are, another word to slow down adds nothing: the next answer will say it again.
func (b *brake) pull(wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held != nil {
		return
	}
	held := make(chan struct{})
	b.held = held
	time.AfterFunc(wait, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.held = nil
		close(held)
	})
}

// wait returns when requests are free to go.
func (b *brake) wait(ctx context.Context) error {
	b.mu.Lock()
	held := b.held
	b.mu.Unlock()
	if held == nil {
		return nil
	}
	select {
	case <-held:
		return nil
	case <-ctx.Done():
		return &refusal{status: http.StatusTooManyRequests, message: "it asked to slow down for longer than the call's time"}
	}
}

// get asks for one answer and decodes the whole of it into v. It waits and asks again when Azure DevOps says that it will
// take the request later, and after a server's error.
func (s *session) get(ctx context.Context, root, path string, query url.Values, v any) (http.Header, error) {
	for try := 1; ; try++ {
		if err := s.brake.wait(ctx); err != nil {
			return nil, err
		}
		header, err := s.once(ctx, root, path, query, v)
		if err == nil {
			if wait := retryAfter(header); wait > 0 { // it answered, and wants fewer questions
				s.brake.pull(wait)
			}
			return header, nil
		}
		wait, limited := pause(err, try)
		if wait == 0 || !limited && try >= tries || !collect.TimeFor(ctx, wait) || sleep(ctx, wait) != nil {
			return header, err // the answer says more than that the time is over
		}
	}
}

func sleep(ctx context.Context, wait time.Duration) error {
	select {
	case <-time.After(wait):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// retryAfter is how long an answer asks to wait; 0 when it does not.
func retryAfter(header http.Header) time.Duration {
	if seconds, err := strconv.ParseFloat(header.Get("Retry-After"), 64); err == nil && seconds > 0 {
		return max(time.Duration(seconds*float64(time.Second)), time.Second)
	}
	return 0
}

// pause says how long to wait before err's request is worth another try; 0 is never. limited is the word to slow down: it
// holds for all requests, so one that waits may be told again because of another.
func pause(err error, try int) (wait time.Duration, limited bool) {
	var answer *refusal
	backoff := time.Duration(1<<min(try, tries)) * 250 * time.Millisecond
	switch {
	case collect.Broken(err):
		return backoff, false
	case !errors.As(err, &answer):
		return 0, false
	case answer.status == http.StatusTooManyRequests:
		if wait := retryAfter(answer.header); wait > 0 {
			return wait, true
		}
		if reset, err := strconv.ParseInt(answer.header.Get("X-RateLimit-Reset"), 10, 64); err == nil {
			return max(time.Until(time.Unix(reset, 0))+time.Second, time.Second), true
		}
		return backoff, false
	case answer.status >= http.StatusInternalServerError:
		return max(retryAfter(answer.header), backoff), false
	}
	return 0, false
}

// refusal is an answer that is not the one asked for. Its text leaves the request's address out.
type refusal struct {
	status  int
	message string
	key     string // the API's own name of the error
	header  http.Header
}

func (r *refusal) Error() string {
	return fmt.Sprintf("azure devops answers %d: %.200s", r.status, r.message)
}

// once makes one request. An answer with another status than 200 is a *refusal: who is not known is sent a web page to
// sign in with, as 203 or by way of a redirect.
func (s *session) once(ctx context.Context, root, path string, query url.Values, v any) (http.Header, error) {
	address := root + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	request, err := http.NewRequestWithContext(collect.WithBasePath(ctx, s.base), http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	request.Header.Set("Authorization", s.authorization)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "exhibit")
	request.Header.Set("X-TFS-FedAuthRedirect", "Suppress") // refuse instead of leading to a sign-in page
	answer, err := s.client.Do(request)
	if err != nil {
		var outer *url.Error
		if errors.As(err, &outer) {
			err = outer.Err // the address is in the record already
		}
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		r := &refusal{status: answer.StatusCode, header: answer.Header}
		r.message, r.key = message(body)
		return nil, r
	}
	if err := json.Unmarshal(body, v); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return answer.Header, nil
}

// message is what a refusal says, and the API's name for it. A web page says nothing.
func message(body []byte) (text, key string) {
	var said struct {
		Message string `json:"message"`
		TypeKey string `json:"typeKey"`
	}
	if json.Unmarshal(body, &said) != nil {
		return "", ""
	}
	return said.Message, said.TypeKey
}

// ask is one question: the operation, where it stands in the API, and what is not kept of the answer.
type ask struct {
	op, path string
	query    url.Values
	drop     []string
	preview  bool   // the API calls its form preliminary
	skips    bool   // the pages are told by how many items to skip
	root     string // another host than the organisation's
	// means is what a refusal means; nil is what it says.
	means func(error) error
}

// get is session.get for an ask, with what tells a page of it.
func (a ask) get(ctx context.Context, s *session, page url.Values, v any) (http.Header, error) {
	query := url.Values{"api-version": {version}}
	if a.preview {
		query.Set("api-version", preview)
	}
	for _, part := range []url.Values{a.query, page} {
		for key, values := range part {
			query[key] = values
		}
	}
	root := a.root
	if root == "" {
		root = s.root
	}
	header, err := s.get(ctx, root, a.path, query, v)
	if err != nil && a.means != nil {
		err = a.means(err)
	}
	return header, err
}

// object asks for one JSON object.
func (s *session) object(ctx context.Context, t *collect.Task, a ask) (map[string]any, error) {
	var doc map[string]any
	err := t.Call(ctx, a.op, func(ctx context.Context) error {
		var raw json.RawMessage
		_, err := a.get(ctx, s, nil, &raw)
		if err == nil {
			doc, err = trim(raw, a.drop...)
		}
		return err
	})
	return doc, err
}
