package gitlab

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

	"exhibit/internal/collect"
)

const tries = 4

// session is what the collectors of one group share. It never changes.
type session struct {
	client   *http.Client
	token    string
	group    string // full path
	patterns []string
	root     string // scheme and host
	base     string // the path under which the API stands, "/api/v4"
	host     string
	since    time.Time // populations reach back to here
	owner    bool      // the token owns the group
}

// get asks for one answer and decodes the whole of it into v. It waits and asks again when GitLab says that it will
// take the request later, and after a server's error.
func (s *session) get(ctx context.Context, path string, query url.Values, v any) (http.Header, error) {
	for try := 1; ; try++ {
		header, err := s.once(ctx, path, query, v)
		wait, limited := pause(err, try)
		if err == nil || wait == 0 || !limited && try >= tries || !collect.TimeFor(ctx, wait) {
			return header, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, err // the answer says more than that the time is over
		}
	}
}

// pause says how long to wait before err's request is worth another try; 0 is never. limited is GitLab's word to slow
// down: it holds for all requests, so one that waits may be told again because of another.
func pause(err error, try int) (wait time.Duration, limited bool) {
	var answer *refusal
	backoff := time.Duration(1<<min(try, tries)) * 250 * time.Millisecond
	switch {
	case collect.Broken(err):
		return backoff, false
	case !errors.As(err, &answer):
		return 0, false
	case answer.status == http.StatusTooManyRequests:
		if seconds, err := strconv.Atoi(answer.header.Get("Retry-After")); err == nil {
			return max(time.Duration(seconds)*time.Second, time.Second), true
		}
		if reset, err := strconv.ParseInt(answer.header.Get("RateLimit-Reset"), 10, 64); err == nil {
			return max(time.Until(time.Unix(reset, 0))+time.Second, time.Second), true
		}
		return backoff, false
	case answer.status >= http.StatusInternalServerError:
		return backoff, false
	}
	return 0, false
}

// refusal is an answer that is not the one asked for. Its text leaves the request's address out.
type refusal struct {
	status  int
	message string
	header  http.Header
}

func (r *refusal) Error() string {
	return fmt.Sprintf("gitlab answers %d: %.200s", r.status, r.message)
}

// once makes one request. An answer with another status than 200 is a *refusal.
func (s *session) once(ctx context.Context, path string, query url.Values, v any) (http.Header, error) {
	address := s.root + s.base + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	request, err := http.NewRequestWithContext(collect.WithBasePath(ctx, s.base), http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+s.token) // every kind of token goes this way
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "exhibit")
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
		return nil, &refusal{answer.StatusCode, message(body), answer.Header}
	}
	if err := json.Unmarshal(body, v); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return answer.Header, nil
}

// message is what a refusal says: GitLab has three shapes for it, and plain text for too many requests.
func message(body []byte) string {
	var said struct {
		Message     any    `json:"message"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &said) != nil {
		text, _, _ := strings.Cut(string(body), "\n")
		if strings.HasPrefix(strings.TrimSpace(text), "{") {
			return "" // an answer that was cut short says nothing
		}
		return strings.TrimSpace(text)
	}
	var parts []string
	if text, ok := said.Message.(string); ok {
		parts = append(parts, text)
	}
	for _, text := range []string{said.Error, said.Description} {
		if text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, ": ")
}

// ask is one question: the operation, where it stands in the API, and what is not kept of the answer.
type ask struct {
	op, path string
	query    url.Values
	drop     []string
	// means is what a refusal means; nil is what it says.
	means func(error) error
}

// get is session.get for an ask, with another query than its own for a page of it.
func (a ask) get(ctx context.Context, s *session, query url.Values, v any) (http.Header, error) {
	header, err := s.get(ctx, a.path, query, v)
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
		_, err := a.get(ctx, s, a.query, &raw)
		if err == nil {
			doc, err = trim(raw, a.drop...)
		}
		return err
	})
	return doc, err
}

// groupPath is where a group stands in the API.
func groupPath(fullPath string) string { return "/groups/" + url.PathEscape(fullPath) }

// projectPath is where a project stands in the API.
func projectPath(id int64) string { return "/projects/" + strconv.FormatInt(id, 10) }

// ownOnly leaves the projects out of a group's answer.
func ownOnly() url.Values { return url.Values{"with_projects": {"false"}} }
