package assess

import (
	"slices"

	"exhibit/internal/change"
	"exhibit/internal/evidence"
)

// complete adds to a deployment what the subjects of its scope tell that complete it, and says why there may be more of them:
// a list that is missing, refused, cut short or old, or a log that does not go back to when the deployment was made.
func (u *changesInUse) complete(scope string, d change.Deployment) *judgedDeployment {
	out := &judgedDeployment{}
	joins := change.Joins(d.Type)
	for _, typ := range joins {
		n := slices.IndexFunc(u.index.sets, func(s changeSet) bool { return s.typ == typ && s.scope == scope })
		if n < 0 {
			out.gaps = append(out.gaps, gap{reason: "no " + typ + " was collected"})
			continue
		}
		s := u.index.sets[n]
		switch reason := u.usable(n); {
		case reason != "":
			out.gaps = append(out.gaps, gap{reason: reason})
		case s.gap != nil:
			out.gaps = append(out.gaps, *s.gap)
		case change.Tells(typ) == change.TellsCall && !reaches(s.span, d):
			out.gaps = append(out.gaps, gap{reason: "it is of another time than the " + typ + " that were collected"})
		}
	}
	var read []evidence.Digest
	out.Deployment, read = u.index.index.Complete(d, func(set int) bool {
		s := u.index.sets[set]
		return s.scope == scope && slices.Contains(joins, s.typ) && u.usable(set) == ""
	})
	out.Judgement = out.Deployment.Judge()
	u.trace.read = append(u.trace.read, read...)
	return out
}

// reaches reports whether a span of time holds a deployment from when it was asked for until it began.
func reaches(span *evidence.Window, d change.Deployment) bool {
	return span != nil && !d.CreatedAt.Before(span.From) && !d.CreatedAt.After(span.To) && !d.StartedAt.After(span.To)
}
