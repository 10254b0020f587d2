package evidence

import (
	"testing"
	"time"
)

func TestFixBy(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 3, d, 6, 0, 0, 0, time.UTC) }
	acts := &Turn{Window: Window{From: day(2), To: day(3)}}
	for _, tc := range []struct {
		name string
		e    Exposure
		want time.Time
	}{
		{"by looks", Exposure{Severity: Critical, LastGood: day(1), FirstBad: day(5)}, day(12)},
		{"by the access log, at the latest act that may have done it", Exposure{Severity: Critical, LastGood: day(1),
			FirstBad: day(5), Opened: acts}, day(10)},
		{"a later severity", Exposure{Severity: "grave", FirstBad: day(5)}, time.Time{}},
		{"none", Exposure{FirstBad: day(5)}, time.Time{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := FixBy(tc.e, DefaultFixTimes()); !got.Equal(tc.want) {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}
