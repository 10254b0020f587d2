package schedule

import (
	"strings"
	"testing"
	"time"
)

// TestNext goes over the days on which clocks are changed.
func TestNext(t *testing.T) {
	for _, tc := range []struct {
		name, expr, zone, from string
		want                   []string // in the zone
	}{
		{"a usual day", "30 7 * * *", "Europe/Berlin", "2026-03-10T00:00:00+01:00",
			[]string{"2026-03-10T07:30:00+01:00", "2026-03-11T07:30:00+01:00"}},
		{"leapt over: due at once", "30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00+01:00",
			[]string{"2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"}},
		{"leapt over in America", "30 2 * * *", "America/New_York", "2026-03-07T12:00:00-05:00",
			[]string{"2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"}},
		{"two that are leapt over are one", "15,45 2 * * *", "Europe/Berlin", "2026-03-29T00:00:00+01:00",
			[]string{"2026-03-29T03:00:00+02:00", "2026-03-30T02:15:00+02:00", "2026-03-30T02:45:00+02:00"}},
		{"twice on the clock: the first time only", "30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00+02:00",
			[]string{"2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"}},
		{"twice on the clock in America", "30 1 * * *", "America/New_York", "2026-10-31T12:00:00-04:00",
			[]string{"2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"}},
		{"asked in the hour that comes again", "30 2 * * *", "Europe/Berlin", "2026-10-25T02:10:00+01:00",
			[]string{"2026-10-26T02:30:00+01:00"}},
		{"by hours of the clock, in spring", "17 */6 * * *", "Europe/Berlin", "2026-03-28T18:17:00+01:00",
			[]string{"2026-03-29T00:17:00+01:00", "2026-03-29T06:17:00+02:00"}},
		{"every hour passes as time does, in autumn", "30 * * * *", "Europe/Berlin", "2026-10-25T01:40:00+02:00",
			[]string{"2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-25T03:30:00+01:00"}},
		{"every hour passes as time does, in spring", "30 * * * *", "Europe/Berlin", "2026-03-29T01:00:00+01:00",
			[]string{"2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00"}},
		{"half an hour leapt over", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00+10:30",
			[]string{"2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"}},
		{"half an hour that comes twice", "45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00:00+11:00",
			[]string{"2026-04-05T01:45:00+11:00", "2026-04-06T01:45:00+10:30"}},
		{"midnight leapt over", "0 0 * * *", "America/Santiago", "2026-09-05T12:00:00-04:00",
			[]string{"2026-09-06T01:00:00-03:00", "2026-09-07T00:00:00-03:00"}},
		{"a weekday", "0 7 * * MON", "UTC", "2026-03-02T07:00:00Z", []string{"2026-03-09T07:00:00Z"}},
		{"a day or a weekday", "0 0 1 * MON", "UTC", "2026-03-28T00:00:00Z", []string{"2026-03-30T00:00:00Z", "2026-04-01T00:00:00Z"}},
		{"a leap day", "0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", []string{"2028-02-29T00:00:00Z"}},
		{"at intervals from 1970", "@every 6h", "Europe/Berlin", "2026-03-02T05:59:59.5Z",
			[]string{"2026-03-02T07:00:00+01:00", "2026-03-02T13:00:00+01:00"}},
		{"daily", "@daily", "", "2026-03-02T00:00:00Z", []string{"2026-03-03T00:00:00Z"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := Parse(tc.expr, tc.zone)
			if err != nil {
				t.Fatal(err)
			}
			at, err := time.Parse(time.RFC3339, tc.from)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range tc.want {
				at = s.Next(at)
				if got := at.In(s.zone).Format(time.RFC3339); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			}
		})
	}
}

// TestOncePerDay proves for a year of days, in zones that change their clocks in their own ways, that a job at any quarter of
// an hour is due exactly once on each date.
func TestOncePerDay(t *testing.T) {
	for _, zone := range []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago",
		"Asia/Kolkata", "Africa/Casablanca", "Pacific/Chatham"} {
		for hour := range 24 {
			expr := []string{"0", "15", "30", "45"}[hour%4] + " " + time.Date(0, 1, 1, hour, 0, 0, 0, time.UTC).Format("15") + " * * *"
			s, err := Parse(expr, zone)
			if err != nil {
				t.Fatal(err)
			}
			at := time.Date(2026, 1, 1, 0, 0, 0, 0, s.zone).Add(-time.Second)
			for day := range 365 {
				at = s.Next(at)
				if got, want := at.In(s.zone).Format(time.DateOnly), time.Date(2026, 1, 1+day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly); got != want {
					t.Fatalf("%s in %s: turn %d is on %s, want %s", expr, zone, day, got, want)
				}
			}
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, tc := range []struct{ expr, zone, want string }{
		{"", "", "five fields"},
		{"0 7 * *", "", "five fields"},
		{"0 7 * * * *", "", "five fields"},
		{"61 7 * * *", "", "61"},
		{"0 0 * * 7", "", "Sunday is 0 or SUN"},
		{"0 0 31 2 *", "", "no such day"},
		{"TZ=UTC", "", "name the zone beside it"},
		{"CRON_TZ=Europe/Berlin 0 7 * * *", "", "name the zone beside it"},
		{"@every 1s", "", "a minute or more"},
		{"@every soon", "", "five fields"},
		{"@reboot", "", "five fields"},
		{"0 7 * * *", "Berlin", "no IANA time zone"},
		{"0 7 * * *", "Local", "no IANA time zone"},
	} {
		if _, err := Parse(tc.expr, tc.zone); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q in %q: %v, want %q", tc.expr, tc.zone, err, tc.want)
		}
	}
	if s := (Spec{}); !s.Next(time.Now()).IsZero() || s.String() != "" {
		t.Error("the zero Spec is due")
	}
}

func TestOffset(t *testing.T) {
	seen := map[time.Duration]bool{}
	for _, name := range []string{"collect prod", "collect test", "collect code", "report weekly"} {
		d := offset(name, 10*time.Minute)
		if d < 0 || d >= 10*time.Minute || d != offset(name, 10*time.Minute) {
			t.Errorf("%s: %s", name, d)
		}
		seen[d] = true
	}
	if len(seen) != 4 || offset("x", 0) != 0 || offset("x", 900*time.Millisecond) != 0 {
		t.Errorf("offsets %v", seen)
	}
}

// FuzzParse holds that nothing panics, and that turns go on.
func FuzzParse(f *testing.F) {
	for _, expr := range []string{"0 7 * * MON", "*/15 * * * *", "@every 90m", "TZ=UTC", "@weekly", "0 0 29 2 *", "1-5/2 3 ? * 1#2", "* * 31 2 *"} {
		f.Add(expr, "Europe/Berlin", int64(1_770_000_000))
	}
	f.Fuzz(func(t *testing.T, expr, zone string, from int64) {
		s, err := Parse(expr, zone)
		if err != nil {
			return
		}
		at := time.Unix(from%4_000_000_000, 0)
		for range 5 {
			next := s.Next(at)
			if next.IsZero() {
				return
			}
			if !next.After(at) {
				t.Fatalf("%q in %q: after %s comes %s", expr, zone, at, next)
			}
			at = next
		}
	})
}
