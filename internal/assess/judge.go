package assess

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"

	"exhibit/internal/evidence"
)

// outsideReason is why a subject that the population filter leaves out is not-applicable.
const outsideReason = "outside the check's population"

// maxRead bounds the related subjects that an observation names as evidence; the first ones read are kept.
const maxRead = 100

// lightSteps is how many steps a program may take without a guard.
const lightSteps = 100_000

// light reports whether the loops cannot take many steps. A list element takes at least two bytes of what is looped
// over.
func (p *program) light(size int) bool {
	steps := 1
	for range p.loops {
		if steps *= max(size/2, 1); steps > lightSteps {
			return false
		}
	}
	return true
}

// maxFact bounds the bytes of one fact, which every observation repeats.
const maxFact = 4 << 10

// eval runs an expression. A nil value means that it has none; reason says why.
func (p *program) eval(ctx context.Context, v *vars) (val ref.Val, reason string, err error) {
	if p.light(v.size) {
		val, _, err = p.Eval(v.frame)
	} else {
		val, _, err = p.guarded.ContextEval(ctx, v)
	}
	if err == nil && val != nil && !types.IsUnknown(val) {
		return val, "", nil
	}
	if stop := ctx.Err(); stop != nil {
		return nil, "", fmt.Errorf("evaluate %s: %w", v.subject.rec.id, stop)
	}
	if err == nil {
		return nil, "no value", nil
	}
	var cancelled interpreter.EvalCancelledError
	if errors.As(err, &cancelled) && cancelled.Cause == interpreter.CostLimitExceeded {
		return nil, "the expression costs more than is allowed", nil
	}
	return nil, strings.TrimSpace(err.Error()), nil
}

// truth runs an expression that must be true or false.
func (p *program) truth(ctx context.Context, v *vars) (truth, known bool, reason string, err error) {
	val, reason, err := p.eval(ctx, v)
	if val == nil || err != nil {
		return false, false, reason, err
	}
	b, ok := val.(types.Bool)
	if !ok {
		return false, false, "the expression is neither true nor false", nil
	}
	return bool(b), true, "", nil
}

// judge gives a check's verdict on one subject and fills o's verdict, reason, facts, evidence and missing. loose,
// when not empty, says that a local setting is looser than the control demands.
func (k *check) judge(ctx context.Context, v *vars, loose string, o *evidence.Observation) error {
	tr := v.subject.trace
	tr.reset()
	o.Verdict, o.Reason, o.Facts, o.Missing = evidence.Unknown, "", nil, nil
	field, inside, known, reason := "where", true, true, ""
	var truth bool
	var err error
	if k.where != nil {
		if inside, known, reason, err = k.where.truth(ctx, v); err != nil {
			return err
		}
	}
	switch {
	case known && !inside:
		o.Verdict, o.Reason = evidence.NotApplicable, outsideReason
	case known:
		field = "assert"
		if truth, known, reason, err = k.assert.truth(ctx, v); err != nil {
			return err
		}
	}
	switch {
	case o.Verdict == evidence.NotApplicable:
	case !known:
		o.Reason = tr.reason(field, reason)
		o.Missing = slices.Clone(tr.missing)
	case truth && loose != "":
		o.Verdict, o.Reason = evidence.Fail, loose
	case truth:
		o.Verdict = evidence.Pass
	default:
		o.Verdict = evidence.Fail
	}
	if o.Verdict != evidence.NotApplicable {
		if err := k.collectFacts(ctx, v, o); err != nil {
			return err
		}
	}
	o.Evidence = append(o.Evidence[:0], v.subject.rec.digest)
	for _, d := range tr.read {
		if len(o.Evidence) > maxRead {
			break
		}
		if !slices.Contains(o.Evidence, d) {
			o.Evidence = append(o.Evidence, d)
		}
	}
	return nil
}

// reason prefers what could not be collected over CEL's own words.
func (t *trace) reason(field, reason string) string {
	if len(t.reasons) > 0 {
		slices.Sort(t.reasons)
		return strings.Join(t.reasons, "; ")
	}
	return field + " has no answer: " + reason
}

func (k *check) collectFacts(ctx context.Context, v *vars, o *evidence.Observation) error {
	if len(k.facts) == 0 {
		return nil
	}
	o.Facts = make(map[string]json.RawMessage, len(k.facts))
	for _, f := range k.facts {
		val, _, err := f.prog.eval(ctx, v)
		if err != nil {
			return err
		}
		if val == nil {
			continue
		}
		raw, ok := appendValue(nil, val)
		if !ok {
			continue
		}
		if len(raw) > maxFact {
			raw = appendString(nil, fmt.Sprintf("%d bytes, too long to repeat: see the evidence", len(raw)))
		}
		o.Facts[f.name] = raw
	}
	return nil
}
