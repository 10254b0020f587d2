package assess

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"exhibit/internal/change"
	"exhibit/internal/evidence"
)

// changeHelpers declares what tells how changes, commits and deployments came about, whatever system they are of:
//
//	change(subject)       a merged change; see changeFields
//	  .reviewedWithin(h)  another person approved it before the merge, or at most h hours after
//	deployment(subject)   a deployment; see deploymentFields
//	commit(subject)       a commit on a default branch; see commitFields
//	changesAt(repository, commit)
//	                      the merged changes of all sources that account for a commit of a repository, whose address may
//	                      be written in any way; see knownFields. Empty when the commit is known to have come past all
//	                      changes, and unknown when that is not known
//
// What a verdict needs and was not collected makes it unknown, and so is what it is compared with.
func changeHelpers(table *typeTable, subjects map[string]*subjectType) []cel.EnvOption {
	changes := table.add("change", changeFields())
	deployments := table.add("deployment", deploymentFields())
	commits := table.add("commit", commitFields())
	known := table.add(modelTypes[1], knownFields())
	opts := []cel.EnvOption{
		cel.Macros(changesAtMacro()),
		cel.Variable(changesVariable, cel.DynType),
		cel.Function("changesAt", cel.Overload("changesAt_string_string",
			[]*cel.Type{cel.StringType, cel.StringType, cel.DynType}, cel.ListType(known), cel.FunctionBinding(changesAt(known)))),
		cel.Function("reviewedWithin", cel.MemberOverload("change_reviewedWithin", []*cel.Type{changes, cel.IntType},
			cel.BoolType, cel.BinaryBinding(reviewedWithin))),
	}
	for _, f := range []struct {
		name, tells string
		result      *types.Type
		read        func(*subject) (any, error)
	}{
		{"change", change.TellsChange, changes, readChange},
		{"commit", change.TellsCommit, commits, readCommit},
		{"deployment", change.TellsDeployment, deployments, readDeployment},
	} {
		var overloads []cel.FunctionOpt
		for _, typ := range keys(subjects) {
			if change.Tells(typ) == f.tells {
				overloads = append(overloads, cel.Overload(f.name+"_"+typ, []*cel.Type{subjects[typ].cel}, f.result,
					cel.UnaryBinding(modelOf(f.result, f.read))))
			}
		}
		if len(overloads) > 0 {
			opts = append(opts, cel.Function(f.name, overloads...))
		}
	}
	return opts
}

// modelTypes are the types of what is read, as messages name them.
var modelTypes = [...]string{"change", "change of a commit", "commit", "deployment"}

// modelValue is a change, commit or deployment in an expression.
type modelValue struct {
	typ   *types.Type
	v     any
	trace *trace
}

// modelOf adapts what reads a subject. One subject is read once, however often it is asked about.
func modelOf(typ *types.Type, read func(*subject) (any, error)) func(ref.Val) ref.Val {
	return func(v ref.Val) ref.Val {
		s, ok := v.(*subject)
		if !ok {
			return types.MaybeNoSuchOverloadErr(v)
		}
		s.note()
		if s.model == nil {
			m, err := read(s)
			if err != nil {
				s.trace.note(err.Error())
				return types.WrapErr(err)
			}
			s.model = m
		}
		return &modelValue{typ, s.model, s.trace}
	}
}

// judgedChange, judgedDeployment and judgedCommit are what was read, with what is said of it.
type judgedChange struct {
	change.Change
	change.Judgement
}

type judgedDeployment struct {
	change.Deployment
	change.Judgement
}

type judgedCommit struct {
	change.Landed
	change.Judgement
	number string
}

func readChange(s *subject) (any, error) {
	c, err := change.Of(s.rec.subject())
	return &judgedChange{c, c.Judge()}, err
}

func readDeployment(s *subject) (any, error) {
	d, err := change.DeploymentOf(s.rec.subject())
	return &judgedDeployment{d, d.Judge()}, err
}

func readCommit(s *subject) (any, error) {
	l, err := change.LandedOf(s.rec.subject())
	out := &judgedCommit{Landed: l}
	out.Verdict, out.Why, out.number = l.Judge()
	if u, unseen := l.Unseen[change.PartOrigin]; unseen {
		out.Needs = []change.Unseen{u}
	}
	return out, err
}

