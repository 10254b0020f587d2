package assess

import (
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"github.com/valyala/fastjson"

	"exhibit/internal/evidence"
)

// record is a parsed subject. Once frozen it is only read, so that evaluations may share it.
type record struct {
	typ         *subjectType
	id, name    string
	digest      evidence.Digest
	doc         *fastjson.Value
	tags        ref.Val
	redacted    []*fastjson.Value
	scope       *scopeValue
	missing     map[string]evidence.Missing
	missingKeys []string // sorted
	size        int      // bytes of the object
	policy      atomic.Pointer[parsedPolicy]
}

// scopeValue is a scope as expressions see it.
type scopeValue struct {
	evidence.Scope
	id  string
	val ref.Val
}

// subjectType is a schema with its CEL type.
type subjectType struct {
	schema evidence.Schema
	cel    *types.Type
}

// parseRecord reads a subject's canonical bytes. The record lives as long as p is not used again.
func parseRecord(p *fastjson.Parser, st *subjectType, scope *scopeValue, d evidence.Digest, object []byte,
) (*record, error) {
	v, err := p.ParseBytes(object)
	if err != nil {
		return nil, fmt.Errorf("parse %s object %s: %w", st.schema.Type, d, err)
	}
	r := &record{typ: st, digest: d, size: len(object), scope: scope, doc: v.Get("doc"),
		id: string(v.GetStringBytes("id")), name: string(v.GetStringBytes("name"))}
	if r.id == "" || r.doc == nil {
		return nil, fmt.Errorf("parse %s object %s: a subject has an id and a doc", st.schema.Type, d)
	}
	r.tags = stringMap(v.GetObject("tags"))
	r.redacted = v.GetArray("redacted")
	m := v.GetObject("missing")
	if m == nil {
		return r, nil
	}
	r.missing = make(map[string]evidence.Missing, m.Len())
	m.Visit(func(key []byte, v *fastjson.Value) {
		text := func(k string) string { return string(v.GetStringBytes(k)) }
		r.missing[string(key)] = evidence.Missing{Operation: text("operation"), Outcome: evidence.Outcome(text("outcome")),
			Permission: text("permission"), Code: text("code")}
		r.missingKeys = append(r.missingKeys, string(key))
	})
	slices.Sort(r.missingKeys)
	return r, nil
}

// stringMap wraps a JSON object of strings, or stands for an empty one.
func stringMap(o *fastjson.Object) ref.Val {
	if o == nil {
		o = &fastjson.Object{}
	}
	return &object{obj: o, shape: stringMapShape}
}

var stringMapShape = &evidence.Shape{Kind: evidence.ShapeMap, Elem: &evidence.Shape{Kind: evidence.ShapeString}}

// redactionShape is the shape of one of subject.redacted.
var redactionShape = evidence.ShapeOf[evidence.Redaction]()

// freeze unescapes everything in the record, which fastjson otherwise does when first asked, so that evaluations may
// read it at the same time.
func (r *record) freeze() {
	freeze(r.doc)
	r.tags.(*object).obj.Visit(func(_ []byte, v *fastjson.Value) { freeze(v) })
	for _, v := range r.redacted {
		freeze(v)
	}
}

func freeze(v *fastjson.Value) {
	switch v.Type() {
	case fastjson.TypeObject:
		v.GetObject().Visit(func(_ []byte, inner *fastjson.Value) { freeze(inner) })
	case fastjson.TypeArray:
		for _, inner := range v.GetArray() {
			freeze(inner)
		}
	}
}

// subject is a record in one evaluation. As a CEL value it is an object with the fields of subjectFields.
type subject struct {
	rec   *record
	trace *trace
	doc   object // set when asked for
	// top are the keys of the document that were asked for, because one check after another asks for the same.
	top []topKey
	// known is what effective() last found.
	known knownAccess
	// model is what change(), commit() or deployment() read.
	model any
	// noted is set once the trace knows that the subject was read; true from the start for the one that is judged.
	noted bool
}

type topKey struct {
	key string
	val ref.Val
}

