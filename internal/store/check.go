package store

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
)

// Report is what Check found.
type Report struct {
	Entries   int64 `json:"entries"`
	Objects   int64 `json:"objects"`
	Lists     int64 `json:"lists"`
	Items     int64 `json:"items"` // of all lists
	Snapshots int64 `json:"snapshots"`
	States    int64 `json:"states"`
	Bytes     int64 `json:"bytes"` // of all objects, unpacked
	// Disposed is how many objects were disposed of: their digests are there, their content is not.
	Disposed int64     `json:"disposed"`
	Problems []Problem `json:"problems"`
}

// Problem is one thing that is not as it must be.
type Problem struct {
	Where  string `json:"where"`
	Reason string `json:"reason"`
}

// OK reports whether nothing was found.
func (r Report) OK() bool { return len(r.Problems) == 0 }

const maxProblems = 100 // reported; a damaged file has thousands

// Check verifies everything that the store holds: the file's pages, every object against its digest, every list against its
// root, every entry against the log and the signed checkpoint, every reference of a run, snapshot or assessment, and every
// index. progress, which may be nil, is told how much of the work is done. An error means that the check could not be
// carried out; what is wrong with the store is in the report.
func (s *Store) Check(ctx context.Context, progress func(done, total int64)) (r Report, err error) {
	defer guard(&err)()
	err = s.View(func(v *View) error {
		c := checker{v: v, ctx: ctx, tell: progress, lost: map[uint64]bool{}, report: Report{Problems: []Problem{}}}
		c.run()
		r = c.report
		return ctx.Err()
	})
	if err != nil {
		return r, fmt.Errorf("check store %s: %w", s.path, err)
	}
	return r, nil
}

type checker struct {
	v    *View
	ctx  context.Context
	tell func(done, total int64)

	mu          sync.Mutex // guards what follows
	report      Report
	lost        map[uint64]bool // objects without content
	done, total int64
}

func (c *checker) run() {
	if !c.walk() {
		return
	}
	segments, lists := c.plan()
	c.total = int64(len(segments)) + int64(len(lists)) + c.v.size
	c.parallel(len(segments), func(i int) { c.segment(segments[i]) })
	c.digests()
	trees := listTrees(lists)
	c.parallel(len(trees.roots), func(i int) { c.tree(trees, trees.roots[i]) })
	c.indexes(lists)
	c.parallel(int(c.v.size), func(i int) { c.entry(int64(i)) })
	c.log()
	c.states()
	c.disposal()
}

// problem notes one.
func (c *checker) problem(where, format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.report.Problems) < maxProblems {
		c.report.Problems = append(c.report.Problems, Problem{where, fmt.Sprintf(format, args...)})
	}
}

// count adds to the report's numbers.
func (c *checker) count(add func(r *Report)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	add(&c.report)
}

func (c *checker) step() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done++
	if c.tell != nil {
		c.tell(c.done, c.total)
	}
}

// parallel calls fn for 0 to n-1 on all processors, until the context ends.
func (c *checker) parallel(n int, fn func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && c.ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				c.guarded(fn, i)
			}
		})
	}
	wg.Wait()
}

func (c *checker) guarded(fn func(i int), i int) {
	var err error
	defer func() {
		if err != nil {
			c.problem("file", "%v", err)
		}
	}()
	defer guard(&err)()
	fn(i)
	c.step()
}

// walk follows the file's pages; what cannot be walked cannot be checked any further.
func (c *checker) walk() bool {
	err := func() error {
		f, err := os.Open(c.v.s.path)
		if err != nil {
			return err
		}
		defer f.Close()
		// From the view's own root: pages that it does not see may be written just now.
		w := newPageWalk(f, uint64(c.v.tx.Size())/pageSize)
		return w.tree(uint64(c.v.tx.Cursor().Bucket().Root()), nil, nil)
	}()
	if err != nil {
		c.problem("file", "%v", err)
	}
	return err == nil
}

// plan returns the numbers of all segments, and all lists that can be parsed.
func (c *checker) plan() (segments []uint64, lists []listRecord) {
	cur := c.v.segments.Cursor()
	for k, _ := cur.First(); k != nil; k, _ = cur.Next() {
		segments = append(segments, number(k))
	}
	cur = c.v.lists.Cursor()
	for k, b := cur.First(); k != nil; k, b = cur.Next() {
		l, err := parseList(number(k), b)
		if err != nil {
			c.problem(fmt.Sprintf("list %d", number(k)), "%v", err)
			continue
		}
		lists = append(lists, l)
	}
	return segments, lists
}
