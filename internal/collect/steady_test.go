package collect

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type closable struct{ *strings.Reader }

func (closable) Close() error { return nil }

func TestSteadyHidesWriteTo(t *testing.T) {
	req, err := http.NewRequest(http.MethodPost, "http://127.0.0.1/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Body = closable{strings.NewReader("body")}
	_, _ = steady{roundTrip(func(r *http.Request) (*http.Response, error) {
		if _, ok := r.Body.(io.WriterTo); ok {
			t.Error("the body still has WriteTo")
		}
		b, err := io.ReadAll(r.Body)
		if err != nil || string(b) != "body" {
			t.Errorf("read %q, %v", b, err)
		}
		return nil, nil
	})}.RoundTrip(req)
	if _, ok := req.Body.(io.WriterTo); !ok {
		t.Error("the caller's request was changed")
	}
}
