package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// pages asks op for a list page by page and hands each page's items over, until each says that it has enough.
func (s *session) pages(ctx context.Context, t *collect.Task, op, ref string, query url.Values,
	each func(items []json.RawMessage) (more bool, err error)) error {
	return s.pagesOf(ctx, t, op, ref, "", query, each)
}

// pagesOf is pages for a list that stands in an object under member; an empty member is the answer itself. A next page is
// the same list with another number, or after another item, and never an address that the answer names.
func (s *session) pagesOf(ctx context.Context, t *collect.Task, op, ref, member string, query url.Values,
	each func(items []json.RawMessage) (more bool, err error)) error {
	return s.answersOf(ctx, t, op, ref, member, query, func(_ json.RawMessage, items []json.RawMessage) (bool, error) {
		return each(items)
	})
}

// answersOf is pagesOf for who needs more of an answer than its items.
func (s *session) answersOf(ctx context.Context, t *collect.Task, op, ref, member string, query url.Values,
	each func(raw json.RawMessage, items []json.RawMessage) (more bool, err error)) error {
	values := url.Values{"per_page": {strconv.Itoa(perPage)}}
	for key, v := range query {
		values[key] = v
	}
	at := following{page: 1}
	for {
		var raw json.RawMessage
		var items []json.RawMessage
		var next following
		err := t.Call(ctx, op, func(ctx context.Context) (err error) {
			if next, err = s.get(ctx, ref+"?"+values.Encode(), &raw); err != nil {
				return err
			}
			if items, err = itemsOf(raw, member); err != nil {
				return err
			}
			if next.page != 0 && next.page <= at.page || next.after != "" && next.after == at.after {
				return fmt.Errorf("read the answer: page %d names itself or an earlier one as the next", at.page)
			}
			return nil
		})
		if err != nil {
			return err
		}
		more, err := each(raw, items)
		if err != nil || !more || next == (following{}) {
			return err
		}
		at = next
		if next.page != 0 {
			values.Set("page", strconv.Itoa(next.page))
		} else {
			values.Set("after", next.after)
		}
	}
}

// itemsOf returns the items of an answer that is a list, or that has one under member.
func itemsOf(raw json.RawMessage, member string) (items []json.RawMessage, err error) {
	if member != "" {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(raw, &object); err != nil {
			return nil, fmt.Errorf("read the answer: %w", err)
		}
		raw = object[member]
	}
	if len(raw) == 0 || raw[0] != '[' {
		return nil, errors.New("read the answer: it is no list")
	}
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return items, nil
}

// all returns the items of every page, trimmed.
func (s *session) all(ctx context.Context, t *collect.Task, op, ref string, drop ...string) ([]map[string]any, error) {
	return s.allOf(ctx, t, op, ref, "", nil, drop...)
}

// allOf is all for a list under member, with a query.
func (s *session) allOf(ctx context.Context, t *collect.Task, op, ref, member string, query url.Values, drop ...string,
) ([]map[string]any, error) {
	list := []map[string]any{} // an empty list was answered: it is written as one
	err := s.pagesOf(ctx, t, op, ref, member, query, func(items []json.RawMessage) (bool, error) {
		for _, raw := range items {
			item, err := trim(raw, drop...)
			if err != nil {
				return false, err
			}
			list = append(list, item)
		}
		return true, nil
	})
	return list, err
}

// add puts what ask answers under key of the document, or why it is missing into the subject. What is absent is left out.
func add(t *collect.Task, subject *evidence.Subject, doc map[string]any, key string, ask func() (any, error)) error {
	answer, err := ask()
	if err != nil {
		return t.Miss(subject, key, err)
	}
	doc[key] = answer
	return nil
}

// one asks op for one object, trimmed.
func (s *session) one(ctx context.Context, t *collect.Task, op, ref string, drop ...string) (doc map[string]any, err error) {
	err = t.Call(ctx, op, func(ctx context.Context) error {
		raw, err := s.object(ctx, ref)
		if err == nil {
			doc, err = trim(raw, drop...)
		}
		return err
	})
	return doc, err
}
