package github

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
	"time"

	"github.com/google/go-github/v88/github"

	"exhibit/internal/collect"
)

const (
	perPage = 100
	tries   = 4
)

// session is what the collectors of one organisation share. Nothing in it changes but what GitHub says of its budgets.
type session struct {
	client       *github.Client
	organization string
	patterns     []string
	host         string
	base         string    // the path under which the API stands, "/api/v3/"
	graph        graphPath // where the GraphQL API stands
	since        time.Time // populations reach back to here
	now          func() time.Time
	answered     []string // see answeredKeys
	lacksAudit   bool     // the organisation's plan has no audit log that can be asked for
	points       points
	slots        chan struct{} // queries in flight: GitHub takes them to be too many sooner than small requests
}

// graphPath is where the GraphQL API stands: beside the REST API of an Enterprise Server, under the same host elsewhere.
type graphPath struct {
	base string // the path that it is under, "/api/"
	ref  string // its whole address
}

func graphPathOf(rest *url.URL) graphPath {
	base := rest.Path
	if above, ok := strings.CutSuffix(base, "/v3/"); ok {
		base = above + "/"
	}
	return graphPath{base, rest.ResolveReference(&url.URL{Path: base + "graphql"}).String()}
}

// get asks for one answer and decodes the whole of it into v. It waits and asks again when GitHub says that it will take
// the request later, and after a server's error.
func (s *session) get(ctx context.Context, ref string, v any) (next following, err error) {
	err = patient(ctx, func() (err error) {
		next, err = s.once(ctx, ref, v)
		return err
	})
	return next, err
}

// patient sends a request, and again as long as it is worth it.
func patient(ctx context.Context, send func() error) error {
	for try := 1; ; try++ {
		err := send()
		wait, limited := pause(err, try)
		if err == nil || wait == 0 || !limited && try >= tries || !collect.TimeFor(ctx, wait) {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return err // the answer says more than that the time is over
		}
	}
}

// pause says how long to wait before err's request is worth another try; 0 is never. limited is GitHub's word to slow
// down: it holds for all requests, so one that waits may be told again because of another.
func pause(err error, try int) (wait time.Duration, limited bool) {
	var limit *github.RateLimitError
	var secondary *github.AbuseRateLimitError
	var answer *github.ErrorResponse
	var query *unanswered
	var app *unsigned
	backoff := time.Duration(1<<min(try, tries)) * 250 * time.Millisecond
	switch {
	case collect.Broken(err):
		return backoff, false
	case errors.As(err, &query) && query.Type == typeRateLimited:
		return max(time.Until(query.reset)+time.Second, time.Second), true
	case tooMuch(err), errors.As(err, &app) && app.status >= http.StatusInternalServerError:
		return backoff, false
	case query != nil:
		return 0, false
	case errors.As(err, &limit):
		return max(time.Until(limit.Rate.Reset.Time)+time.Second, time.Second), true
	case errors.As(err, &secondary) && secondary.RetryAfter != nil:
		return max(*secondary.RetryAfter, time.Second), true
	case errors.As(err, &secondary):
		return time.Minute, true // what GitHub asks for when it names no time
	case errors.As(err, &answer) && answer.Response.StatusCode == http.StatusTooManyRequests:
		seconds, err := strconv.Atoi(answer.Response.Header.Get("Retry-After"))
		if err != nil {
			return backoff, false
		}
		return max(time.Duration(seconds)*time.Second, time.Second), true
	case errors.As(err, &answer) && answer.Response.StatusCode >= http.StatusInternalServerError:
		return backoff, false
	}
	return 0, false
}

// following is where a list goes on: at a page by its number or after an item; nothing is its end.
type following struct {
	page  int
	after string
}

func (s *session) once(ctx context.Context, ref string, v any) (next following, err error) {
	request, err := s.client.NewRequest(collect.WithBasePath(ctx, s.base), http.MethodGet, ref, nil)
	if err != nil {
		return next, err
	}
	answer, err := s.client.BareDo(request)
	if err != nil {
		return next, refused{err}
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return next, fmt.Errorf("read the answer: %w", err)
	}
	if v == nil {
		return next, nil
	}
	if err := json.Unmarshal(body, v); err != nil {
		return next, fmt.Errorf("read the answer: %w", err)
	}
	return following{page: answer.NextPage, after: answer.After}, nil
}

// statusOf is the status that GitHub answered with, or 0.
func statusOf(err error) int {
	var answer *github.ErrorResponse
	if errors.As(err, &answer) && answer.Response != nil {
		return answer.Response.StatusCode
	}
	return 0
}

// refused says what GitHub answered without the request's address.
type refused struct{ error }

func (e refused) Error() string {
	var answer *github.ErrorResponse
	if errors.As(e.error, &answer) && answer.Response != nil {
		return fmt.Sprintf("github answers %d: %.200s", answer.Response.StatusCode, answer.Message)
	}
	return e.error.Error()
}

func (e refused) Unwrap() error { return e.error }

// object asks for one JSON object about the subject and returns its bytes.
func (s *session) object(ctx context.Context, ref string) (raw json.RawMessage, err error) {
	if _, err = s.get(ctx, ref, &raw); err == nil && (len(raw) == 0 || raw[0] != '{') {
		err = errors.New("read the answer: it is no object")
	}
	return raw, err
}
