package inlet

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// TestManyTokens bounds what tokens of one address cost, and keeps nobody else out.
func TestManyTokens(t *testing.T) {
	d := newDesk(t)
	got := map[int]int{}
	for range tokensAtOnce + 20 {
		w := d.send(d.request(with("Authorization", "Bearer a.b.c")))
		got[w.Code]++
		if w.Code == http.StatusTooManyRequests && w.Header().Get("Retry-After") == "" {
			t.Error("it does not say when to come again")
		}
	}
	if got[http.StatusUnauthorized] != tokensAtOnce || got[http.StatusTooManyRequests] != 20 {
		t.Errorf("answers %v", got)
	}
	other := d.send(d.request(func(r *http.Request) { r.RemoteAddr = "198.51.100.7:1" }))
	if other.Code != http.StatusOK {
		t.Errorf("from another address: %d %s", other.Code, other.Body)
	}
}

// TestManyAddresses counts only so many addresses apart, and forgets those that were quiet.
func TestManyAddresses(t *testing.T) {
	a := newAddresses()
	address := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}) }
	passed := 0
	for i := range maxAddresses + 1000 {
		if a.allow(now(), address(i)) {
			passed++
		}
	}
	if len(a.by) != maxAddresses || passed != maxAddresses+tokensAtOnce {
		t.Errorf("%d are counted, %d passed", len(a.by), passed)
	}
	if !a.allow(now().Add(time.Minute), address(maxAddresses+1)) || len(a.by) != 1 {
		t.Errorf("a minute later %d are counted", len(a.by))
	}
	six := newAddresses()
	for i := range tokensAtOnce + 1 {
		if got := six.allow(now(), netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", i))); got != (i < tokensAtOnce) {
			t.Errorf("address %d of one network: %v", i, got)
		}
	}
}

func TestCallerAddress(t *testing.T) {
	for _, tt := range []struct {
		remote    string
		proxy     bool
		forwarded []string
		want      string
	}{
		{"192.0.2.1:5", false, nil, "192.0.2.1"},
		{"192.0.2.1:5", false, []string{"198.51.100.1"}, "192.0.2.1"},
		{"192.0.2.1:5", true, nil, "192.0.2.1"},
		{"192.0.2.1:5", true, []string{"198.51.100.1"}, "198.51.100.1"},
		{"192.0.2.1:5", true, []string{"203.0.113.9, 198.51.100.1"}, "198.51.100.1"},
		{"192.0.2.1:5", true, []string{"203.0.113.9", "198.51.100.1"}, "198.51.100.1"},
		{"192.0.2.1:5", true, []string{"unknown"}, "invalid IP"},
		{"[fe80::1%eth0]:5", false, nil, "fe80::1"},
		{"@", false, nil, "invalid IP"},
	} {
		r := http.Request{RemoteAddr: tt.remote, Header: http.Header{"X-Forwarded-For": tt.forwarded}}
		if got := callerAddress(&r, tt.proxy).String(); got != tt.want {
			t.Errorf("%s %v %v: %s, want %s", tt.remote, tt.proxy, tt.forwarded, got, tt.want)
		}
	}
}

// TestManyRefusals fills no ledger: everybody has tokens of a public issuer. What one's own pipelines are refused is told
// all the same, and how many were left out.
func TestManyRefusals(t *testing.T) {
	d := newDesk(t)
	at := now()
	d.options.Now = func() time.Time { return at }
	d.inlet = New(d.options)
	stranger := func(i int) {
		w := d.send(d.request(func(r *http.Request) {
			with("Authorization", "Bearer "+d.token(map[string]any{"repository": "evil/shop"}))(r)
			r.RemoteAddr = fmt.Sprintf("198.51.100.%d:1", i)
		}))
		if w.Code != http.StatusForbidden {
			t.Fatalf("answers %d %s", w.Code, w.Body)
		}
	}
	for i := range refusalsAtOnce + 30 {
		stranger(i)
	}
	if len(d.refused) != refusalsAtOnce {
		t.Errorf("%d are told", len(d.refused))
	}
	if w := d.send(d.request(body(nil))); w.Code != http.StatusUnprocessableEntity || len(d.refused) != refusalsAtOnce+1 {
		t.Errorf("one's own: %d, %d are told", w.Code, len(d.refused))
	}
	at = at.Add(time.Minute)
	stranger(200)
	if last := d.refused[len(d.refused)-1]; len(d.refused) != refusalsAtOnce+2 || !strings.Contains(last, "(30 others before it") {
		t.Errorf("a minute later %d are told, the last %q", len(d.refused), last)
	}
}
