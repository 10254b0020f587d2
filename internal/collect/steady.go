package collect

import (
	"io"
	"net/http"
)

// steady hides the WriteTo method of a request's body. The AWS SDK closes the body as soon as an answer begins, and
// its WriteTo then fails with EOF; when the server is quick, net/http takes that for a failed request and closes the
// connection under the answer.
type steady struct {
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (s steady) RoundTrip(req *http.Request) (*http.Response, error) {
	if _, ok := req.Body.(io.WriterTo); ok {
		quiet := *req
		quiet.Body = struct{ io.ReadCloser }{req.Body}
		req = &quiet
	}
	return s.next.RoundTrip(req)
}
