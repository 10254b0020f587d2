package simcloud

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// request is one HTTP request at one day of the estate.
type request struct {
	*http.Request
	body []byte
	w    *world
}

// response is a whole answer.
type response struct {
	status int
	header []string // names and values in turn
	body   []byte
}

// call is a request whose operation is known: who is asked for what, and the provider's way to answer or to fail.
type call struct {
	op, account, region string
	answer              func() response
	fail                func(FaultKind) response
}

// router finds out what a request asks for. An answer without operation (unknown path, no credential) is not counted.
type router func(*request) call

func (c *Cloud) handler(route router) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		req := &request{Request: in, w: c.world.Load()}
		if in.ContentLength != 0 {
			body, err := io.ReadAll(io.LimitReader(in.Body, 1<<20))
			if err != nil {
				return // the caller is gone
			}
			req.body = body
		}
		k := route(req)
		if k.op == "" {
			c.write(out, req.w, k.answer())
			return
		}
		c.counts.add(k.op)
		f, faulty := c.hit(req.w, k.op, k.account, k.region)
		if wait := c.options.Latency + f.Latency; wait > 0 && !sleep(in, wait) {
			return
		}
		if !faulty || f.Kind == Slow {
			r := k.answer()
			if r.status < http.StatusMultipleChoices {
				c.answered.add(k.op)
			}
			c.write(out, req.w, r)
			return
		}
		switch f.Kind {
		case Truncated:
			half(out, k.answer())
			panic(http.ErrAbortHandler) // net/http's way to cut an answer off
		case Reset:
			half(out, k.answer())
			reset(out)
		case Unreachable:
			reset(out)
		default:
			r := k.fail(f.Kind)
			if f.RetryAfter > 0 && (f.Kind == Throttled || f.Kind == Unavailable) {
				r.header = append(r.header, "Retry-After", strconv.Itoa(int(f.RetryAfter.Seconds())))
			}
			c.write(out, req.w, r)
		}
	})
}

func (c *Cloud) write(out http.ResponseWriter, w *world, r response) {
	h := out.Header()
	for i := 0; i+1 < len(r.header); i += 2 {
		h[http.CanonicalHeaderKey(r.header[i])] = []string{r.header[i+1]}
	}
	h["Date"] = []string{w.date} // the simulated clock's
	h["Content-Length"] = []string{strconv.Itoa(len(r.body))}
	out.WriteHeader(r.status)
	_, _ = out.Write(r.body) // the caller may be gone
}

// requestID returns an id that no other answer of this cloud has. It is not content: it counts requests.
func (c *Cloud) requestID() string {
	n := strconv.FormatInt(c.serial.Add(1), 10)
	return "00000000-5111-4000-8000-000000000000"[:36-len(n)] + n
}

// sleep waits and reports whether the caller is still there.
func sleep(in *http.Request, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-in.Context().Done():
		return false
	}
}

// half announces the whole answer and writes half of it.
func half(out http.ResponseWriter, r response) {
	h := out.Header()
	for i := 0; i+1 < len(r.header); i += 2 {
		h.Set(r.header[i], r.header[i+1])
	}
	h.Set("Content-Length", strconv.Itoa(max(len(r.body), 2)))
	out.WriteHeader(r.status)
	_, _ = out.Write(r.body[:len(r.body)/2])
	_ = http.NewResponseController(out).Flush() // the caller may be gone
}

// reset closes the connection so that the caller's system sees a reset.
func reset(out http.ResponseWriter) {
	conn, _, err := http.NewResponseController(out).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
