package collect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// errMalformed is an answer that says 200 and is none.
var errMalformed = errors.New("malformed answer")

type callKey struct{}

// call is one Task.Call under way.
type call struct {
	task *Task
	lane *lane
	op   *Operation

	end context.CancelCauseFunc // ends the call with its retries

	mu       sync.Mutex
	paid     bool   // the pace of the next request is paid for
	said     string // which operation the provider says that the next request is
	requests int
	losses   int // requests without an answer
	ids      []string
}

// Asks states which operation of an RPC-like API the next request of ctx's call is, so that the transport can hold it
// against the one that was called. Providers whose operations have no Method and Path need it before every request.
func Asks(ctx context.Context, operation string) {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		c.mu.Lock()
		c.said = operation
		c.mu.Unlock()
	}
}

// NewTransport returns a transport fit for many small requests to few hosts.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          512,
		MaxIdleConnsPerHost:   256,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 60 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}

// gate lets out nothing but the operation that is being called.
type gate struct {
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (g gate) RoundTrip(req *http.Request) (*http.Response, error) {
	c, _ := req.Context().Value(callKey{}).(*call)
	err := permitted(c, req)
	if err == nil && c.op.Query != "" {
		req, err = declared(c.op, req)
	}
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	if err := c.pay(req.Context()); err != nil {
		return nil, err
	}
	resp, err := g.next.RoundTrip(req)
	if err != nil {
		c.lost(req.Context())
		return nil, err
	}
	c.answered(resp)
	ok := resp.StatusCode == http.StatusOK
	html := strings.HasPrefix(strings.ToLower(resp.Header.Get("Content-Type")), "text/html")
	if ok || resp.Body != http.NoBody {
		resp.Body = &body{ReadCloser: resp.Body, left: maxAnswer, answers: ok, page: ok && html}
	}
	return resp, nil
}

// lost counts an answer that never came. When that breaks the circuit, the call ends instead of trying again.
func (c *call) lost(ctx context.Context) {
	if errors.Is(ctx.Err(), context.Canceled) {
		return // nobody waits for it any more; the place may be well
	}
	c.mu.Lock()
	c.losses++
	c.mu.Unlock()
	now := time.Now()
	c.lane.circuit.unreachable(now)
	if c.lane.circuit.broken(now) {
		c.end(errBroken)
	}
}

// permitted refuses a request that is not the operation being called.
func permitted(c *call, req *http.Request) error {
	if c == nil {
		return fmt.Errorf("%s %s outside of a call: %w", req.Method, req.URL.Path, ErrUndeclared)
	}
	if c.op.Method == "" {
		c.mu.Lock()
		said := c.said
		c.said = "" // a word holds for one request
		c.mu.Unlock()
		if said != c.op.Name {
			return fmt.Errorf("%q while calling %s: %w", said, c.op.Name, ErrUndeclared)
		}
		return nil
	}
	path := strings.TrimPrefix(req.URL.EscapedPath(), basePath(req.Context()))
	if req.Method != c.op.Method || !matches(c.op.Path, path) {
		return fmt.Errorf("%s %s while calling %s: %w", req.Method, req.URL.Path, c.op.Name, ErrUndeclared)
	}
	return nil
}

// matches holds a path against a template in which a brace stands for a segment, or at the end for all the rest. What
// stands in "(/job/{name})+" may be there several times.
func matches(template, path string) bool {
	template, ok := unrolled(template, strings.Count(path, "/"))
	if !ok {
		return false
	}
	for {
		t, trest, tmore := strings.Cut(template, "/")
		p, prest, pmore := strings.Cut(path, "/")
		open, shut := strings.IndexByte(t, '{'), strings.LastIndexByte(t, '}')
		switch {
		case open < 0 || shut < open:
			if t != p {
				return false
			}
		case strings.HasSuffix(t, "...}"):
			return path != "" && strings.HasPrefix(p, t[:open]) && !strings.Contains(path, "..")
		case len(p) <= open+len(t)-shut-1 || !strings.HasPrefix(p, t[:open]) || !strings.HasSuffix(p, t[shut+1:]):
			return false
		}
		if tmore != pmore {
			return false
		}
		if !tmore {
			return true
		}
		template, path = trest, prest
	}
}

// unrolled writes out the part of a template that may be there several times, so often that it has the given number of
// segments. It reports false when no number of times makes that many.
func unrolled(template string, segments int) (string, bool) {
	before, rest, several := strings.Cut(template, "(")
	if !several {
		return template, true
	}
	part, after, closed := strings.Cut(rest, ")+")
	each := strings.Count(part, "/")
	if !closed || each == 0 {
		return "", false
	}
	left := segments - strings.Count(before, "/") - strings.Count(after, "/")
	if left < each || left%each != 0 {
		return "", false
	}
	return before + strings.Repeat(part, left/each) + after, true
}

// pay waits for the pace of a retry; the first request of a call was paid for before its time began.
func (c *call) pay(ctx context.Context) error {
	c.mu.Lock()
	paid := c.paid
	c.paid = false
	c.requests++
	c.mu.Unlock()
	c.task.run.requests.Add(1)
	if paid {
		return nil
	}
	return c.lane.limiter.Wait(ctx)
}

// requestIDs are the headers in which providers name an answer.
var requestIDs = [...]string{
	"X-Amzn-Requestid", "X-Amz-Request-Id", "X-Ms-Request-Id", "X-Github-Request-Id", "X-Guploader-Uploadid", "X-Request-Id",
}

func (c *call) answered(resp *http.Response) {
	for _, h := range requestIDs {
		if v := resp.Header[h]; len(v) == 1 {
			c.mu.Lock()
			c.ids = append(c.ids, v[0])
			c.mu.Unlock()
			break
		}
	}
	t := c.task
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.host == "" && resp.Request != nil {
		t.host = resp.Request.URL.Host
	}
	if t.skew != nil {
		return
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		ms := date.Sub(t.run.now()).Truncate(time.Second).Milliseconds()
		t.skew = &ms
	}
}

// maxAnswer is the most bytes of one answer, so that no server can fill the memory.
const maxAnswer = 256 << 20

// body refuses answers that come from something else than the API. What answers may not be empty, because SDKs read an empty
// answer as an empty list, nor a captive portal's web page; a server that calls its JSON text/html is understood. Errors may
// be empty, and nothing may be without end.
type body struct {
	io.ReadCloser
	left       int64
	answers    bool
	some, page bool
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("%w: it is larger than %d MiB", errMalformed, maxAnswer>>20)
	}
	if begin := bytes.TrimLeft(p[:n], " \t\r\n"); b.page && len(begin) > 0 {
		if begin[0] == '<' {
			return 0, fmt.Errorf("%w: a web page came where the API should answer", errMalformed)
		}
		b.page = false
	}
	b.some = b.some || n > 0
	if err == io.EOF && b.answers && !b.some {
		return 0, fmt.Errorf("%w: it is empty", errMalformed)
	}
	return n, err
}

// Called returns the name of the operation whose call ctx belongs to, and "" outside of a call: for transports that
// need to know, as a recording does.
func Called(ctx context.Context) string {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c.op.Name
	}
	return ""
}
