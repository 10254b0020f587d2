package collect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxQuery bounds the body of a request to a GraphQL API.
const maxQuery = 1 << 20

// declared returns the request with a body that is made anew of the operation's own text and the variables that were
// given, so that nothing else leaves, however the body was written. A body with another text is refused, and so is an
// operation whose own text is no query.
func declared(op *Operation, req *http.Request) (*http.Request, error) {
	refuse := func(why string) (*http.Request, error) {
		return req, fmt.Errorf("%s while calling %s: %w", why, op.Name, ErrUndeclared)
	}
	if req.Body == nil {
		return refuse("a body without a query")
	}
	raw, err := io.ReadAll(io.LimitReader(req.Body, maxQuery+1))
	if err != nil {
		return req, fmt.Errorf("read the query of %s: %w", op.Name, err)
	}
	if len(raw) > maxQuery {
		return refuse("a body of more than a mebibyte")
	}
	var said struct {
		Query     string          `json:"query"`
		Variables json.RawMessage `json:"variables,omitempty"`
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if d.Decode(&said) != nil {
		return refuse("a body that is no query")
	}
	if said.Query != op.Query {
		return refuse("another query")
	}
	if !strings.HasPrefix(op.Query, "query ") {
		return refuse("a text that is no query")
	}
	if raw, err = json.Marshal(said); err != nil {
		return req, fmt.Errorf("encode the query of %s: %w", op.Name, err)
	}
	req.Body.Close()
	out := req.Clone(req.Context())
	out.Body = io.NopCloser(bytes.NewReader(raw))
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil }
	out.ContentLength = int64(len(raw))
	return out, nil
}
