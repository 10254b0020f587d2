package assess

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"github.com/valyala/fastjson"

	"exhibit/internal/change"
	"exhibit/internal/evidence"
)

// changesVariable is the index of changes that changesAt() looks into. No expression can spell it.
const changesVariable = "@changes"

// withChanges gives a function the index as its last argument.
func withChanges(name string, args int) cel.Macro {
	return cel.GlobalMacro(name, args, func(f cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
		return f.NewCall(name, append(slices.Clone(args), f.NewIdent(changesVariable))...), nil
	})
}

// changeIndex knows the changes of all sources of a view by the commits that they account for, and where there may be
// others. It is made once in a run, by who reads the view, and only read afterwards.
type changeIndex struct {
	index *change.Index
	sets  []changeSet
}

// changeSet is one snapshot of changes or commits, or the want of one.
type changeSet struct {
	scope, typ string
	from       time.Time
	// span is the span of time whose events it holds; nil when it does not tell.
	span *evidence.Window
	gap  *gap // why there may be others; nil when all were seen
	// stale says for a freshness why nothing of it may be used, or "".
	stale func(evidence.Duration) string
}

// allChanges makes the index of all changes and commits in the view.
func (r *run) allChanges() (*changeIndex, error) {
	if r.changes != nil {
		return r.changes, nil
	}
	x := &changeIndex{index: change.NewIndex()}
	for _, a := range r.accounts {
		for _, w := range a.scopes {
			for _, typ := range change.Types() {
				if st := r.eval.subjects[typ]; st == nil || change.Tells(typ) == change.TellsDeployment {
					continue
				}
				if err := r.addChanges(x, w, typ); err != nil {
					return nil, err
				}
			}
		}
	}
	r.changes = x
	return x, nil
}

