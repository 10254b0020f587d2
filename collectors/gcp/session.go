package gcp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"google.golang.org/api/googleapi"

	"exhibit/internal/collect"
)

// tries is how often one request is sent when Google says that it will take it later.
const tries = 4

// client sends requests and reads whole answers.
type client struct {
	base *url.URL // nil: each service's own host
	http *http.Client
}

// session is one project. It never changes.
type session struct {
	*client
	project string
	aliases []string // how Google may name the project: projects/NUMBER, projects/ID
}

// host names who answers, for the record.
func (c *client) host() string {
	if c.base != nil {
		return c.base.Host
	}
	return "googleapis.com"
}

func (c *client) url(service, path string, query url.Values) string {
	root := "https://" + service + ".googleapis.com"
	if c.base != nil {
		root = c.base.String()
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return root + path
}

// get asks for one JSON object and decodes the whole of it into v.
func (c *client) get(ctx context.Context, service, path string, query url.Values, v any) error {
	return c.do(ctx, http.MethodGet, c.url(service, path, query), nil, v)
}

// do sends one request, again after a while when Google asks for that, and decodes the whole answer, an object, into v.
func (c *client) do(ctx context.Context, method, ref string, body []byte, v any) error {
	for try := 1; ; try++ {
		err := c.once(ctx, method, ref, body, v)
		wait := pause(err, try)
		if err == nil || try == tries || wait == 0 || !collect.TimeFor(ctx, wait) {
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
	backoff := time.Duration(1<<min(try, tries)) * 250 * time.Millisecond
	var answer *googleapi.Error
	switch {
	case collect.Broken(err):
		return backoff
	case !errors.As(err, &answer) || !(answer.Code >= 500 || throttled(answer)):
		return 0
	}
	if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	return backoff
}

func (c *client) once(ctx context.Context, method, ref string, body []byte, v any) error {
	request, err := http.NewRequestWithContext(ctx, method, ref, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("User-Agent", "exhibit")
	answer, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if err := googleapi.CheckResponse(answer); err != nil {
		return refused{err}
	}
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if trimmed := bytes.TrimSpace(raw); len(trimmed) == 0 || trimmed[0] != '{' {
		return errors.New("read the answer: it is no object")
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

// refused says what Google answered in one line: the SDK's text goes over many.
type refused struct{ error }

func (e refused) Error() string {
	var answer *googleapi.Error
	if errors.As(e.error, &answer) {
		return fmt.Sprintf("google answers %d %s: %.200s", answer.Code, reason(answer), answer.Message)
	}
	return e.error.Error()
}

func (e refused) Unwrap() error { return e.error }

// list is a list operation's place and words.
type list struct {
	op, service, path string
	query             url.Values
	items             string // the key of the items in the answer
	aside             bool   // what is listed is no subject, and is only asked about
}

// pages asks for a list page by page and hands each page's items over.
func (s *session) pages(ctx context.Context, t *collect.Task, l list, each func(items []json.RawMessage) error) error {
	query := url.Values{}
	for key, v := range l.query {
		query[key] = v
	}
	for {
		var page map[string]json.RawMessage
		var items []json.RawMessage
		var next string
		err := t.Call(ctx, l.op, func(ctx context.Context) error {
			if err := s.elsewhere(s.get(ctx, l.service, l.path, query, &page)); err != nil {
				return err
			}
			if raw, ok := page[l.items]; ok { // an empty list is left out
				if err := json.Unmarshal(raw, &items); err != nil {
					return fmt.Errorf("read the answer: %s: %w", l.items, err)
				}
			}
			if raw, ok := page["unreachable"]; ok && string(raw) != "[]" {
				return fmt.Errorf("read the answer: Google could not reach %.200s", raw)
			}
			if raw, ok := page["nextPageToken"]; ok {
				if err := json.Unmarshal(raw, &next); err != nil {
					return fmt.Errorf("read the answer: nextPageToken: %w", err)
				}
			}
			if next != "" && next == query.Get("pageToken") {
				return errors.New("read the answer: a page names itself as the next")
			}
			return nil
		})
		if err != nil {
			return err
		}
		if !l.aside {
			t.Listed(len(items))
		}
		if err := each(items); err != nil {
			return err
		}
		if next == "" {
			return nil
		}
		query.Set("pageToken", next)
	}
}

// item returns a listed resource's keys, its name and its labels.
func item(raw json.RawMessage) (doc map[string]json.RawMessage, name string, labels map[string]string, err error) {
	var named struct {
		Name   string            `json:"name"`
		Labels map[string]string `json:"labels"`
	}
	if err = json.Unmarshal(raw, &named); err == nil {
		err = json.Unmarshal(raw, &doc)
	}
	if err == nil && named.Name == "" {
		err = errors.New("it has no name")
	}
	return doc, named.Name, named.Labels, err
}
