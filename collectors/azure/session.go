package azure

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

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const subscriptionsVersion = "2022-12-01"

// client sends requests through the SDK's pipeline, which adds the token and tries again when Azure asks for it.
type client struct {
	base       *url.URL
	pipeline   runtime.Pipeline
	credential azcore.TokenCredential
	scope      string
}

// session is one subscription. It never changes.
type session struct {
	*client
	subscription string
}

// token returns the token that requests carry.
func (c *client) token(ctx context.Context) (string, error) {
	token, err := c.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{c.scope}})
	return token.Token, err
}

func (c *client) url(path, version string) string {
	return c.base.JoinPath(path).String() + "?" + url.Values{"api-version": {version}}.Encode()
}

// get asks for one JSON object and decodes the whole of it into v.
func (c *client) get(ctx context.Context, ref string, v any) error {
	request, err := runtime.NewRequest(ctx, http.MethodGet, ref)
	if err != nil {
		return err
	}
	request.Raw().Header.Set("Accept", "application/json")
	answer, err := c.pipeline.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if !runtime.HasStatusCode(answer, http.StatusOK) {
		return refused{runtime.NewResponseError(answer)}
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

// refused says what Azure answered in one line: the SDK's text goes over many.
type refused struct{ error }

func (e refused) Error() string {
	var answer *azcore.ResponseError
	if errors.As(e.error, &answer) {
		return strings.TrimSpace(fmt.Sprintf("azure answers %d %s", answer.StatusCode, answer.ErrorCode))
	}
	return e.error.Error()
}

func (e refused) Unwrap() error { return e.error }

// list is a list operation's place and version.
type list struct {
	op, path, version string
	// always marks a resource provider that is on in every subscription: an answer that it is not says nothing.
	always bool
}

// in returns the list of a resource provider's type in the subscription.
func (s *session) in(op, provider, version string) list {
	return list{op: op, path: "/subscriptions/" + s.subscription + "/providers/" + provider, version: version}
}

// pages asks for a list page by page and hands each page's items over.
func (c *client) pages(ctx context.Context, t *collect.Task, l list, each func(items []json.RawMessage) error) error {
	for ref, more := c.url(l.path, l.version), true; more; {
		var page struct {
			Value    []json.RawMessage `json:"value"`
			NextLink string            `json:"nextLink"`
		}
		var next string
		err := t.Call(ctx, l.op, func(ctx context.Context) (err error) {
			if err = c.get(ctx, ref, &page); err != nil && l.always {
				return alwaysError{err}
			}
			if err != nil {
				return err
			}
			if page.Value == nil {
				return errors.New("read the answer: it has no list")
			}
			next, err = c.next(l, ref, page.NextLink)
			return err
		})
		if err != nil {
			return err
		}
		if err := each(page.Value); err != nil {
			return err
		}
		ref, more = next, next != ""
	}
	return nil
}

// next returns the address of the page that link names. Only the link's query is taken: the token goes nowhere but to the
// list that was asked for, whatever an answer says.
func (c *client) next(l list, ref, link string) (string, error) {
	if link == "" {
		return "", nil
	}
	u, err := url.Parse(link)
	if err != nil {
		return "", fmt.Errorf("read the answer: next link: %w", err)
	}
	if !strings.EqualFold(strings.TrimSuffix(u.Path, "/"), l.path) {
		return "", fmt.Errorf("read the answer: next link leads to %s", u.Path)
	}
	next := c.base.JoinPath(l.path).String() + "?" + u.RawQuery
	if next == ref {
		return "", errors.New("read the answer: a page names itself as the next")
	}
	return next, nil
}

// resource is what every resource has.
type resource struct {
	ID         string             `json:"id"`
	Name       string             `json:"name"`
	Tags       map[string]*string `json:"tags"`
	Properties json.RawMessage    `json:"properties"`
}

// read returns the subject of a listed resource.
func read(raw json.RawMessage) (evidence.Subject, resource, error) {
	var r resource
	if err := json.Unmarshal(raw, &r); err != nil {
		return evidence.Subject{}, r, fmt.Errorf("read a listed resource: %w", err)
	}
	if r.ID == "" {
		return evidence.Subject{}, r, errors.New("read a listed resource: it has no id")
	}
	s := evidence.Subject{ID: strings.ToLower(r.ID), Name: r.Name, Doc: raw}
	for key, value := range r.Tags {
		if s.Tags == nil {
			s.Tags = map[string]string{}
		}
		if value != nil {
			s.Tags[key] = *value
		}
	}
	return s, r, nil
}

// emitAll lists resources of which the list says everything.
func (s *session) emitAll(ctx context.Context, t *collect.Task, l list) error {
	t.Params(l.op, map[string]string{"api-version": l.version})
	return s.pages(ctx, t, l, func(items []json.RawMessage) error {
		t.Listed(len(items))
		for _, raw := range items {
			subject, _, err := read(raw)
			if err != nil {
				return err
			}
			if err := t.Emit(ctx, subject); err != nil {
				return err
			}
		}
		return nil
	})
}
