package assess

import (
	"errors"
	"slices"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"exhibit/internal/change"
	"exhibit/internal/evidence"
)

// complete adds to a deployment what the subjects of its scope tell that complete it, and says why there may be more of them:
// a list that is missing, refused, cut short or old, or a log that does not go back to when the deployment was made.
func (u *changesInUse) complete(scope string, d change.Deployment) *judgedDeployment {
	out := &judgedDeployment{}
	joins := change.Joins(d.Type)
	for _, typ := range joins {
		g := u.short(scope, typ, d)
		switch {
		case g == nil:
		case change.Tells(typ) == change.TellsCall:
			out.uncalled = append(out.uncalled, *g)
		default:
			out.unreleased = append(out.unreleased, *g)
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

// short says why there may be more subjects of a type in a scope that complete a deployment; nil when there are not.
func (u *changesInUse) short(scope, typ string, d change.Deployment) *gap {
	n := slices.IndexFunc(u.index.sets, func(s changeSet) bool { return s.typ == typ && s.scope == scope })
	if n < 0 {
		return &gap{reason: "no " + typ + " was collected"}
	}
	s, reason := u.index.sets[n], u.usable(n)
	switch {
	case reason != "":
		return &gap{reason: reason}
	case s.gap != nil:
		return s.gap
	case change.Tells(typ) == change.TellsCall && !reaches(s.span, d):
		return &gap{reason: "it is of another time than the " + typ + " that were collected"}
	}
	return nil
}

// reaches reports whether a span of time holds a deployment from when it was asked for until it began.
func reaches(span *evidence.Window, d change.Deployment) bool {
	return span != nil && !d.CreatedAt.Before(span.From) && !d.CreatedAt.After(span.To) && !d.StartedAt.After(span.To)
}

// settled is a field of a deployment that rests on the verdict, and on the calls that it may follow from.
func settled(typ *types.Type, get func(*judgedDeployment) ref.Val) *types.FieldType {
	return modelField(typ, func(m *modelValue, v *judgedDeployment) (ref.Val, error) {
		if v.Verdict == change.Unknown {
			m.noteGaps(v.uncalled)
		}
		return m.tell(v.Judgement, get(v))
	})
}

// madeOf are the fields of a deployment that follow from its release, where one tells them.
var madeOf = [...]string{"commit", "repository", "sources"}

// made is one of them: unknown when the release that would tell could not be seen.
func made(typ *types.Type, get func(*judgedDeployment) ref.Val) *types.FieldType {
	return modelField(typ, func(m *modelValue, v *judgedDeployment) (ref.Val, error) {
		if v.Commit == "" && len(v.unreleased) > 0 {
			m.noteGaps(v.unreleased)
			return nil, errors.New(v.unreleased[0].reason)
		}
		return get(v), nil
	})
}

func (m *modelValue) noteGaps(gaps []gap) {
	for _, g := range gaps {
		m.trace.note(g.reason, g.missing...)
	}
}