func (r *run) addChanges(x *changeIndex, w *scopeWork, typ string) error {
	s := w.snap(typ)
	if s == nil {
		if r.mayLack(w, typ) {
			x.sets = append(x.sets, changeSet{scope: w.scope.id, typ: typ, gap: &gap{reason: w.lostReason()}})
		}
		return nil
	}
	set := changeSet{scope: w.scope.id, typ: typ, from: s.Window.From, stale: func(d evidence.Duration) string {
		return r.staleness(*s, &control{def: evidence.Control{Freshness: d}})
	}}
	if c := s.Completeness.Coverage; c != nil {
		set.span = &c.Span
	}
	second := s.Completeness.SecondCount
	switch {
	case !s.Listed():
		g := listGap(*s)
		set.gap = &g
	case second != nil && second.Count > s.Completeness.Listed:
		set.gap = &gap{reason: "the list of " + s.Collector + " is not whole"}
	case unseen(*s) != "":
		set.gap = &gap{reason: unseen(*s)}
	}
	x.sets = append(x.sets, set)
	if s.Subjects.Count == 0 {
		return nil
	}
	var p fastjson.Parser
	n, unread := len(x.sets)-1, 0
	err := r.view.Subjects(s.Subjects, func(_ string, d evidence.Digest, object []byte) error {
		rec, err := parseRecord(&p, r.eval.subjects[typ], w.scope, d, object)
		if err != nil {
			return err
		}
		if x.index.Add(n, rec.subject(), d) != nil {
			unread++ // an older collector's; what is not in the index is not known
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read %s of %s: %w", typ, w.scope.id, err)
	}
	if unread > 0 && x.sets[n].gap == nil {
		x.sets[n].gap = &gap{reason: fmt.Sprintf("documents of %s are of another shape than this version reads", typ)}
	}
	return nil
}

// oldest is when the oldest snapshot that may be used was taken.
func (x *changeIndex) oldest(freshness evidence.Duration) time.Time {
	var out time.Time
	for _, s := range x.sets {
		if s.stale != nil && s.stale(freshness) == "" && (out.IsZero() || s.from.Before(out)) {
			out = s.from
		}
	}
	return out
}

// changesInUse is the index in one evaluation: a control's freshness decides what of it may be used.
type changesInUse struct {
	index     *changeIndex
	freshness evidence.Duration
	trace     *trace
}

// changesAt is changesAt(repository, commit).
func changesAt(known *types.Type) func(...ref.Val) ref.Val {
	return func(args ...ref.Val) ref.Val {
		repository, ok1 := args[0].(types.String)
		commit, ok2 := args[1].(types.String)
		in, ok3 := args[2].(*changesInUse)
		if !ok1 || !ok2 || !ok3 {
			return types.NewErr("changesAt: takes the address of a repository and a commit")
		}
		found := in.index.index.At(string(repository), string(commit), func(set int) bool { return in.usable(set) == "" })
		in.trace.read = append(in.trace.read, found.Read...)
		if !found.Told {
			return in.untold(string(repository), string(commit))
		}
		vals := make([]ref.Val, len(found.Changes))
		for i := range found.Changes {
			vals[i] = &modelValue{known, &found.Changes[i], in.trace}
		}
		return types.NewRefValList(types.DefaultTypeAdapter, vals)
	}
}

// usable returns why a set may not be used, or "".
func (u *changesInUse) usable(set int) string {
	if s := u.index.sets[set]; s.stale != nil {
		return s.stale(u.freshness)
	}
	return ""
}

// untold says why it is not known by which change a commit came: the lists of the places where the repository is known are
// not whole, or nothing ever told of the repository or the commit.
func (u *changesInUse) untold(repository, commit string) ref.Val {
	sets := u.index.index.Sets(repository)
	var scopes []string
	for _, n := range sets {
		scopes = append(scopes, u.index.sets[n].scope)
	}
	why := fmt.Sprintf("commit %s of %s is not among those of which it is known how they came", commit, repository)
	if len(sets) == 0 {
		why = "no changes of " + repository + " were collected"
	}
	for n, s := range u.index.sets {
		if len(sets) > 0 && !slices.Contains(scopes, s.scope) {
			continue
		}
		if reason := u.usable(n); reason != "" {
			u.trace.note(reason)
		}
		if s.gap != nil {
			u.trace.note(s.gap.reason, s.gap.missing...)
		}
	}
	u.trace.note(why)
	return types.WrapErr(errors.New(why))
}

// landed judges a commit whose provider does not tell by which change it came: one that accounts for it, or none when the
// changes of its repository name all that they bring and every change that could have brought it is known.
func (u *changesInUse) landed(scope string, c *judgedCommit) {
	found := u.index.index.At(c.Repository, c.Commit.ID, func(set int) bool { return u.usable(set) == "" })
	into := func(k change.Known) bool { return c.Branch != "" && k.Target == c.Branch }
	if i := slices.IndexFunc(found.Changes, into); i >= 0 {
		k := found.Changes[i]
		c.Verdict, c.Why, c.number = change.ByChange, "it came by change "+k.ID, k.ID
		u.trace.read = append(u.trace.read, k.Digest)
		return
	}
	if c.Branch == "" && len(found.Changes) > 0 {
		c.Why = "nothing tells which branch it stands on"
		return
	}
	c.Why = "no changes of " + c.Repository + " were collected"
	holds := u.index.index.Sets(c.Repository)
	whole := false
	for n, s := range u.index.sets {
		if change.Tells(s.typ) != change.TellsChange || s.scope != scope && !slices.Contains(holds, n) {
			continue
		}
		reason := u.usable(n)
		switch {
		case reason != "":
		case s.gap != nil:
			reason = s.gap.reason
			u.trace.note(reason, s.gap.missing...)
		case !change.NamesAll(s.typ):
			reason = "no change names it, and those of " + s.typ + " do not name all that they bring"
		case s.span == nil || c.LandedAt.Before(s.span.From):
			reason = "no change names it, and it is older than those that were collected"
		case c.LandedAt.After(s.span.To):
			reason = "no change names it, and changes of its time may still be on their way"
		default:
			whole = true
			continue
		}
		c.Why = reason
		return
	}
	if whole {
		c.Verdict, c.Why = change.DirectPush, "no change holds it"
	}
}

// knownFields are the fields of one of changesAt().
//
//	verdict             as that of change(subject)
//	approved            another person approved it, and the commit is the state that was merged: its head, or the commit
//	                    that merged it. One on the way to it was not approved by itself
//	type, id            of its subject
//	target              the branch that it was merged into
//	mergedAt
func knownFields() map[string]*types.FieldType {
	type k = *change.Known
	field := func(typ *types.Type, get func(k) ref.Val) *types.FieldType {
		return modelField(typ, func(m *modelValue, v k) (ref.Val, error) {
			m.trace.read = append(m.trace.read, v.Digest)
			if v.Verdict == change.Unknown {
				return m.tell(change.Judgement{Verdict: v.Verdict, Why: "the approval of " + v.ID + " is unknown"}, nil)
			}
			return get(v), nil
		})
	}
	return map[string]*types.FieldType{
		"verdict":  field(types.StringType, func(v k) ref.Val { return types.String(v.Verdict) }),
		"approved": field(types.BoolType, func(v k) ref.Val { return types.Bool(v.Approved()) }),
		"target":   text(func(v k) string { return v.Target }),
		"type":     text(func(v k) string { return v.Type }),
		"id":       text(func(v k) string { return v.ID }),
		"mergedAt": moment("mergedAt", func(v k) time.Time { return v.MergedAt }),
	}
}

// endOfTime is later than anything that an example tells of.
var endOfTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// caseChanges makes the index of an example: the subject and those related to it are all there is.
func caseChanges(sets map[string]*relatedSet) *changeIndex {
	x := &changeIndex{index: change.NewIndex()}
	for _, typ := range keys(sets) {
		if change.Tells(typ) == "" {
			continue
		}
		set := changeSet{typ: typ, span: &evidence.Window{To: endOfTime}}
		for _, rec := range sets[typ].recs {
			set.scope = rec.scope.id
			if x.index.Add(len(x.sets), rec.subject(), rec.digest) != nil {
				set.gap = &gap{reason: "documents of " + typ + " are of another shape than this version reads"}
			}
		}
		x.sets = append(x.sets, set)
	}
	return x
}

func (u *changesInUse) ConvertToNative(reflect.Type) (any, error) {
	return nil, errors.New("the index of changes cannot be converted")
}
func (u *changesInUse) ConvertToType(ref.Type) ref.Val {
	return types.NewErr("the index of changes cannot be converted")
}
func (u *changesInUse) Equal(ref.Val) ref.Val { return types.NoSuchOverloadErr() }
func (u *changesInUse) Type() ref.Type        { return types.NewOpaqueType(changesVariable) }
func (u *changesInUse) Value() any            { return u }
