package collect

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"exhibit/internal/evidence"
)

// account plans one account, feeds its work to tasks, and lets go of all that it holds when the work has ended. What
// planning asks is counted with the account's first scope, and so are the asked requests of before.
func (r *run) account(
	ctx context.Context, src *source, a Account, asked int, tasks chan<- func(), stop context.CancelCauseFunc,
) {
	planning := r.asking(src, a.Scope)
	plans, ok := r.plans(ctx, src, a, planning, asked)
	if !ok {
		return
	}
	asked += planning.requests()
	defer src.pacer.forget(a.Scope.Account)
	totals := make([]*scopeTotal, len(plans))
	work := r.pieces(src.provider, plans)
	for i, p := range plans {
		totals[i] = &scopeTotal{out: evidence.ScopeOutcome{Source: src.name, Scope: p.Scope,
			Snapshots: map[evidence.Outcome]int{}}}
		if i == 0 {
			totals[i].out.Requests = asked
		}
	}
	r.planned(len(work))
	left := make([]atomic.Int64, len(plans))
	for _, w := range work {
		left[w.plan].Add(1)
	}
	first, last := inOrder(work)
	lists := newLists(len(last) > 0)
	for _, phase := range [][]piece{first, last} {
		var wg sync.WaitGroup
		for _, w := range phase {
			wg.Add(1)
			tasks <- func() {
				defer wg.Done()
				if err := r.task(ctx, src, plans[w.plan], w.col, totals[w.plan], lists); err != nil {
					stop(&batchError{err})
				}
				if left[w.plan].Add(-1) == 0 { // a scope that is done costs nothing more, however many there are
					plans[w.plan].Session = nil
					src.forget(plans[w.plan].Scope.ID())
				}
				r.finished()
			}
		}
		wg.Wait()
	}
	if err := r.stage(ctx, lists); err != nil {
		stop(&batchError{err})
	}
	for i, t := range totals {
		src.forget(plans[i].Scope.ID()) // planning may have left answers where no collector is at work
		r.scope(t.close(plans[i]))
	}
}

// plans asks what there is in the account. When that cannot be told, it says so of the account and returns false.
func (r *run) plans(ctx context.Context, src *source, a Account, t *Task, asked int) ([]ScopePlan, bool) {
	var plans []ScopePlan
	err := ctx.Err()
	if err == nil {
		err = guard(func() (err error) {
			plans, err = a.Plan(ctx, t)
			return err
		})
	}
	switch {
	case err == nil:
		return plans, true
	case ctx.Err() != nil:
		r.scope(evidence.ScopeOutcome{Source: src.name, Scope: a.Scope, Outcome: evidence.OutcomeSkipped, Reason: notTried,
			Requests: asked + t.requests()})
	default:
		r.lost(src, a.Scope, asked+t.requests(), err)
	}
	r.planned(0)
	return nil, false
}

// notTried is why there is nothing of a scope that an ended run did not come to.
const notTried = "not tried: the run had ended"

// piece is one collector in one planned scope.
type piece struct {
	col  Collector
	plan int
}

// pieces lists what is to be done in an account, collector by collector, so that neighbours go to different regions.
func (r *run) pieces(p Provider, plans []ScopePlan) []piece {
	var work []piece
	for _, c := range p.Collectors() {
		if len(r.Only) > 0 && !slices.Contains(r.Only, c.Type()) {
			continue
		}
		for i, plan := range plans {
			if c.Regional == (plan.Scope.Region != "") && (plan.Only == nil || plan.Only(c)) {
				work = append(work, piece{c, i})
			}
		}
	}
	return work
}

// inOrder tells the pieces that go first from those that hold what they know against the lists of the others.
func inOrder(work []piece) (first, last []piece) {
	for _, w := range work {
		if w.col.Last {
			last = append(last, w)
		} else {
			first = append(first, w)
		}
	}
	return first, last
}
