package collect

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"exhibit/internal/evidence"
)

func (r *run) work(src *source, c Collector, scope evidence.Scope) *work {
	return &work{
		run: r, src: src, col: c, scope: scope, slots: make(chan struct{}, r.limits.PerCollector),
		ops: map[string]*opCount{}, ids: map[string]struct{}{}, out: map[string]int{},
	}
}

// task runs one collector in one scope and adds its snapshot to the account's lists, whatever came of it. Its error is the
// batch's.
func (r *run) task(
	ctx context.Context, src *source, plan ScopePlan, c Collector, total *scopeTotal, lists *lists,
) error {
	if err := ctx.Err(); err != nil {
		total.add(evidence.OutcomeSkipped, "", 0, 0, notTried)
		return nil
	}
	snap := evidence.Snapshot{Collector: c.Type(), Source: src.name, Scope: plan.Scope}
	snap.Window.From = r.now()
	w := r.work(src, c, plan.Scope)
	w.lists = lists
	w.host = plan.Endpoint
	w.list = r.Batch.List(snap.Series(), c.Type())
	var err error
	if w.mark, err = r.mark(src, snap, c, plan.Session); err != nil {
		return err
	}
	ended := r.collect(ctx, plan, &Task{work: w, region: plan.Scope.Region})
	var failed *batchError
	if errors.As(ended, &failed) {
		return failed.error
	}
	snap.Completeness, snap.Outcome = w.completeness(ended)
	if w.mark != nil {
		if err := w.carry(&snap); err != nil {
			return fmt.Errorf("carry over the events of %s: %w", snap.Series(), err)
		}
	}
	if snap.Subjects, err = w.list.Close(); err != nil {
		return fmt.Errorf("close the list of %s: %w", snap.Series(), err)
	}
	snap.Window.To = r.now()
	snap.Origin = evidence.Origin{
		Tool: r.Tool, CollectorVersion: c.Version, ConfigDigest: src.config, Caller: plan.Caller, Endpoint: w.host,
		ClockSkewMS: w.skew,
	}
	if plan.Caller.ID == "" {
		snap.Origin.Caller = src.caller
	}
	lists.add(snap, w.ids)
	total.add(summary(c, snap, ended))
	return nil
}

// summary is what one snapshot means for its scope: the gravest of all its calls, and why.
func summary(c Collector, snap evidence.Snapshot, ended error) (
	outcome evidence.Outcome, snapshot evidence.Outcome, subjects, requests int, reason string,
) {
	outcome = snap.Outcome
	if ended != nil {
		reason = c.Type() + ": " + ended.Error()
	}
	for _, op := range snap.Completeness.Operations {
		requests += op.Requests
		if worse := evidence.Worse(outcome, op.Outcome); worse != outcome {
			outcome = worse
			if ended == nil && !op.Outcome.Seen() {
				reason = c.Type() + ": " + op.Name + ": " + strings.Join(op.Errors, "; ")
			}
		}
	}
	return outcome, snap.Outcome, snap.Subjects.Count, requests, reason
}

// collect calls the collector, if its scope can be tried at all. A panic is a failed collection and not the end of
// others.
func (r *run) collect(ctx context.Context, plan ScopePlan, t *Task) error {
	if plan.Outcome != "" && plan.Outcome != evidence.OutcomeOK {
		e := &Error{Outcome: plan.Outcome, Code: notAsked, Err: errors.New("not asked: " + plan.Reason)}
		if len(t.col.Operations) > 0 {
			e.Operation = t.col.Operations[0].Name
		}
		return t.fail(e.Operation, e)
	}
	ctx, cancel := context.WithTimeout(ctx, r.limits.Collector)
	defer cancel()
	return guard(func() error { return t.col.Collect(ctx, plan.Session, t) })
}
