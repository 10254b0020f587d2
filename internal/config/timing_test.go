package config

import (
	"testing"
	"time"
)

func TestTiming(t *testing.T) {
	const text = `zone: Europe/Berlin
schedule: "17 */6 * * *"
deadline: 1h
sources:
  - name: usual
    aws: {}
  - name: own
    schedule: "@every 20m"
    deadline: 10m
    aws: {}
  - name: byhand
    schedule: never
    aws: {}
  - name: apart
    jitter: 0s
    aws: {}
`
	c, err := Parse("exhibit.yaml", []byte(text), providers)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		schedule         string
		jitter, deadline time.Duration
	}{
		{"17 */6 * * * Europe/Berlin", 10 * time.Minute, time.Hour},
		{"@every 20m Europe/Berlin", 2 * time.Minute, 10 * time.Minute},
		{"", 0, time.Hour},
		{"17 */6 * * * Europe/Berlin", 0, time.Hour},
	} {
		s := c.Sources[i]
		if s.Schedule.String() != want.schedule || s.Jitter != want.jitter || s.Deadline != want.deadline {
			t.Errorf("%s: %q %s %s, want %+v", s.Name, s.Schedule, s.Jitter, s.Deadline, want)
		}
	}
	a, err := c.Sources[0].Digest()
	if err != nil {
		t.Fatal(err)
	}
	plain, err := Parse("exhibit.yaml", []byte("sources: [{ name: usual, aws: {} }]"), providers)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := plain.Sources[0].Digest(); err != nil || a != b {
		t.Errorf("a schedule changes the digest of a source: %s, %s, %v", a, b, err)
	}
	if s := plain.Sources[0]; !s.Schedule.IsZero() || s.Deadline != 2*time.Hour {
		t.Errorf("nothing said: %+v", s.Timing)
	}
}
