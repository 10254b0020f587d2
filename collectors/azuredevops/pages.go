package azuredevops

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"exhibit/internal/collect"
)

// perPage is how many items are asked for; a server that gives fewer says so by giving more pages.
const perPage = 100

// list is the form of every list.
type list struct {
	Value []json.RawMessage `json:"value"`
}

// pages asks for a list page by page and hands each page's items over. The next page is named by a token in the answer's
// headers. Where the API takes how many to skip instead, an empty page ends the list: it may give fewer than it was asked
// for without being at its end.
func (s *session) pages(ctx context.Context, t *collect.Task, a ask, each func(items []json.RawMessage) error) error {
	page := url.Values{}
	if a.skips {
		page.Set("$top", strconv.Itoa(perPage))
	}
	read := 0
	seen := map[string]bool{}
	for {
		var answer list
		var token string
		err := t.Call(ctx, a.op, func(ctx context.Context) error {
			answer = list{}
			header, err := a.get(ctx, s, page, &answer)
			if err == nil && answer.Value == nil {
				err = errors.New("read the answer: it is no list")
			}
			if err == nil {
				token, err = following(header, seen)
			}
			return err
		})
		if err != nil {
			return err
		}
		read += len(answer.Value)
		if err := each(answer.Value); err != nil {
			return err
		}
		switch {
		case a.skips && len(answer.Value) > 0:
			page.Set("$skip", strconv.Itoa(read))
		case !a.skips && token != "":
			seen[token] = true
			page.Set("continuationToken", token)
		default:
			return nil
		}
	}
}

// following is the token of the next page, "" on the last.
func following(header http.Header, seen map[string]bool) (string, error) {
	token := header.Get("X-Ms-Continuationtoken")
	if seen[token] {
		return "", errors.New("read the answer: it names a page as the next that was read before")
	}
	return token, nil
}

// all returns the items of every page, trimmed.
func (s *session) all(ctx context.Context, t *collect.Task, a ask) ([]map[string]any, error) {
	items := []map[string]any{} // an empty list was answered: it is written as one
	err := s.pages(ctx, t, a, func(page []json.RawMessage) error {
		for _, raw := range page {
			item, err := trim(raw, a.drop...)
			if err != nil {
				return err
			}
			items = append(items, item)
		}
		return nil
	})
	return items, err
}

// list puts a whole list under key of the subject's document, or says why it is not there.
func (s *session) list(ctx context.Context, t *collect.Task, d *draft, key string, a ask) error {
	items, err := s.all(ctx, t, a)
	return d.put(t, key, items, err)
}
