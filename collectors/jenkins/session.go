package jenkins

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"syscall"
	"time"

	"exhibit/internal/collect"
)

const tries = 4

// session is what the collectors of one controller share. It never changes.
type session struct {
	client      *http.Client
	user, token string
	patterns    []string // of jobs that are asked for; none is all
	parameters  []string // whose values are kept
	root        string   // scheme and host
	base        string   // the path that the controller is served under
	host        string
	since       time.Time // builds reach back to here
	now         func() time.Time
}

// get asks for one JSON answer and decodes the whole of it into v. tree names the members that are wanted, all when empty.
func (s *session) get(ctx context.Context, where, tree string, v any) (http.Header, error) {
	if tree != "" {
		where += "?" + url.Values{"tree": {tree}}.Encode()
	}
	body, header, err := s.ask(ctx, http.MethodGet, where)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber() // times keep all their digits
	if err := d.Decode(v); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return header, nil
}

// ask makes a request. It asks again after a word to slow down, after a server's error and when the connection broke.
func (s *session) ask(ctx context.Context, method, where string) ([]byte, http.Header, error) {
	for try := 1; ; try++ {
		body, header, err := s.once(ctx, method, where)
		wait := pause(err, try)
		if err == nil || wait == 0 || try >= tries || !collect.TimeFor(ctx, wait) {
			return body, header, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, nil, err // the answer says more than that the time is over
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

// refusal is an answer that is not the one asked for.
type refusal struct {
	status int
	header http.Header
}

func (r *refusal) Error() string { return fmt.Sprintf("jenkins answers %d", r.status) }

// once makes one request. An answer with another status than 200 is a *refusal: Jenkins says the reason in a web page, which
// is left alone. A token of a user needs no crumb, whatever the method.
func (s *session) once(ctx context.Context, method, where string) ([]byte, http.Header, error) {
	request, err := http.NewRequestWithContext(collect.WithBasePath(ctx, s.base), method, s.root+s.base+where, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("make the request: %w", err)
	}
	request.SetBasicAuth(s.user, s.token)
	request.Header.Set("User-Agent", "exhibit")
	answer, err := s.client.Do(request)
	if err != nil {
		var outer *url.Error
		if errors.As(err, &outer) {
			err = outer.Err // the address is in the record already
		}
		return nil, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, nil, fmt.Errorf("read the answer: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, nil, &refusal{answer.StatusCode, answer.Header}
	}
	return body, answer.Header, nil
}

// jobPath is where a job stands: its folders are segments of their own.
func jobPath(fullName string) string {
	var b strings.Builder
	for name := range strings.SplitSeq(fullName, "/") {
		b.WriteString("/job/" + url.PathEscape(name))
	}
	return b.String()
}

// wanted holds a job's full name against the patterns.
func (s *session) wanted(fullName string) bool {
	for _, pattern := range s.patterns {
		if ok, _ := path.Match(pattern, fullName); ok { // Open has looked at the patterns
			return true
		}
	}
	return len(s.patterns) == 0
}
