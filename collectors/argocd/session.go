package argocd

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
	"syscall"
	"time"

	"exhibit/internal/collect"
)

const tries = 4

// session is what the collectors of one server share. It never changes.
type session struct {
	client   *http.Client
	token    string
	projects []string // that are asked for; none is all
	root     string   // scheme and host
	base     string   // the path that the server is served under
	host     string
	since    time.Time // deployments reach back to here
}

// get asks for one answer and decodes the whole of it into v. It asks again after a word to slow down, after a server's
// error and when the connection broke.
func (s *session) get(ctx context.Context, path string, query url.Values, v any) error {
	for try := 1; ; try++ {
		err := s.once(ctx, path, query, v)
		wait := pause(err, try)
		if err == nil || wait == 0 || try >= tries || !collect.TimeFor(ctx, wait) {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return err // the answer says more than that the time is over
		}
	}
}

// pause says how long to wait before err's request is worth another try; 0 is never.
func pause(err error, try int) time.Duration {
	var answer *refusal
	backoff := time.Duration(1<<min(try, tries)) * 250 * time.Millisecond
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return backoff
	case !errors.As(err, &answer):
		return 0
	case answer.status == http.StatusTooManyRequests:
		if seconds, err := strconv.Atoi(answer.header.Get("Retry-After")); err == nil {
			return max(time.Duration(seconds)*time.Second, time.Second)
		}
		return backoff
	case answer.status >= http.StatusInternalServerError:
		return backoff
	}
	return 0
}

// refusal is an answer that is not the one asked for. Its text leaves the request's address out.
type refusal struct {
	status  int
	message string
	header  http.Header
}

func (r *refusal) Error() string {
	return fmt.Sprintf("argocd answers %d: %.200s", r.status, r.message)
}

// once makes one request. An answer with another status than 200 is a *refusal.
func (s *session) once(ctx context.Context, path string, query url.Values, v any) error {
	address := s.root + s.base + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	request, err := http.NewRequestWithContext(collect.WithBasePath(ctx, s.base), http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "exhibit")
	answer, err := s.client.Do(request)
	if err != nil {
		var outer *url.Error
		if errors.As(err, &outer) {
			err = outer.Err // the address is in the record already
		}
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return &refusal{answer.StatusCode, message(body), answer.Header}
	}
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.UseNumber() // ids keep all their digits
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

// message is what a refusal says.
func message(body []byte) string {
	var said struct {
		Message string `json:"message"`
		Error   string `json:"error"`
	}
	if json.Unmarshal(body, &said) != nil || said.Message == "" {
		return said.Error
	}
	return said.Message
}

// list asks for all items of a list, which the API sends in one answer.
func (s *session) list(ctx context.Context, t *collect.Task, op, path string) ([]map[string]any, error) {
	var answer struct {
		Metadata json.RawMessage   `json:"metadata"`
		Items    *[]map[string]any `json:"items"`
	}
	err := t.Call(ctx, op, func(ctx context.Context) error {
		err := s.get(ctx, path, nil, &answer)
		if err == nil && answer.Items == nil && answer.Metadata == nil {
			err = errors.New("read the answer: it is no list") // an empty list has its metadata
		}
		return err
	})
	if err != nil || answer.Items == nil {
		return nil, err
	}
	return *answer.Items, nil
}
