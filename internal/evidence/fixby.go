package evidence

import "time"

// FixTimes are how long a failure of each severity may last. A severity that is not in it has no time by which to be fixed.
type FixTimes map[Severity]Duration

// DefaultFixTimes are those that hold where nothing else is configured.
func DefaultFixTimes() FixTimes {
	const day = Duration(24 * time.Hour)
	return FixTimes{Critical: 7 * day, High: 30 * day, Medium: 90 * day, Low: 180 * day}
}

// FixBy returns by when an exposure is to be fixed: so long after the first time at which it certainly failed, as an access
// log or else the looks tell. It is zero when its severity has no time. An acceptance does not move it.
func FixBy(e Exposure, times FixTimes) time.Time {
	within, ok := times[e.Severity]
	if !ok {
		return time.Time{}
	}
	return e.Narrowed().FirstBad.Add(time.Duration(within))
}
