package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"exhibit/internal/collect"
)

// query is a declared text of the GraphQL API.
type query struct {
	name        string // of the operation, "graphql.pullRequests"
	text        string // it asks for rateLimit beside what it is about
	permissions []string
}

func (q query) operation() collect.Operation {
	return collect.Operation{Name: q.name, Permissions: q.permissions, Method: http.MethodPost, Path: "/graphql", Query: q.text}
}

// rateLimit is what every query asks beside what it is about.
const rateLimit = "rateLimit { cost remaining resetAt }"

// first is the variable that says how many things a page holds. It is halved for a query that takes GitHub too long.
const first = "first"

// graphAnswer is an answer of the GraphQL API. It says 200 whatever came of the query.
type graphAnswer struct {
	Data   json.RawMessage `json:"data"`
	Errors []fault         `json:"errors"`
}

// fault is what GitHub could not answer: all of a query, or the part at Path, which is null then.
type fault struct {
	Type       string `json:"type"`
	Message    string `json:"message"`
	Path       []any  `json:"path"`
	Extensions struct {
		SAML bool `json:"saml_failure"`
	} `json:"extensions"`
}

// unanswered is a query that was not answered, though the answer says 200.
type unanswered struct {
	fault
	reset time.Time // of a spent budget
}

func (e *unanswered) Error() string {
	return strings.TrimSpace(fmt.Sprintf("github answers %s: %.200s", strings.ToLower(e.Type), e.Message))
}

// ask sends a declared query and decodes its data. Parts that could not be answered come back as faults; those that are no
// deeper than depth fail the call. variables[first] is left at what GitHub was able to answer.
func (s *session) ask(ctx context.Context, t *collect.Task, q query, variables map[string]any, depth int, data any) ([]fault, error) {
	if err := s.points.wait(ctx); err != nil {
		return nil, err
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	var answer graphAnswer
	err := t.Call(ctx, q.name, func(ctx context.Context) error {
		return patient(ctx, func() error {
			var err error
			answer, err = s.asked(ctx, q, variables, depth)
			if n, ok := variables[first].(int); ok && tooMuch(err) {
				variables[first] = max(n/2, 1)
			}
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(answer.Data))
	d.UseNumber() // ids keep all their digits
	if err := d.Decode(data); err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", q.name, err)
	}
	return answer.Errors, nil
}

// asked sends the query once.
func (s *session) asked(ctx context.Context, q query, variables map[string]any, depth int) (graphAnswer, error) {
	var answer graphAnswer
	request, err := s.client.NewRequest(collect.WithBasePath(ctx, s.graph.base), http.MethodPost, s.graph.ref,
		map[string]any{"query": q.text, "variables": maps.Clone(variables)})
	if err != nil {
		return answer, err
	}
	response, err := s.client.BareDo(request)
	if err != nil {
		return answer, refused{err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return answer, fmt.Errorf("read the answer: %w", err)
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return answer, fmt.Errorf("read the answer: %w", err)
	}
	for _, f := range answer.Errors {
		if len(f.Path) <= depth || f.Type == typeRateLimited {
			return answer, &unanswered{f, resetOf(response.Header)}
		}
	}
	if len(answer.Data) == 0 || answer.Data[0] != '{' {
		return answer, errors.New("read the answer: it has no data")
	}
	s.points.note(answer.Data)
	return answer, nil
}

// resetOf is when the budget that an answer's header speaks of is full again.
func resetOf(h http.Header) time.Time {
	seconds, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}

// tooMuch reports whether GitHub gave up on a query that a smaller one in its place may be answered.
func tooMuch(err error) bool {
	var u *unanswered
	if errors.As(err, &u) {
		_, code := u.outcome()
		return code == codeTimeout || code == "ResourceLimitsExceeded" || code == "MaxNodeLimitExceeded"
	}
	status := statusOf(err)
	return status == http.StatusBadGateway || status == http.StatusGatewayTimeout
}

// points is what is left of the hour's budget of the GraphQL API, which all collectors of an organisation share.
type points struct {
	mu    sync.Mutex
	until time.Time // when it is full again, if it is spent
}

// note reads what an answer says of the budget.
func (p *points) note(data []byte) {
	var said struct {
		RateLimit *struct {
			Cost, Remaining int
			ResetAt         time.Time
		}
	}
	if json.Unmarshal(data, &said) != nil || said.RateLimit == nil {
		return // an Enterprise Server without limits says null
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.until = (time.Time{}); said.RateLimit.Remaining < said.RateLimit.Cost {
		p.until = said.RateLimit.ResetAt
	}
}

// wait waits until there is something left, if the collection's time reaches so far; GitHub will say no otherwise.
func (p *points) wait(ctx context.Context) error {
	p.mu.Lock()
	wait := time.Until(p.until)
	p.mu.Unlock()
	if wait <= 0 || !collect.TimeFor(ctx, wait+time.Second) {
		return nil
	}
	select {
	case <-time.After(wait + time.Second):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
