// Package web serves the report's page on the machine itself, and what a monitor asks.
//
// The page is there only for requests that name a loopback host, so that no other site can read it through a browser. The
// package changes nothing, runs no script and keeps no session.
package web

import (
	"bytes"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// Page is one page that is made anew for each request.
type Page struct {
	// Render writes the page.
	Render func(*bytes.Buffer) error
	// Policy is its Content-Security-Policy.
	Policy string
}

// Handler serves the page at "/" and nothing else.
func Handler(p Page) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		if err := p.Render(&b); err != nil {
			http.Error(w, "the report could not be made: "+err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", p.Policy)
		_, _ = w.Write(b.Bytes()) // the reader went away, or did not
	})
	return guard(mux)
}

// Server returns a server with deadlines for handler.
func Server(handler http.Handler) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
	}
}

// guard refuses requests whose Host is not this machine (DNS rebinding).
func guard(next http.Handler) http.Handler {
	return headers(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopback(r.Host) {
			http.Error(w, "this page is for the machine that it runs on", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	}))
}

// headers sets the headers that every answer has.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("X-Frame-Options", "DENY")
		next.ServeHTTP(w, r)
	})
}

func loopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && addr.IsLoopback()
}

// Loopback reports whether an address to listen on is reached from this machine alone.
func Loopback(address string) bool { return loopback(address) }
