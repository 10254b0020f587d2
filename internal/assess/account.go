package assess

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/valyala/fastjson"
	"golang.org/x/sync/errgroup"

	"exhibit/internal/evidence"
)

// batchSubjects and batchBytes bound what is handed to a worker at once.
const (
	batchSubjects = 128
	batchBytes    = 512 << 10
)

// batch is some subjects of one snapshot.
type batch struct {
	job     *job
	data    []byte // the objects, one after another
	ends    []int
	digests []evidence.Digest
}

// job is one snapshot with the checks of its type.
type job struct {
	scope  *scopeWork
	snap   Snap
	typ    *subjectType
	checks []*check
	// stale says for each check why all its subjects are unknown, or ""; keys begins the keys of its observations.
	stale, keys []string
	// related are the lists that the checks read, by type and freshness.
	related map[relatedKey]*relatedSet
	// changes is the index of changes, when one of the checks looks into it.
	changes *changeIndex
}

type relatedKey struct {
	typ       string
	freshness evidence.Duration
}

// account judges all scopes of one account. Memory holds a few batches and the account's related subjects.
func (r *run) account(ctx context.Context, a *account) error {
	sum := newTallies()
	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan *batch, 2)
	workers := r.in.Workers
	if workers <= 0 {
		workers = 2
	}
	results := make([]*tallies, workers)
	for i := range workers {
		results[i] = newTallies()
		group.Go(func() error { return r.work(ctx, batches, results[i]) })
	}
	group.Go(func() error {
		defer close(batches)
		rel := &relatedLoader{run: r, account: a, parsed: map[string][]*record{}}
		for _, w := range a.scopes {
			if err := r.scope(ctx, w, rel, sum, batches); err != nil {
				return err
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return err
	}
	for _, t := range results {
		sum.merge(t)
	}
	return r.findings(sum)
}

// scope judges the population of every check that has one here, and hands the subjects to the workers.
func (r *run) scope(ctx context.Context, w *scopeWork, rel *relatedLoader, t *tallies, batches chan<- *batch) error {
	for _, typ := range keys(r.eval.byType) {
		s := w.snap(typ)
		if s == nil {
			for _, k := range r.eval.byType[typ] {
				if err := r.lost(w, k, t); err != nil {
					return err
				}
			}
			continue
		}
		checks := lookingAt(r.eval.byType[typ], s.Source)
		j := &job{scope: w, snap: *s, typ: r.eval.subjects[typ], checks: checks, related: map[relatedKey]*relatedSet{}}
		for _, k := range checks {
			j.stale = append(j.stale, r.staleness(*s, k.control))
			j.keys = append(j.keys, evidence.Observation{Scope: w.scope.id, Check: k.def.ID}.Key())
			for _, other := range k.related {
				key := relatedKey{other, k.control.def.Freshness}
				if j.related[key] == nil {
					set, oldest, err := rel.load(w, other, k.control.def.Freshness)
					if err != nil {
						return err
					}
					j.related[key] = set
					t.at(k.control, w.scope.id).seen(oldest)
				}
			}
			if k.changes {
				x, err := r.allChanges()
				if err != nil {
					return err
				}
				j.changes = x
				t.at(k.control, w.scope.id).seen(x.oldest(k.control.def.Freshness))
			}
			t.at(k.control, w.scope.id).seen(s.Window.From)
			if err := r.population(w, *s, k, t); err != nil {
				return err
			}
		}
		if err := r.feed(ctx, j, batches); err != nil {
			return err
		}
	}
	return nil
}

// lookingAt returns the checks that look at what a source collects.
func lookingAt(checks []*check, source string) []*check {
	narrowed := func(k *check) bool { return !k.looksAt(source) }
	if !slices.ContainsFunc(checks, narrowed) {
		return checks
	}
	return slices.DeleteFunc(slices.Clone(checks), narrowed)
}

// looksAt reports whether the check looks at what a source collects.
func (k *check) looksAt(source string) bool {
	return len(k.def.Sources) == 0 || slices.Contains(k.def.Sources, source)
}

// staleness returns why a control may not rest on a snapshot, or "". Age counts from when the provider was first asked.
func (r *run) staleness(s Snap, c *control) string {
	limit := time.Duration(c.def.Freshness)
	if limit <= 0 || r.asOf.Sub(s.Window.From) <= limit {
		return ""
	}
	age := strings.TrimSuffix(c.def.Freshness.String(), "0m0s")
	return "stale: " + s.Collector + " was last collected more than " + age + " before"
}

// feed reads the subjects of a snapshot and hands them over in batches.
func (r *run) feed(ctx context.Context, j *job, batches chan<- *batch) error {
	if j.snap.Subjects.Count == 0 {
		return nil
	}
	b := &batch{job: j}
	send := func() error {
		select {
		case batches <- b:
			b = &batch{job: j, data: make([]byte, 0, cap(b.data))}
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	err := r.view.Subjects(j.snap.Subjects, func(_ string, d evidence.Digest, object []byte) error {
		b.data = append(b.data, object...)
		b.ends = append(b.ends, len(b.data))
		b.digests = append(b.digests, d)
		if len(b.ends) < batchSubjects && len(b.data) < batchBytes {
			return nil
		}
		return send()
	})
	if err != nil {
		return fmt.Errorf("read %s of %s: %w", j.snap.Collector, j.snap.Scope.ID(), err)
	}
	if len(b.ends) > 0 {
		return send()
	}
	return nil
}

// work judges batches until there are no more.
func (r *run) work(ctx context.Context, batches <-chan *batch, t *tallies) error {
	v, err := newVars(r.now)
	if err != nil {
		return err
	}
	w := &worker{run: r, tallies: t, vars: v}
	for b := range batches {
		start := 0
		for i, end := range b.ends {
			if err := w.subject(ctx, b.job, b.digests[i], b.data[start:end]); err != nil {
				return err
			}
			start = end
		}
	}
	return nil
}

// worker judges one subject after another.
type worker struct {
	run     *run
	tallies *tallies
	parser  fastjson.Parser
	trace   trace
	vars    *vars

	// Of the subject at hand, kept for their memory.
	own         subject
	observation evidence.Observation
	parts       subjectParts
	encoded     []byte
}

func (w *worker) subject(ctx context.Context, j *job, d evidence.Digest, object []byte) error {
	rec, err := parseRecord(&w.parser, j.typ, j.scope.scope, d, object)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	v := w.vars
	w.own.reset(rec, &w.trace)
	v.subject = &w.own
	o := &w.observation
	o.Type, o.Subject, o.Name, o.Scope = rec.typ.schema.Type, rec.id, rec.name, rec.scope.id
	quoteSubject(&w.parts, d, o)
	for i, k := range j.checks {
		o.Control, o.Check = k.control.def.ID, k.def.ID
		if j.stale[i] != "" {
			o.Verdict, o.Reason, o.Facts, o.Missing = evidence.Unknown, j.stale[i], nil, nil
			o.Evidence = append(o.Evidence[:0], d)
		} else {
			local := w.run.params[k.control]
			v.params, v.size = local.val, rec.size
			if len(k.related) > 0 {
				v.related = func(typ string) *relatedSet { return j.related[relatedKey{typ, k.control.def.Freshness}] }
				for _, typ := range k.related {
					v.size += v.related(typ).size
				}
			}
			v.changes = changesInUse{index: j.changes, freshness: k.control.def.Freshness}
			if err := k.judge(ctx, v, local.loose.of(k), o); err != nil {
				return err
			}
		}
		w.tallies.at(k.control, rec.scope.id).count(k, o)
		w.encoded = appendObservation(w.encoded[:0], k.parts, &w.parts, o)
		if err := w.run.sink.Observation(j.keys[i]+rec.id, w.encoded); err != nil {
			return err
		}
	}
	return nil
}
