package assess

import (
	"errors"
	"fmt"
	"reflect"
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
//	bypass(subject)       a push or merge that got past the rules; see bypassFields
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
	known := table.add(modelTypes[2], knownFields())
	opts := []cel.EnvOption{
		cel.Macros(withChanges("changesAt", 2)),
		cel.Variable(changesVariable, cel.DynType),
		cel.Function("changesAt", cel.Overload("changesAt_string_string",
			[]*cel.Type{cel.StringType, cel.StringType, cel.DynType}, cel.ListType(known), cel.FunctionBinding(changesAt(known)))),
		cel.Function("reviewedWithin", cel.MemberOverload("change_reviewedWithin", []*cel.Type{changes, cel.IntType},
			cel.BoolType, cel.BinaryBinding(reviewedWithin))),
	}
	for _, f := range []struct {
		name, tells string
		result      *types.Type
		read        func(s, index ref.Val) ref.Val
	}{
		{"change", change.TellsChange, changes, changeOf(changes)},
		{"commit", change.TellsCommit, commits, commitOf(commits)},
		{"deployment", change.TellsDeployment, deployments, deploymentOf(deployments)},
	} {
		if overloads := overloadsOf(subjects, f.name, f.tells, f.result, cel.BinaryBinding(f.read), cel.DynType); overloads != nil {
			opts = append(opts, cel.Macros(withChanges(f.name, 1)), cel.Function(f.name, overloads...))
		}
	}
	around := table.add(modelTypes[0], bypassFields())
	read := cel.UnaryBinding(modelOf(around, readBypass))
	if overloads := overloadsOf(subjects, "bypass", change.TellsBypass, around, read); overloads != nil {
		opts = append(opts, cel.Function("bypass", overloads...))
	}
	return opts
}

// overloadsOf lets a function take all subjects that tell of one thing, and further arguments.
func overloadsOf(subjects map[string]*subjectType, name, tells string, result *types.Type, f cel.OverloadOpt, more ...*cel.Type,
) (out []cel.FunctionOpt) {
	for _, typ := range keys(subjects) {
		if change.Tells(typ) == tells {
			out = append(out, cel.Overload(name+"_"+typ, append([]*cel.Type{subjects[typ].cel}, more...), result, f))
		}
	}
	return out
}

// modelTypes are the types of what is read, as messages name them.
var modelTypes = [...]string{"bypass", "change", "change of a commit", "commit", "deployment"}

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
	// uncalled and unreleased are why there may be more calls and releases that tell of it.
	uncalled, unreleased []gap
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
	return &judgedDeployment{Deployment: d, Judgement: d.Judge()}, err
}

// deploymentOf is deployment(subject). Who made and approved it, and its commit, may be told by subjects of other types.
func deploymentOf(typ *types.Type) func(ref.Val, ref.Val) ref.Val {
	read := modelOf(typ, readDeployment)
	return func(v, index ref.Val) ref.Val {
		val := read(v)
		m, ok := val.(*modelValue)
		if !ok || len(change.Joins(m.v.(*judgedDeployment).Type)) == 0 {
			return val
		}
		in, ok := index.(*changesInUse)
		if !ok {
			return types.MaybeNoSuchOverloadErr(index)
		}
		out := in.complete(v.(*subject).rec.scope.id, m.v.(*judgedDeployment).Deployment)
		return &modelValue{typ, out, m.trace}
	}
}

// changeOf is change(subject). What tells of rules that its merge went around may be of another type.
func changeOf(typ *types.Type) func(ref.Val, ref.Val) ref.Val {
	read := modelOf(typ, readChange)
	return func(v, index ref.Val) ref.Val {
		val := read(v)
		m, ok := val.(*modelValue)
		if !ok {
			return val
		}
		in, ok := index.(*changesInUse)
		if !ok {
			return types.MaybeNoSuchOverloadErr(index)
		}
		c := m.v.(*judgedChange)
		if c.Bypass != "" || c.Merge == "" {
			return val
		}
		why, read := in.index.index.Bypass(c.Repository, c.Merge, func(set int) bool { return in.usable(set) == "" })
		if why == "" {
			return val
		}
		in.trace.read = append(in.trace.read, read)
		around := &judgedChange{Change: c.Change}
		around.Bypass = why
		around.Judgement = around.Change.Judge()
		return &modelValue{typ, around, m.trace}
	}
}

func readBypass(s *subject) (any, error) {
	b, err := change.BypassOf(s.rec.subject())
	return &b, err
}

func readCommit(s *subject) (any, error) {
	l, err := change.LandedOf(s.rec.subject())
	return &l, err
}

// commitOf is commit(subject). Where the commit's provider tells nothing, the changes of all sources decide.
func commitOf(typ *types.Type) func(ref.Val, ref.Val) ref.Val {
	read := modelOf(typ, readCommit)
	return func(v, index ref.Val) ref.Val {
		val := read(v)
		m, ok := val.(*modelValue)
		if !ok {
			return val
		}
		in, ok := index.(*changesInUse)
		if !ok {
			return types.MaybeNoSuchOverloadErr(index)
		}
		out := &judgedCommit{Landed: *m.v.(*change.Landed)}
		out.Verdict, out.Why, out.number = out.Landed.Judge()
		for _, part := range []change.Part{change.PartOrigin, change.PartCommits} {
			if u, unseen := out.Landed.Unseen[part]; unseen && out.Verdict == change.Unknown && len(out.Needs) == 0 {
				out.Needs = []change.Unseen{u}
			}
		}
		if out.Silent && out.Verdict == change.Unknown && len(out.Needs) == 0 {
			in.landed(v.(*subject).rec.scope.id, out)
		}
		return &modelValue{typ, out, m.trace}
	}
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
