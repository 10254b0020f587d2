package collecttest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"

	"exhibit/internal/evidence"
)

// Spelled is one way in which a provider says an error, for the requests that match.
type Spelled struct {
	Request  Match    `json:"request"`
	Response Response `json:"response"`
}

// Faults is testdata/faults.json: how the provider spells each class of error; the first that matches is used. The
// keys are "denied", "throttled", "failed" (an error of the server), "expired" and "not-enabled"; a class may be left
// out if the provider has none.
type Faults map[string][]Spelled

// fault is one class of error.
type fault struct {
	name string
	want evidence.Outcome // the run's outcome
	// answer makes the answer; e is what would have come.
	answer func(req *http.Request, body []byte, e Exchange) (*http.Response, error)
	cuts   bool // it is the good answer with less of its body
}

// classes lists every class of error, those that the provider spells and those that are the network's.
func (f Faults) classes() []fault {
	all := []fault{
		{"reset", evidence.OutcomeUnreachable, func(*http.Request, []byte, Exchange) (*http.Response, error) {
			return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
		}, false},
		{"unreachable", evidence.OutcomeUnreachable, func(*http.Request, []byte, Exchange) (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "host"}}
		}, false},
		{"silent", evidence.OutcomeUnreachable, func(req *http.Request, _ []byte, _ Exchange) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		}, false},
		{"truncated", evidence.OutcomeFailed, func(req *http.Request, _ []byte, e Exchange) (*http.Response, error) {
			text := e.Response.text()
			resp := e.Response.http(req, text)
			resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(text[:len(text)/2]), broken{}))
			return resp, nil
		}, false},
		{"half", evidence.OutcomeFailed, func(req *http.Request, _ []byte, e Exchange) (*http.Response, error) {
			text := e.Response.text()
			return e.Response.http(req, text[:len(text)/2]), nil
		}, true},
		{"empty", evidence.OutcomeFailed, func(req *http.Request, _ []byte, e Exchange) (*http.Response, error) {
			return e.Response.http(req, nil), nil
		}, true},
		{"portal", evidence.OutcomeFailed, func(req *http.Request, _ []byte, e Exchange) (*http.Response, error) {
			page := Response{Header: map[string]string{"Content-Type": "text/html; charset=utf-8"}}
			return page.http(req, []byte("<html><body>Welcome to the hotel</body></html>")), nil
		}, false},
	}
	for _, c := range []struct {
		name string
		want evidence.Outcome
	}{
		{"denied", evidence.OutcomeDenied}, {"throttled", evidence.OutcomeThrottled}, {"failed", evidence.OutcomeFailed},
		{"expired", evidence.OutcomeExpired}, {"not-enabled", evidence.OutcomeNotEnabled},
	} {
		if spelled := f[c.name]; len(spelled) > 0 {
			all = append(all, fault{c.name, c.want, spell(spelled), false})
		}
	}
	return all
}

func spell(spelled []Spelled) func(*http.Request, []byte, Exchange) (*http.Response, error) {
	return func(req *http.Request, body []byte, _ Exchange) (*http.Response, error) {
		for _, s := range spelled {
			if s.Request.matches(req, body) {
				return s.Response.http(req, s.Response.text()), nil
			}
		}
		return nil, errors.New("collecttest: faults.json does not say how this error is spelled for " + req.URL.String())
	}
}

// broken is a connection that ends early.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
