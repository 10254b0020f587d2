package collecttest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"

	"exhibit/internal/collect"
)

// tape answers requests from a recording. A fault may stand in the place of one exchange's answer.
type tape struct {
	exchanges []Exchange
	faulty    int // index of the exchange that fails; -1 is none
	fault     fault
	refused   string                        // an operation whose every answer is the fault; empty is none
	change    func(Exchange, []byte) []byte // applied to every good answer's body; nil changes nothing

	mu     sync.Mutex
	used   []int
	strays []string
}

func newTape(exchanges []Exchange) *tape {
	return &tape{exchanges: exchanges, faulty: -1, used: make([]int, len(exchanges))}
}

// RoundTrip implements http.RoundTripper.
func (t *tape) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body.Close()
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	i := t.find(req, body)
	if i < 0 && t.refused != "" {
		return t.fault.answer(req, body, Exchange{}) // a subject that a good answer would have left out is asked about
	}
	if i < 0 {
		return nil, fmt.Errorf("collecttest: %s %s is not in the recording", req.Method, req.URL)
	}
	e := t.exchanges[i]
	if i == t.faulty || t.refused != "" && e.Operation == t.refused {
		return t.fault.answer(req, body, e)
	}
	text := e.Response.text()
	if t.change != nil {
		text = t.change(e, bytes.Clone(text))
	}
	return e.Response.http(req, text), nil
}

// find returns the exchange for the request, the least used first; -1 if there is none.
func (t *tape) find(req *http.Request, body []byte) int {
	op := collect.Called(req.Context())
	t.mu.Lock()
	defer t.mu.Unlock()
	best := -1
	for i, e := range t.exchanges {
		if !e.Request.matches(req, body) {
			continue
		}
		if e.Operation != op {
			t.strays = append(t.strays, fmt.Sprintf("%s %s is recorded as %q and was asked by %q", req.Method, req.URL,
				e.Operation, op))
		}
		if best = i; t.used[i] == 0 {
			break
		}
	}
	if best < 0 {
		t.strays = append(t.strays, fmt.Sprintf("%s %s %.200s (%s) is not in the recording", req.Method, req.URL, body, op))
		return -1
	}
	// A faulty answer is asked for again and again: the next one that matches is not for retries.
	if t.faulty >= 0 && t.used[t.faulty] > 0 && t.exchanges[t.faulty].Request.matches(req, body) {
		best = t.faulty
	}
	t.used[best]++
	return best
}
