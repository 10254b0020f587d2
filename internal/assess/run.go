package assess

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"exhibit/internal/evidence"
)

// View is committed evidence. It is read by one goroutine at a time.
type View interface {
	// Size is the number of ledger entries that the view holds.
	Size() int64
	// Snapshots returns the newest snapshot of every series, sorted by series; subjectType "" means all.
	Snapshots(subjectType string) ([]Snap, error)
	// Subjects calls fn for every item of a list. object is valid during the call only.
	Subjects(ref evidence.ListRef, fn func(id string, d evidence.Digest, object []byte) error) error
}

// Snap is a snapshot with the digest of its object.
type Snap struct {
	evidence.Snapshot
	Digest evidence.Digest
}

// Sink takes canonical bytes, in any order and from several goroutines at once. object is valid during the call only.
type Sink interface {
	Observation(key string, object []byte) error
	Finding(key string, object []byte) error
}

// Input is what an assessment follows from besides the view and the catalog.
type Input struct {
	AsOf    time.Time
	Catalog evidence.Digest
	// Settings are local values of params, by control and param.
	Settings map[string]map[string]json.RawMessage
	// Attestations are people's statements. Those not begun or expired as of AsOf do not count.
	Attestations []evidence.Attestation
	// Scopes are the scopes that were asked for, as the newest run of each source ended. One that could not be
	// reached and has no snapshot makes the checks of its provider unknown there.
	Scopes []evidence.ScopeOutcome
	// Workers judge at the same time; 0 means 2.
	Workers int
}

// Assess judges the view. The assessment's list roots are the caller's to fill in from what the sink got. The same
// view, controls and input give the same bytes, in any order.
func (e *Evaluator) Assess(ctx context.Context, view View, in Input, sink Sink) (evidence.Assessment, error) {
	a := evidence.Assessment{Catalog: in.Catalog, Evaluator: Version, AsOf: in.AsOf.UTC(), View: view.Size(),
		Totals: map[evidence.Verdict]int{}, Statuses: map[evidence.Status]int{}}
	r := &run{eval: e, view: view, in: in, sink: sink, asOf: in.AsOf.UTC(), now: types.Timestamp{Time: in.AsOf.UTC()},
		params: map[*control]*localParams{}}
	for _, c := range e.controls {
		val, loose, err := c.settings(in.Settings[c.def.ID])
		if err != nil {
			return a, err
		}
		r.params[c] = &localParams{val, loose}
	}
	for _, id := range keys(in.Settings) {
		if !slices.ContainsFunc(e.controls, func(c *control) bool { return c.def.ID == id }) {
			return a, fmt.Errorf("settings of control %s: there is no such control", id)
		}
	}
	snaps, err := view.Snapshots("")
	if err != nil {
		return a, fmt.Errorf("assess: %w", err)
	}
	if err := r.plan(snaps); err != nil {
		return a, err
	}
	for _, account := range r.accounts {
		if err := r.account(ctx, account); err != nil {
			return a, fmt.Errorf("assess %s: %w", account.name, err)
		}
	}
	if err := r.unscoped(); err != nil {
		return a, fmt.Errorf("assess: %w", err)
	}
	for v, n := range r.totals {
		if n > 0 {
			a.Totals[v] = n
		}
	}
	for s, n := range r.statuses {
		a.Statuses[s] = n
	}
	return a, nil
}

// localParams are a control's params with local values put in.
type localParams struct {
	val   ref.Val
	loose looseParams
}

// run is one assessment.
type run struct {
	eval     *Evaluator
	view     View
	in       Input
	sink     Sink
	asOf     time.Time
	now      ref.Val
	params   map[*control]*localParams
	accounts []*account
	// collected are the subject types that any scope has a snapshot of, with whether such a scope is a region.
	collected map[string]map[bool]bool
	from      map[sourceType]bool // the types that any scope has a snapshot of, by source
	providers map[string]bool     // that have a scope
	changes   *changeIndex        // once a check looked into it
	totals    map[evidence.Verdict]int
	statuses  map[evidence.Status]int
}

// sourceType is a subject type as a source collects it.
type sourceType struct{ source, typ string }

// account is what is judged together: the scopes of one account, whose subjects may be related.
type account struct {
	name   string
	scopes []*scopeWork // in order of id
}

// scopeWork is one scope with the snapshots that are judged there.
type scopeWork struct {
	// named is the scope as the newest snapshot calls it: names and facts change.
	named  evidence.Scope
	newest time.Time
	scope  *scopeValue
	snaps  []Snap // one for each subject type, in order of type
	lost   []evidence.ScopeOutcome
}

// plan sorts the snapshots by account and scope and picks one for each type and scope.
func (r *run) plan(snaps []Snap) error {
	r.collected, r.providers, r.from = map[string]map[bool]bool{}, map[string]bool{}, map[sourceType]bool{}
	r.totals, r.statuses = map[evidence.Verdict]int{}, map[evidence.Status]int{}
	scopes := map[string]*scopeWork{}
	at := func(s evidence.Scope) *scopeWork {
		if w := scopes[s.ID()]; w != nil {
			return w
		}
		w := &scopeWork{named: s}
		scopes[s.ID()] = w
		r.providers[s.Provider] = true
		return w
	}
	ordered := slices.Clone(snaps)
	slices.SortStableFunc(ordered, func(a, b Snap) int { return strings.Compare(a.Series(), b.Series()) })
	for _, s := range ordered {
		w := at(s.Scope)
		if s.Window.To.After(w.newest) {
			w.named, w.newest = s.Scope, s.Window.To
		}
		if r.collected[s.Collector] == nil {
			r.collected[s.Collector] = map[bool]bool{}
		}
		r.collected[s.Collector][s.Scope.Region != ""] = true
		r.from[sourceType{s.Source, s.Collector}] = true
		w.pick(s)
	}
	for _, o := range r.in.Scopes {
		if o.Outcome.Seen() || o.Outcome == evidence.OutcomeExcluded {
			continue
		}
		w := at(o.Scope)
		w.lost = append(w.lost, o)
	}
	byAccount := map[string]*account{}
	for _, id := range keys(scopes) {
		w := scopes[id]
		var err error
		if w.scope, err = newScope(w.named); err != nil {
			return err
		}
		name := w.scope.Provider + ":" + w.scope.Account
		if byAccount[name] == nil {
			byAccount[name] = &account{name: name}
			r.accounts = append(r.accounts, byAccount[name])
		}
		byAccount[name].scopes = append(byAccount[name].scopes, w)
		slices.SortFunc(w.snaps, func(a, b Snap) int { return strings.Compare(a.Collector, b.Collector) })
	}
	return nil
}

// pick keeps one snapshot for each subject type. Where two sources collect the same scope, a whole list is preferred
// over one that failed, then the newer one, then the first by series.
func (w *scopeWork) pick(s Snap) {
	for i, have := range w.snaps {
		if have.Collector != s.Collector {
			continue
		}
		newer := s.Window.To.After(have.Window.To)
		if s.Listed() != have.Listed() {
			newer = s.Listed()
		}
		if newer {
			w.snaps[i] = s
		}
		return
	}
	w.snaps = append(w.snaps, s)
}

func (w *scopeWork) snap(typ string) *Snap {
	for i := range w.snaps {
		if w.snaps[i].Collector == typ {
			return &w.snaps[i]
		}
	}
	return nil
}
