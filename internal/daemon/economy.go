package daemon

import (
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// Economy is how much a source was asked in one run for what came of it.
type Economy struct {
	Source   string `json:"source"`
	Requests int    `json:"requests"` // retries, pages and what finds out the scopes included
	Subjects int    `json:"subjects"`
	// PerThousand is requests for 1,000 subjects; 0 when there are none.
	PerThousand float64 `json:"requests_per_1000_subjects"`
}

// EconomyOf sums up a run by source, in order of name.
func EconomyOf(run evidence.Run) []Economy {
	out := []Economy{}
	for _, s := range run.Scopes {
		i := slices.IndexFunc(out, func(e Economy) bool { return e.Source == s.Source })
		if i < 0 {
			i = len(out)
			out = append(out, Economy{Source: s.Source})
		}
		out[i].Requests += s.Requests
		out[i].Subjects += s.Subjects
	}
	for i, e := range out {
		if e.Subjects > 0 {
			out[i].PerThousand = 1000 * float64(e.Requests) / float64(e.Subjects)
		}
	}
	slices.SortFunc(out, func(a, b Economy) int { return strings.Compare(a.Source, b.Source) })
	return out
}
