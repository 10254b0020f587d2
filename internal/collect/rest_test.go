package collect

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"exhibit/internal/evidence"
)

func TestLoopback(t *testing.T) {
	for address, want := range map[string]bool{
		"http://localhost:80": true, "http://127.0.0.2": true, "http://[::1]:1": true, "http://10.0.0.1": false,
		"http://localhost.example.com": false, "http://": false,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := Loopback(u); got != want {
			t.Errorf("%s: %v, want %v", address, got, want)
		}
	}
}

func TestTimeFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if !TimeFor(ctx, 59*time.Second) || TimeFor(ctx, time.Minute) || !TimeFor(t.Context(), time.Hour) {
			t.Error("a wait fits where it does not, or does not where it does")
		}
	})
}

func TestBroken(t *testing.T) {
	if !Broken(fmt.Errorf("read: %w", io.ErrUnexpectedEOF)) || Broken(io.ErrClosedPipe) || Broken(nil) {
		t.Error("what is broken is not told from what is not")
	}
}

func TestViewBegin(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	day := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		since  string
		window time.Duration
		want   time.Time
		err    string
	}{
		{"", time.Hour, now.Add(-time.Hour), ""},
		{"2026-01-31", 0, day, ""},
		{"31.1.2026", time.Hour, time.Time{}, `p: since "31.1.2026": expected a day like 2026-01-31`},
		{"", 0, time.Time{}, "p: window must be longer than nothing"},
	} {
		got, err := ViewBegin("p", tt.since, evidence.Duration(tt.window), now)
		if text := fmt.Sprint(err); !got.Equal(tt.want) || (tt.err == "") != (err == nil) || err != nil && text != tt.err {
			t.Errorf("%+v: %s, %v", tt, got, err)
		}
	}
}
