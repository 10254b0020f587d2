package collect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"syscall"
	"time"

	"exhibit/internal/evidence"
)

// Loopback reports whether an address leads to this machine itself, the only place to which a token goes without TLS.
func Loopback(u *url.URL) bool {
	return u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
}

// TimeFor reports whether the call's time reaches beyond the wait.
func TimeFor(ctx context.Context, wait time.Duration) bool {
	end, bounded := ctx.Deadline()
	return !bounded || time.Until(end) > wait
}

// Broken reports whether a connection ended in the middle, which another try may mend.
func Broken(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
}

// ViewBegin is when the view of a source's populations begins: on the day since ("2026-01-31", UTC) when there is one, else a
// window before now. Its errors begin with the provider's name.
func ViewBegin(provider, since string, window evidence.Duration, now time.Time) (time.Time, error) {
	if since != "" {
		day, err := time.Parse(time.DateOnly, since)
		if err != nil {
			return day, fmt.Errorf("%s: since %q: expected a day like 2026-01-31", provider, since)
		}
		return day, nil
	}
	if window <= 0 {
		return time.Time{}, fmt.Errorf("%s: window must be longer than nothing", provider)
	}
	return now.Add(-time.Duration(window)), nil
}
