package web

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHandler(t *testing.T) {
	page := Handler(Page{Policy: "default-src 'none'", Render: func(b *bytes.Buffer) error {
		b.WriteString("<!doctype html>report")
		return nil
	}})
	broken := Handler(Page{Render: func(b *bytes.Buffer) error {
		b.WriteString("half a page")
		return errors.New("the store is gone")
	}})
	for _, tc := range []struct {
		name, method, url string
		handler           http.Handler
		status            int
		body              string
	}{
		{"the page", "GET", "http://127.0.0.1:80/", page, 200, "report"},
		{"by name", "GET", "http://localhost:80/", page, 200, "report"},
		{"by IPv6", "GET", "http://[::1]:80/", page, 200, "report"},
		{"another page", "GET", "http://127.0.0.1/x", page, 404, ""},
		{"a write", "POST", "http://127.0.0.1/", page, 405, ""},
		{"another host", "GET", "http://evil.example.com/", page, 403, ""},
		{"a host that begins well", "GET", "http://127.0.0.1.example.com/", page, 403, ""},
		{"cannot be made", "GET", "http://127.0.0.1/", broken, 500, "the store is gone"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			tc.handler.ServeHTTP(w, httptest.NewRequest(tc.method, tc.url, nil))
			if w.Code != tc.status || !strings.Contains(w.Body.String(), tc.body) || strings.Contains(w.Body.String(), "half") {
				t.Errorf("%d %q, want %d %q", w.Code, w.Body, tc.status, tc.body)
			}
			if tc.status == 200 && w.Header().Get("Content-Security-Policy") != "default-src 'none'" {
				t.Error("no content security policy")
			}
			if w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("headers %v", w.Header())
			}
		})
	}
}
