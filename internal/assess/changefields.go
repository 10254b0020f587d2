package assess

import (
	"errors"
	"slices"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"exhibit/internal/change"
)

// modelField is a field of a model's type.
func modelField[T any](typ *types.Type, get func(*modelValue, T) (ref.Val, error)) *types.FieldType {
	return &types.FieldType{Type: typ,
		IsSet: func(target any) bool { _, ok := target.(*modelValue); return ok },
		GetFrom: func(target any) (any, error) {
			if m, ok := target.(*modelValue); ok {
				if v, ok := m.v.(T); ok {
					return get(m, v)
				}
			}
			return nil, absentError("of a change")
		}}
}

// text, truth and names are fields that are always known.
func text[T any](get func(T) string) *types.FieldType {
	return modelField(types.StringType, func(_ *modelValue, v T) (ref.Val, error) { return types.String(get(v)), nil })
}

func truth[T any](get func(T) bool) *types.FieldType {
	return modelField(types.BoolType, func(_ *modelValue, v T) (ref.Val, error) { return types.Bool(get(v)), nil })
}

func names[T any](get func(T) []change.Actor) *types.FieldType {
	return modelField(types.NewListType(types.StringType), func(_ *modelValue, v T) (ref.Val, error) {
		return types.NewStringList(types.DefaultTypeAdapter, change.Names(get(v))), nil
	})
}

// judged is a field that rests on the verdict.
func judged[T any](typ *types.Type, get func(T) (change.Judgement, ref.Val)) *types.FieldType {
	return modelField(typ, func(m *modelValue, v T) (ref.Val, error) {
		j, val := get(v)
		return m.tell(j, val)
	})
}

// moment is a field that is a time, and unknown when there is none.
func moment[T any](name string, get func(T) time.Time) *types.FieldType {
	return modelField(types.TimestampType, func(_ *modelValue, v T) (ref.Val, error) {
		if at := get(v); !at.IsZero() {
			return types.Timestamp{Time: at}, nil
		}
		return nil, absentError(name)
	})
}

// changeFields are the fields of change(subject).
//
//	verdict       "approved", "self-approved", "approved-then-changed", "approval-dismissed", "approved-after-merge",
//	              "robot", "emergency", "bypassed", "unreviewed", "not-merged"
//	approved      the verdict is "approved"
//	why           what decided, in words
//	author, robot who opened it, and whether that is no person
//	approvers     whose approval counts
//	mergedBy, mergedAt, createdAt, head, repository, target, strategy
//	onDefault     it was merged into the repository's default branch
//	emergency     it is labelled as one
func changeFields() map[string]*types.FieldType {
	type c = *judgedChange
	return map[string]*types.FieldType{
		"verdict": judged(types.StringType, func(v c) (change.Judgement, ref.Val) {
			return v.Judgement, types.String(v.Verdict)
		}),
		"approved": judged(types.BoolType, func(v c) (change.Judgement, ref.Val) {
			return v.Judgement, types.Bool(v.Verdict == change.IsApproved)
		}),
		"why":        text(func(v c) string { return v.Why }),
		"author":     text(func(v c) string { return v.Author.Login }),
		"robot":      truth(func(v c) bool { return v.Author.Kind == change.Robot }),
		"approvers":  names(func(v c) []change.Actor { return v.Approvers }),
		"mergedBy":   text(func(v c) string { return v.Merger.Login }),
		"mergedAt":   moment("mergedAt", func(v c) time.Time { return v.MergedAt }),
		"createdAt":  moment("createdAt", func(v c) time.Time { return v.CreatedAt }),
		"head":       text(func(v c) string { return v.Head }),
		"repository": text(func(v c) string { return v.Repository }),
		"target":     text(func(v c) string { return v.Target }),
		"strategy":   text(func(v c) string { return string(v.Strategy()) }),
		"onDefault": modelField(types.BoolType, func(m *modelValue, v c) (ref.Val, error) {
			is, known := v.OnDefault()
			if !known {
				const why = "nothing tells which branch is the repository's default"
				m.trace.note(why)
				return nil, errors.New(why)
			}
			return types.Bool(is), nil
		}),
		"emergency": modelField(types.BoolType, func(m *modelValue, v c) (ref.Val, error) {
			if u, unseen := v.Change.Unseen[change.PartLabels]; unseen {
				return nil, m.lost(u)
			}
			return types.Bool(v.Emergency()), nil
		}),
	}
}