func newSubject(r *record, t *trace, own bool) *subject {
	return &subject{rec: r, trace: t, noted: own}
}

// reset makes s the subject that is judged next. Nothing of the last one may be in use.
func (s *subject) reset(r *record, t *trace) {
	*s = subject{rec: r, trace: t, noted: true, top: s.top[:0]}
}

func (s *subject) document() ref.Val {
	s.note()
	if s.rec.doc.Type() != fastjson.TypeObject {
		return toCEL(s.rec.doc, s.rec.typ.schema.Doc)
	}
	if s.doc.obj == nil {
		s.doc.obj, s.doc.shape, s.doc.owner = s.rec.doc.GetObject(), s.rec.typ.schema.Doc, s
	}
	return &s.doc
}

// tagsKey is the missing part that stands for a subject's tags, which are kept beside its document.
const tagsKey = "Tags"

func (s *subject) tags() ref.Val {
	if m, ok := s.rec.missing[tagsKey]; ok {
		return s.trace.miss(tagsKey, m)
	}
	return s.rec.tags
}

func (s *subject) note() {
	if !s.noted {
		s.noted = true
		s.trace.read = append(s.trace.read, s.rec.digest)
	}
}

// subjectFields are the fields of every subject, with scope, doc and the elements of redacted of the given types.
func subjectFields(scope, doc, redaction *types.Type) map[string]*types.FieldType {
	field := func(t *types.Type, get func(*subject) ref.Val) *types.FieldType {
		return &types.FieldType{Type: t,
			IsSet: func(target any) bool { _, ok := target.(*subject); return ok },
			GetFrom: func(target any) (any, error) {
				s, ok := target.(*subject)
				if !ok {
					return nil, absentError("subject")
				}
				s.note()
				val := get(s)
				if err, ok := val.(*types.Err); ok {
					return nil, err
				}
				return val, nil
			}}
	}
	return map[string]*types.FieldType{
		"type": field(types.StringType, func(s *subject) ref.Val { return types.String(s.rec.typ.schema.Type) }),
		"id":   field(types.StringType, func(s *subject) ref.Val { return types.String(s.rec.id) }),
		"name": field(types.StringType, func(s *subject) ref.Val { return types.String(s.rec.name) }),
		"tags": field(types.NewMapType(types.StringType, types.StringType), (*subject).tags),
		"redacted": field(types.NewListType(redaction), func(s *subject) ref.Val {
			return &list{vals: s.rec.redacted, elem: redactionShape}
		}),
		"scope": field(scope, func(s *subject) ref.Val { return s.rec.scope.val }),
		"doc":   field(doc, (*subject).document),
	}
}

func (s *subject) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("a subject cannot be converted to %s", t)
}
func (s *subject) ConvertToType(t ref.Type) ref.Val {
	if t == types.TypeType {
		return s.rec.typ.cel
	}
	return types.NewErr("type conversion error from a subject to '%s'", t)
}
func (s *subject) Equal(other ref.Val) ref.Val {
	o, ok := other.(*subject)
	return types.Bool(ok && o.rec.typ == s.rec.typ && o.rec.id == s.rec.id && o.rec.scope.id == s.rec.scope.id)
}
func (s *subject) Type() ref.Type { return s.rec.typ.cel }
func (s *subject) Value() any     { return s }

// trace is what one evaluation read.
type trace struct {
	missing []evidence.Missing
	reasons []string
	read    []evidence.Digest
}

func (t *trace) reset() { t.missing, t.reasons, t.read = t.missing[:0], t.reasons[:0], t.read[:0] }

// miss notes that a missing part was read and returns the error that stands for its value.
func (t *trace) miss(key string, m evidence.Missing) ref.Val {
	e := &missingError{key: key, Missing: m}
	t.note(e.Error(), m)
	return types.WrapErr(e)
}

func (t *trace) note(reason string, m ...evidence.Missing) {
	if slices.Contains(t.reasons, reason) {
		return
	}
	t.reasons = append(t.reasons, reason)
	for _, one := range m {
		if !slices.Contains(t.missing, one) {
			t.missing = append(t.missing, one)
		}
	}
}
