// Package schedule says when jobs are due and runs them: in named zones, once a turn, one of a kind at a time, with a
// deadline, and with what was missed made up for once.
//
// It never runs a job twice for one turn, never drops a turn without saying so, and knows nothing of what a job does. Where
// jobs stand is kept by the caller's Memory, so that it outlives the process.
package schedule

import (
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Spec says when something is due.
type Spec struct {
	expr string
	zone *time.Location
	// wall is the expression over the clock on the wall, as if that were UTC; nil for a Spec by real time.
	wall *cron.SpecSchedule
	// real is the expression over time as it passes; nil for a Spec by the clock on the wall.
	real cron.Schedule
}

// MinEvery is the shortest interval of "@every".
const MinEvery = time.Minute

// everyHour is the bit by which the library marks a field that was written as "*".
const everyHour = 1 << 63

// Parse reads five fields (minute, hour, day of the month, month, day of the week: "0 7 * * MON"), "@hourly", "@daily",
// "@weekly", "@monthly", "@yearly" or "@every 6h", in an IANA zone; the empty zone is UTC. As in cron, a day is due when the
// day of the month or that of the week fits, where both are given.
//
// A Spec with hours follows the clock on the wall: it is due once for each time of day that it names, also when the clock is
// changed. A time that the clock leaps over is due as soon as it has leapt; one that comes twice is due the first time. A
// Spec for every hour, and "@every", follow time as it passes; "@every" counts from 1970, so that a restart shifts nothing.
func Parse(expr, zone string) (s Spec, err error) {
	s.expr = strings.TrimSpace(expr)
	if s.zone, err = time.LoadLocation(zone); err != nil || zone == "Local" {
		return Spec{}, fmt.Errorf("zone %q is no IANA time zone such as Europe/Berlin", zone)
	}
	if strings.Contains(s.expr, "TZ=") {
		return Spec{}, fmt.Errorf("schedule %q: name the zone beside it, with zone", expr)
	}
	parsed, err := parse(s.expr)
	if err != nil {
		return Spec{}, fmt.Errorf("schedule %q: %w: expected five fields such as 0 7 * * MON, @daily or @every 6h", expr, err)
	}
	switch p := parsed.(type) {
	case cron.ConstantDelaySchedule:
		if p.Delay < MinEvery {
			return Spec{}, fmt.Errorf("schedule %q: expected an interval of a minute or more", expr)
		}
		s.real = every(p.Delay)
	case *cron.SpecSchedule:
		if p.Hour&everyHour != 0 {
			p.Location = s.zone
			s.real = p
		} else {
			p.Location = time.UTC
			s.wall = p
		}
	}
	if s.Next(time.Unix(0, 0)).IsZero() {
		return Spec{}, fmt.Errorf("schedule %q: there is no such day", expr)
	}
	return s, nil
}

// parse is the library's parser, whose panics become errors.
func parse(expr string) (s cron.Schedule, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("not understood")
		}
	}()
	if strings.HasSuffix(expr, " 7") {
		return nil, errors.New("Sunday is 0 or SUN")
	}
	return cron.ParseStandard(expr)
}

// String returns the expression and its zone; nothing for the zero Spec.
func (s Spec) String() string {
	if s.IsZero() {
		return ""
	}
	return s.expr + " " + s.zone.String()
}

// IsZero reports whether the Spec is none: it is never due.
func (s Spec) IsZero() bool { return s.zone == nil }

// Next returns the first time after t that is due, in UTC; the zero time when there is none.
func (s Spec) Next(t time.Time) time.Time {
	if s.IsZero() {
		return time.Time{}
	}
	if s.real != nil {
		next := s.real.Next(t.In(s.zone))
		if next.IsZero() {
			return next
		}
		return next.UTC()
	}
	for wall := clock(t.In(s.zone)); ; {
		if wall = s.wall.Next(wall); wall.IsZero() {
			return wall
		}
		if at := instant(wall, s.zone); at.After(t) {
			return at.UTC()
		}
	}
}

// clock returns what the clock on the wall shows, as if it were UTC.
func clock(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// instant returns when the clock on the wall first shows a time, or when it leaps over it.
func instant(wall time.Time, zone *time.Location) time.Time {
	// An offset holds for longer than a day, so that those before and after a change are seen a day apart.
	_, before := wall.AddDate(0, 0, -1).In(zone).Zone()
	_, after := wall.AddDate(0, 0, 1).In(zone).Zone()
	first := wall.Add(-time.Duration(before) * time.Second)
	if clock(first.In(zone)).Equal(wall) {
		return first
	}
	second := wall.Add(-time.Duration(after) * time.Second)
	if clock(second.In(zone)).Equal(wall) {
		return second
	}
	leap, _ := first.In(zone).ZoneBounds()
	return leap
}

// every is due each time a duration has passed, counted from 1970.
type every time.Duration

// Next implements cron.Schedule.
func (e every) Next(t time.Time) time.Time {
	d := int64(e)
	n := t.UnixNano()
	return time.Unix(0, n-((n%d)+d)%d+d)
}

// offset spreads jobs that are due at the same time: from 0 up to most, always the same for a name.
func offset(name string, most time.Duration) time.Duration {
	if most < time.Second {
		return 0
	}
	h := fnv.New64a()
	h.Write([]byte(name))
	return time.Duration(h.Sum64()%uint64(most/time.Second)) * time.Second
}
