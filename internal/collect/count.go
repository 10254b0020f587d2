package collect

import (
	"errors"
	"slices"
	"sort"
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// opCount sums up the calls of one operation.
type opCount struct {
	calls    map[evidence.Outcome]int
	requests int
	pages    int
	params   map[string]string
	first    string
	last     string
	denied   bool
	errors   []string
}

// opCount returns the operation's count; t.mu is held.
func (w *work) opCount(op string) *opCount {
	c, ok := w.ops[op]
	if !ok {
		c = &opCount{calls: map[evidence.Outcome]int{}}
		w.ops[op] = c
	}
	return c
}

// count records how a call ended.
func (t *Task) count(c *call, outcome evidence.Outcome, e *Error) {
	c.mu.Lock()
	requests, ids := c.requests, c.ids
	c.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	o := t.opCount(c.op.Name)
	o.calls[outcome]++
	o.requests += requests
	if outcome == evidence.OutcomeOK {
		o.pages++
	}
	if len(ids) > 0 {
		if o.first == "" {
			o.first = ids[0]
		}
		o.last = ids[len(ids)-1]
	}
	o.failed(outcome, e)
}

// errorsKept is how many distinct errors of one operation are kept.
const errorsKept = 3

func (o *opCount) failed(outcome evidence.Outcome, e *Error) {
	if e == nil || e.Absent {
		return
	}
	o.denied = o.denied || outcome == evidence.OutcomeDenied
	if text := brief(e); len(o.errors) < errorsKept && !slices.Contains(o.errors, text) {
		o.errors = append(o.errors, text)
	}
}

// failed records a call that ended in err and returns it classified.
func (t *Task) failed(c *call, err error) error {
	e := classify(t.src.provider, *c.op, err)
	switch e.Outcome {
	case evidence.OutcomeExpired:
		t.lane("").circuit.end()
	case evidence.OutcomeUnreachable:
		if c.losses == 0 { // else each lost request is counted already
			c.lane.circuit.unreachable(time.Now())
		}
	default:
		c.lane.circuit.answered()
	}
	t.count(c, e.Outcome, e)
	return e
}

// fail records a call that was not made.
func (t *Task) fail(op string, e *Error) error {
	outcome := e.Outcome
	if e.Code == notAsked {
		outcome = evidence.OutcomeSkipped
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	o := t.opCount(op)
	o.calls[outcome]++
	o.failed(outcome, e)
	return e
}

// note makes sure that a failure of a shared call shows in this task's counts too.
func (t *Task) note(e *Error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if o := t.opCount(e.Operation); len(o.calls) == 0 {
		o.calls[e.Outcome]++
		o.failed(e.Outcome, e)
	}
}

// completeness is what the counts say; err is how Collect ended.
func (w *work) completeness(err error) (evidence.Completeness, evidence.Outcome) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := evidence.Completeness{Listed: w.listed, Kept: w.kept, SecondCount: w.second, Recounts: w.recounts}
	for name, o := range w.ops {
		if len(o.calls) == 0 {
			continue // it was told what it would be asked for, and never was
		}
		c.Operations = append(c.Operations, w.operationOf(name, o))
	}
	sort.Slice(c.Operations, func(i, j int) bool { return c.Operations[i].Name < c.Operations[j].Name })
	left := 0
	for reason, n := range w.out {
		c.Excluded = append(c.Excluded, evidence.Excluded{Reason: reason, Count: n})
		left += n
	}
	sort.Slice(c.Excluded, func(i, j int) bool { return c.Excluded[i].Reason < c.Excluded[j].Reason })
	var e *Error
	switch {
	case errors.As(err, &e) && e.Outcome == evidence.OutcomeNotEnabled && w.listed > 0:
		return c, evidence.OutcomeFailed // a service that is off has listed nothing
	case errors.As(err, &e) && !e.Absent:
		return c, e.Outcome
	case err != nil:
		return c, evidence.OutcomeFailed
	case w.kept+left != w.listed:
		return c, evidence.OutcomeFailed
	case w.listed == 0:
		return c, evidence.OutcomeEmpty
	}
	return c, evidence.OutcomeOK
}

func (w *work) operationOf(name string, o *opCount) evidence.Operation {
	op := evidence.Operation{Name: name, Calls: o.calls, Requests: o.requests, Params: o.params}
	for _, text := range o.errors {
		op.Errors = append(op.Errors, w.run.clean(text))
	}
	for outcome := range o.calls {
		op.Outcome = evidence.Worse(op.Outcome, outcome)
	}
	if o.pages > 1 && len(w.col.Operations) > 0 && w.col.Operations[0].Name == name {
		op.Pages = o.pages
	}
	if o.first != "" {
		op.RequestIDs = slices.Compact([]string{o.first, o.last})
	}
	if o.denied {
		i := slices.IndexFunc(w.col.Operations, func(d Operation) bool { return d.Name == name })
		if i >= 0 {
			op.Permission = strings.Join(w.col.Operations[i].Permissions, ", ")
		}
	}
	return op
}
