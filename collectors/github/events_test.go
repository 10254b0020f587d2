package github

import (
	"testing"
	"time"
)

func TestPeriodSince(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	periods := []period{{"day", day}, {"week", 7 * day}}
	for ago, want := range map[time.Duration]string{
		0: "day", 22 * time.Hour: "day", day - time.Second: "week", day: "week", 6 * day: "week", 7 * day: "week", 30 * day: "week",
	} {
		if got := periodSince(periods, now.Add(-ago), now); got != want {
			t.Errorf("%s ago: %s, want %s", ago, got, want)
		}
	}
}