// deploymentFields are the fields of deployment(subject).
//
//	verdict      "approved", "self-approved", "approved-after-start", "refused", "robot", "unapproved"
//	approved     the verdict is "approved"
//	why          what decided, in words
//	environment, production   its name, and whether that is one of production
//	succeeded    it ended well
//	startedBy, approvers, repository, commit, createdAt, startedAt, endedAt
//	sources      the repositories that it is made of, each with its commit: {"repository", "commit"}
//	made         the ids of the deployments that it made in another system, whose approval is its own
func deploymentFields() map[string]*types.FieldType {
	type d = *judgedDeployment
	return map[string]*types.FieldType{
		"verdict":     settled(types.StringType, func(v d) ref.Val { return types.String(v.Verdict) }),
		"approved":    settled(types.BoolType, func(v d) ref.Val { return types.Bool(v.Verdict == change.IsApproved) }),
		"why":         text(func(v d) string { return v.Why }),
		"environment": text(func(v d) string { return v.Environment }),
		"production":  truth(func(v d) bool { return v.Production() }),
		"startedBy":   names(func(v d) []change.Actor { return v.StartedBy }),
		"approvers":   names(func(v d) []change.Actor { return v.Approvers }),
		"repository":  made(types.StringType, func(v d) ref.Val { return types.String(v.Repository) }),
		"commit":      made(types.StringType, func(v d) ref.Val { return types.String(v.Commit) }),
		"createdAt":   moment("createdAt", func(v d) time.Time { return v.CreatedAt }),
		"startedAt":   moment("startedAt", func(v d) time.Time { return v.StartedAt }),
		"endedAt":     moment("endedAt", func(v d) time.Time { return v.EndedAt }),
		"sources": made(types.NewListType(types.NewMapType(types.StringType, types.StringType)),
			func(v d) ref.Val { return sourcesOf(v.Deployment) }),
		"made": modelField(types.NewListType(types.StringType), func(m *modelValue, v d) (ref.Val, error) {
			if u, unseen := v.Deployment.Unseen[change.PartApprovals]; unseen {
				return nil, m.lost(u)
			}
			return types.NewStringList(types.DefaultTypeAdapter, v.Made), nil
		}),
		"succeeded": modelField(types.BoolType, func(m *modelValue, v d) (ref.Val, error) {
			if u, unseen := v.Deployment.Unseen[change.PartOutcome]; unseen {
				return nil, m.lost(u)
			}
			return types.Bool(v.Outcome == change.Succeeded), nil
		}),
	}
}

// bypassFields are the fields of bypass(subject).
//
//	by, branch, repository, commit   who got past the rules of which branch, and where it stood afterwards
//	rules                            those that were gone around
func bypassFields() map[string]*types.FieldType {
	type b = *change.Bypass
	return map[string]*types.FieldType{
		"by":         text(func(v b) string { return v.By.Login }),
		"branch":     text(func(v b) string { return v.Branch }),
		"repository": text(func(v b) string { return v.Repository }),
		"commit":     text(func(v b) string { return v.Commit }),
		"rules": modelField(types.NewListType(types.StringType), func(m *modelValue, v b) (ref.Val, error) {
			if u, unseen := v.Unseen[change.PartRules]; unseen {
				return nil, m.lost(u)
			}
			return types.NewStringList(types.DefaultTypeAdapter, v.Rules), nil
		}),
	}
}

// commitFields are the fields of commit(subject).
//
//	verdict      "by-change", "first-commit", "direct-push"
//	explained    the verdict is not "direct-push"
//	why          what decided, in words
//	authors      its author, committer and co-authors
//	change       the number of the change that it came by; "" when there is none
//	robot        none of its authors is a person
//	repository, id, branch, landedAt
func commitFields() map[string]*types.FieldType {
	type l = *judgedCommit
	return map[string]*types.FieldType{
		"verdict": judged(types.StringType, func(v l) (change.Judgement, ref.Val) {
			return v.Judgement, types.String(v.Verdict)
		}),
		"explained": judged(types.BoolType, func(v l) (change.Judgement, ref.Val) {
			return v.Judgement, types.Bool(v.Verdict != change.DirectPush)
		}),
		"why":     text(func(v l) string { return v.Why }),
		"authors": names(func(v l) []change.Actor { return v.Commit.Authors }),
		"change":  text(func(v l) string { return v.number }),
		"robot": truth(func(v l) bool {
			person := func(a change.Actor) bool { return a.Kind != change.Robot }
			return len(v.Commit.Authors) > 0 && !slices.ContainsFunc(v.Commit.Authors, person)
		}),
		"repository": text(func(v l) string { return v.Repository }),
		"id":         text(func(v l) string { return v.Commit.ID }),
		"branch":     text(func(v l) string { return v.Branch }),
		"landedAt":   moment("landedAt", func(v l) time.Time { return v.LandedAt }),
	}
}

// sourcesOf are the repositories and commits that a deployment is made of.
func sourcesOf(d change.Deployment) ref.Val {
	list := d.Sources
	if len(list) == 0 && d.Commit != "" {
		list = []change.Source{{Repository: d.Repository, Commit: d.Commit}}
	}
	vals := make([]ref.Val, len(list))
	for i, s := range list {
		vals[i] = types.NewStringStringMap(types.DefaultTypeAdapter, map[string]string{"repository": s.Repository, "commit": s.Commit})
	}
	return types.NewRefValList(types.DefaultTypeAdapter, vals)
}
