package gitlab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"exhibit/internal/collect"
)

const perPage = 100

// pages asks for a list page by page and hands each page's items over, until each says that it has enough. The next
// page is the one that the answer's headers name; of an address that they give no more than its page or cursor is
// used.
func (s *session) pages(ctx context.Context, t *collect.Task, a ask,
	each func(items []json.RawMessage) (more bool, err error)) error {
	values := url.Values{"per_page": {strconv.Itoa(perPage)}}
	for key, v := range a.query {
		values[key] = v
	}
	seen := map[string]bool{}
	for {
		var items []json.RawMessage
		var next url.Values
		err := t.Call(ctx, a.op, func(ctx context.Context) error {
			items = nil
			header, err := a.get(ctx, s, values, &items)
			if err == nil && items == nil {
				err = errors.New("read the answer: it is no list")
			}
			if err == nil {
				next, err = following(header, len(items))
			}
			if err == nil && seen[next.Encode()] {
				err = errors.New("read the answer: it names a page as the next that was read before")
			}
			return err
		})
		if err != nil {
			return err
		}
		more, err := each(items)
		if err != nil || !more || next == nil {
			return err
		}
		seen[next.Encode()] = true
		for key := range next {
			values[key] = next[key]
		}
	}
}

// following is what the next page's query has that is its own; nil on the last page. A full page of which nothing says
// whether more follow is an error: a list is whole or it fails.
func following(header http.Header, items int) (url.Values, error) {
	if link := nextLink(header); link != "" {
		u, err := url.Parse(link)
		if err != nil {
			return nil, errors.New("read the answer: the address of the next page is none")
		}
		next := url.Values{}
		for _, key := range []string{"page", "cursor", "id_after", "id_before"} {
			if v := u.Query().Get(key); v != "" {
				next.Set(key, v)
			}
		}
		if len(next) == 0 {
			return nil, errors.New("read the answer: the address of the next page does not say which one it is")
		}
		return next, nil
	}
	named, offset := header["X-Next-Page"]
	switch {
	case offset && named[0] != "":
		if n, err := strconv.Atoi(named[0]); err != nil || n < 2 {
			return nil, fmt.Errorf("read the answer: %q is no next page", named[0])
		}
		return url.Values{"page": {named[0]}}, nil
	case offset || header.Get("Link") != "" || items < perPage:
		return nil, nil
	}
	return nil, errors.New("read the answer: the page is full and nothing says whether more follow")
}

// nextLink is the address that a Link header calls the next.
func nextLink(header http.Header) string {
	for _, part := range strings.Split(header.Get("Link"), ",") {
		address, parameters, ok := strings.Cut(part, ";")
		if ok && strings.Contains(parameters, `rel="next"`) {
			return strings.Trim(strings.TrimSpace(address), "<>")
		}
	}
	return ""
}

// all returns the items of every page, trimmed.
func (s *session) all(ctx context.Context, t *collect.Task, a ask) ([]map[string]any, error) {
	list := []map[string]any{} // an empty list was answered: it is written as one
	err := s.pages(ctx, t, a, func(items []json.RawMessage) (bool, error) {
		for _, raw := range items {
			item, err := trim(raw, a.drop...)
			if err != nil {
				return false, err
			}
			list = append(list, item)
		}
		return true, nil
	})
	return list, err
}

// list puts a whole list under key of the subject's document, or says why it is not there.
func (s *session) list(ctx context.Context, t *collect.Task, d *draft, key string, a ask) error {
	items, err := s.all(ctx, t, a)
	return d.put(t, key, items, err)
}

// one puts an object under key of the subject's document, or says why it is not there.
func (s *session) one(ctx context.Context, t *collect.Task, d *draft, key string, a ask) error {
	answer, err := s.object(ctx, t, a)
	return d.put(t, key, answer, err)
}