// subject returns the record as the subject that it was made from, without what no adapter reads.
func (r *record) subject() evidence.Subject {
	return evidence.Subject{Type: r.typ.schema.Type, ID: r.id, Name: r.name, Doc: r.doc.MarshalTo(nil), Missing: r.missing}
}

// tell returns what a verdict decides, or the error that stands for it when the verdict is unknown.
func (m *modelValue) tell(j change.Judgement, val ref.Val) (ref.Val, error) {
	if j.Verdict != change.Unknown {
		return val, nil
	}
	if len(j.Needs) == 0 {
		m.trace.note(j.Why)
		return nil, errors.New(j.Why)
	}
	return nil, m.lost(j.Needs...)
}

// lost notes what could not be collected and returns the error that stands for what rests on it.
func (m *modelValue) lost(parts ...change.Unseen) error {
	var first error
	for _, u := range parts {
		if err, ok := m.trace.miss(u.Key, u.Missing).(*types.Err); ok && first == nil {
			first = err
		}
	}
	return first
}

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
//	bypass        how rules were gone around, as far as its own document tells; "" when it tells nothing
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
		"bypass":     text(func(v c) string { return v.Bypass }),
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
//	startedBy, approvers, repository, commit, createdAt, startedAt
func deploymentFields() map[string]*types.FieldType {
	type d = *judgedDeployment
	return map[string]*types.FieldType{
		"verdict": judged(types.StringType, func(v d) (change.Judgement, ref.Val) {
			return v.Judgement, types.String(v.Verdict)
		}),
		"approved": judged(types.BoolType, func(v d) (change.Judgement, ref.Val) {
			return v.Judgement, types.Bool(v.Verdict == change.IsApproved)
		}),
		"why":         text(func(v d) string { return v.Why }),
		"environment": text(func(v d) string { return v.Environment }),
		"production":  truth(func(v d) bool { return v.Production() }),
		"startedBy":   names(func(v d) []change.Actor { return v.StartedBy }),
		"approvers":   names(func(v d) []change.Actor { return v.Approvers }),
		"repository":  text(func(v d) string { return v.Repository }),
		"commit":      text(func(v d) string { return v.Commit }),
		"createdAt":   moment("createdAt", func(v d) time.Time { return v.CreatedAt }),
		"startedAt":   moment("startedAt", func(v d) time.Time { return v.StartedAt }),
		"succeeded": modelField(types.BoolType, func(m *modelValue, v d) (ref.Val, error) {
			if u, unseen := v.Deployment.Unseen[change.PartOutcome]; unseen {
				return nil, m.lost(u)
			}
			return types.Bool(v.Outcome == change.Succeeded), nil
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

// reviewedWithin is change(subject).reviewedWithin(hours).
func reviewedWithin(v, hours ref.Val) ref.Val {
	m, ok := v.(*modelValue)
	if !ok {
		return types.MaybeNoSuchOverloadErr(v)
	}
	c, ok := m.v.(*judgedChange)
	if !ok {
		return types.MaybeNoSuchOverloadErr(v)
	}
	n, ok := hours.(types.Int)
	if !ok || n < 0 || n > 10_000 {
		return types.NewErr("reviewedWithin: takes up to 10000 hours")
	}
	yes, known := c.ReviewedWithin(time.Duration(n) * time.Hour)
	if known {
		return types.Bool(yes)
	}
	if u, unseen := c.Change.Unseen[change.PartCommits]; unseen && c.Verdict != change.Unknown {
		return types.WrapErr(m.lost(u))
	}
	_, err := m.tell(c.Judgement, nil)
	return types.WrapErr(err)
}

func (m *modelValue) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("a %s cannot be converted to %s", m.typ.TypeName(), t)
}
func (m *modelValue) ConvertToType(t ref.Type) ref.Val {
	if t == types.TypeType {
		return m.typ
	}
	return types.NewErr("type conversion error from a %s to '%s'", m.typ.TypeName(), t)
}
func (m *modelValue) Equal(ref.Val) ref.Val { return types.NoSuchOverloadErr() }
func (m *modelValue) Type() ref.Type        { return m.typ }
func (m *modelValue) Value() any            { return m }
