package measure

import (
	"cmp"
	"math"
	"slices"

	"exhibit/internal/evidence"
)

// times gathers times that are known between bounds.
type times struct{ least, most []evidence.Duration }

// open stands for a time that nothing bounds above; it is longer than all others.
const open = evidence.Duration(math.MaxInt64)

// add takes a time; bounded is false when nothing bounds it above.
func (t *times) add(least, most evidence.Duration, bounded bool) {
	if !bounded {
		most = open
	}
	t.least = append(t.least, least)
	t.most = append(t.most, most)
}

// spreads returns the median and the 90th percentile: the smallest time that so many are not above. The bounds of a
// percentile are the percentiles of the bounds, between which it lies however the times lie within theirs.
func (t *times) spreads() (median, p90 *evidence.Spread) {
	if len(t.least) == 0 {
		return nil, nil
	}
	slices.SortFunc(t.least, cmp.Compare)
	slices.SortFunc(t.most, cmp.Compare)
	at := func(part float64) *evidence.Spread {
		i := max(0, int(math.Ceil(part*float64(len(t.least))))-1)
		s := evidence.Spread{Least: t.least[i], Most: t.most[i]}
		if s.Most == open {
			s.Most, s.Open = 0, true
		}
		return &s
	}
	return at(0.5), at(0.9)
}
