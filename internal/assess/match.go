package assess

import (
	"context"
	"fmt"
	"math"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"github.com/valyala/fastjson"

	"exhibit/internal/evidence"
)

// Matcher compiles expressions over one subject of any type, for what follows from a subject alone and at no time:
// who owns it. They see subject as checks do, with a document that is not type-checked, and CEL's own strings, lists
// and sets; and neither now nor anything related.
type Matcher struct {
	compiler
	env *cel.Env
}

// anySubject is the type of a Matcher's subject.
const anySubject = "subject"

// NewMatcher sets the language up.
func NewMatcher() (*Matcher, error) {
	table, err := newTypeTable()
	if err != nil {
		return nil, fmt.Errorf("set up CEL's types: %w", err)
	}
	scope := table.shapeType("scope", scopeShape(), false)
	redaction := table.shapeType("redaction", redactionShape, false)
	subject := table.add(anySubject, subjectFields(scope, types.DynType, redaction))
	env, err := cel.NewEnv(append(language(table), cel.Variable("subject", subject))...)
	if err != nil {
		return nil, fmt.Errorf("declare the expressions' environment: %w", err)
	}
	return &Matcher{compiler{table: table}, env}, nil
}

// Match is a compiled expression of a Matcher. It may be used concurrently.
type Match struct{ prog *program }

// Condition compiles an expression that is true or false. Of the errors only the place and the message are set.
func (m *Matcher) Condition(text string) (*Match, ExprErrors) { return m.compile(text, types.BoolKind) }

// Text compiles an expression that is text.
func (m *Matcher) Text(text string) (*Match, ExprErrors) { return m.compile(text, types.StringKind) }

func (m *Matcher) compile(text string, want types.Kind) (*Match, ExprErrors) {
	p, errs := m.expression(m.env, &check{def: evidence.Check{Subject: anySubject}}, text, want)
	if len(errs) > 0 {
		return nil, errs
	}
	return &Match{p}, nil
}

// Target is a committed subject that expressions can be asked about. It is used by one goroutine.
type Target struct {
	rec  *record
	vars *vars
}

// NewTarget reads a subject's canonical bytes, which must not be changed while the target is in use.
func NewTarget(typ string, scope evidence.Scope, object []byte) (*Target, error) {
	place, err := newScope(scope)
	if err != nil {
		return nil, err
	}
	st := &subjectType{schema: evidence.Schema{Type: typ}, cel: types.NewObjectType(anySubject)}
	rec, err := parseRecord(&fastjson.Parser{}, st, place, evidence.Digest{}, object)
	if err != nil {
		return nil, err
	}
	t := &Target{rec: rec}
	if t.vars, err = newVars(nil); err != nil {
		return nil, err
	}
	t.vars.size = math.MaxInt32 // so that loops are always bounded
	return t, nil
}

// Tag returns a tag or label. unread is as with Unread("Tags").
func (t *Target) Tag(key string) (value string, ok bool, unread string) {
	if unread = t.Unread(tagsKey); unread != "" {
		return "", false, unread
	}
	v := t.rec.tags.(*object).obj.Get(key)
	if v == nil || v.Type() != fastjson.TypeString {
		return "", false, ""
	}
	return string(v.GetStringBytes()), true, ""
}

// Unread says why a part of the document, or "Tags", could not be collected; it is empty when nothing kept it from
// being.
func (t *Target) Unread(key string) string {
	m, missing := t.rec.missing[key]
	if !missing {
		return ""
	}
	return (&missingError{key: key, Missing: m}).Error()
}

// Field returns the text at a path of keys into the document, "" when there is none.
func (t *Target) Field(path ...string) string { return string(t.rec.doc.GetStringBytes(path...)) }

// Has reports whether the document has something under a path of keys.
func (t *Target) Has(path ...string) bool { return t.rec.doc.Exists(path...) }

// Holds reports whether a condition is true of the subject. One that has no answer is not, and unread is then not
// empty when it is because something could not be collected.
func (x *Match) Holds(t *Target) (holds bool, unread string, err error) {
	t.begin()
	truth, known, _, err := x.prog.truth(context.Background(), t.vars) // its cost is bounded
	return truth && known, t.unread(known), err
}

// Value returns the text of an expression. One that has no answer is "", and unread is as with Holds.
func (x *Match) Value(t *Target) (text, unread string, err error) {
	t.begin()
	val, _, err := x.prog.eval(context.Background(), t.vars) // its cost is bounded
	s, ok := val.(types.String)
	return strings.Clone(string(s)), t.unread(ok), err
}

func (t *Target) begin() { t.vars.subject = newSubject(t.rec, &trace{}, true) }

func (t *Target) unread(known bool) string {
	if known {
		return ""
	}
	return strings.Join(t.vars.subject.trace.reasons, "; ")
}
