package evidence

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Duration is a time.Duration whose text form also knows days: "26h", "90d".
type Duration time.Duration

// ParseDuration reads "26h", "90d", "1d12h".
func ParseDuration(s string) (Duration, error) {
	days, rest, ok := strings.Cut(s, "d")
	if !ok {
		rest, days = s, "0"
	}
	n, err := strconv.Atoi(days)
	if s == "" || err != nil || n < 0 || n > 100_000 {
		return 0, fmt.Errorf("duration %q: expected something like 26h or 90d", s)
	}
	d := time.Duration(n) * 24 * time.Hour
	if rest != "" {
		r, err := time.ParseDuration(rest)
		if err != nil {
			return 0, fmt.Errorf("duration %q: expected something like 26h or 90d", s)
		}
		d += r
	}
	return Duration(d), nil
}

// String returns whole days as "90d" and everything else as time.Duration does.
func (d Duration) String() string {
	if d != 0 && time.Duration(d)%(24*time.Hour) == 0 {
		return strconv.Itoa(int(time.Duration(d)/(24*time.Hour))) + "d"
	}
	return time.Duration(d).String()
}

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	p, err := ParseDuration(string(text))
	if err != nil {
		return err
	}
	*d = p
	return nil
}
