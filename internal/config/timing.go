package config

import (
	"time"

	"go.yaml.in/yaml/v4"

	"exhibit/internal/evidence"
	"exhibit/internal/schedule"
	"exhibit/internal/strictyaml"
)

// Timing says when the daemon collects a source. Beside the sources it stands for those that say nothing else. It is no part
// of what a source is: its digest does not change with it.
type Timing struct {
	// Schedule is when; the zero Spec leaves the source to people.
	Schedule schedule.Spec
	// Jitter delays each collection by up to as much, so that sources do not all begin at once. Default: a tenth of the time
	// between two turns, ten minutes at most.
	Jitter time.Duration
	// Deadline ends a collection that takes longer. What was seen by then is kept. Default: 2h.
	Deadline time.Duration
}

const (
	defaultDeadline = 2 * time.Hour
	maxJitter       = 10 * time.Minute
)

// rawTiming are the keys of a Timing as they stand in the file.
type rawTiming struct {
	Schedule yaml.Node `yaml:"schedule"`
	Jitter   yaml.Node `yaml:"jitter"`
	Deadline yaml.Node `yaml:"deadline"`
}

// take keeps the value of a key, if it is one of these.
func (r *rawTiming) take(key string, value *yaml.Node) bool {
	switch key {
	case "schedule":
		r.Schedule = *value
	case "jitter":
		r.Jitter = *value
	case "deadline":
		r.Deadline = *value
	default:
		return false
	}
	return true
}

// parse reads the keys over what is usual.
func (r *rawTiming) parse(file, zone string, usual Timing) (Timing, error) {
	t := usual
	var errs strictyaml.Errors
	if !r.Schedule.IsZero() {
		spec, err := parseSpec(r.Schedule.Value, zone)
		if err != nil {
			errs = append(errs, strictyaml.At(file, &r.Schedule, "%v", err))
		}
		t.Schedule, t.Jitter = spec, jitterOf(spec)
	}
	for _, d := range []struct {
		key string
		n   *yaml.Node
		to  *time.Duration
	}{{"jitter", &r.Jitter, &t.Jitter}, {"deadline", &r.Deadline, &t.Deadline}} {
		if d.n.IsZero() {
			continue
		}
		v, err := evidence.ParseDuration(d.n.Value)
		if err != nil || v < 0 {
			errs = append(errs, strictyaml.At(file, d.n, "%s %q: expected a duration such as 10m", d.key, d.n.Value))
		}
		*d.to = time.Duration(v)
	}
	return t, errs.Or()
}

// parseSpec reads a schedule; "never" is the zero one.
func parseSpec(expr, zone string) (schedule.Spec, error) {
	if expr == "never" {
		return schedule.Spec{}, nil
	}
	return schedule.Parse(expr, zone)
}

// jitterOf is a tenth of the time between two turns.
func jitterOf(s schedule.Spec) time.Duration {
	first := s.Next(time.Unix(0, 0))
	return min(s.Next(first).Sub(first)/10, maxJitter)
}
