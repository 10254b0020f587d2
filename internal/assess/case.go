package assess

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"github.com/valyala/fastjson"

	"exhibit/internal/evidence"
)

// Case is one worked example of a check.
type Case struct {
	Subject evidence.Subject
	Scope   evidence.Scope
	// Related are the other subjects of the scope, of any type. The subject itself is among its own kind, as in a view.
	Related []evidence.Subject
	Now     time.Time
	// Settings are local values of the control's params.
	Settings map[string]json.RawMessage
}

// Case judges one example and returns the observation that an assessment would make.
func (e *Evaluator) Case(ctx context.Context, checkID string, c Case) (evidence.Observation, error) {
	var o evidence.Observation
	k := e.byID[checkID]
	if k == nil {
		return o, fmt.Errorf("judge a case of check %q: no such check", checkID)
	}
	scope, err := newScope(c.Scope)
	if err != nil {
		return o, err
	}
	params, loose, err := k.control.settings(c.Settings)
	if err != nil {
		return o, err
	}
	rec, err := e.caseRecord(c.Subject, scope)
	if err != nil {
		return o, err
	}
	sets := map[string]*relatedSet{rec.typ.schema.Type: {recs: []*record{rec}}}
	for _, s := range c.Related {
		r, err := e.caseRecord(s, scope)
		if err != nil {
			return o, err
		}
		if sets[s.Type] == nil {
			sets[s.Type] = &relatedSet{}
		}
		sets[s.Type].recs = append(sets[s.Type].recs, r)
	}
	related := func(typ string) *relatedSet {
		set := sets[typ]
		if set == nil {
			set = &relatedSet{}
		}
		slices.SortFunc(set.recs, func(a, b *record) int { return strings.Compare(a.id, b.id) })
		return set
	}
	v, err := newVars(types.Timestamp{Time: c.Now.UTC()})
	if err != nil {
		return o, err
	}
	v.subject, v.params, v.related, v.size = newSubject(rec, &trace{}, true), params, related, math.MaxInt32
	v.changes = changesInUse{index: caseChanges(sets)}
	o = evidence.Observation{Control: k.control.def.ID, Check: checkID, Type: k.def.Subject, Subject: rec.id,
		Name: rec.name, Scope: scope.id}
	return o, k.judge(ctx, v, loose.of(k), &o)
}

// caseRecord passes a subject through the canonical encoding and back, as committed evidence is.
func (e *Evaluator) caseRecord(s evidence.Subject, scope *scopeValue) (*record, error) {
	st := e.subjects[s.Type]
	if st == nil {
		return nil, fmt.Errorf("judge a case: unknown subject type %q", s.Type)
	}
	raw, err := evidence.Encode(s)
	if err != nil {
		return nil, err
	}
	return parseRecord(&fastjson.Parser{}, st, scope, evidence.Sum(raw), raw)
}

// newScope makes a scope readable by expressions. The result may be read concurrently.
func newScope(s evidence.Scope) (*scopeValue, error) {
	facts := s.Facts
	if facts == nil {
		facts = map[string]any{}
	}
	raw, err := evidence.Encode(map[string]any{"provider": s.Provider, "account": s.Account, "region": s.Region,
		"name": s.Name, "facts": facts})
	if err != nil {
		return nil, fmt.Errorf("read scope %s: %w", s.ID(), err)
	}
	v, err := fastjson.ParseBytes(raw)
	if err != nil {
		return nil, fmt.Errorf("read scope %s: %w", s.ID(), err)
	}
	freeze(v)
	return &scopeValue{Scope: s, id: s.ID(), val: toCEL(v, scopeShape())}, nil
}
