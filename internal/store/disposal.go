package store

import (
	"encoding/binary"
	"fmt"
	"iter"
	"strings"

	"exhibit/internal/evidence"
)

// Disposed is what disposal entries say together.
type Disposed struct {
	// Series are the first entries whose snapshots of a series keep their documents, by the series' name.
	Series map[string]int64
	// Observations is the first entry whose assessment keeps its observations.
	Observations int64
	// Entry is the newest of the disposal entries, 0 when there is none.
	Entry int64
}

// Disposed returns what was disposed of.
func (v *View) Disposed() (Disposed, error) {
	d := Disposed{Series: map[string]int64{}}
	for i := range v.EntriesOf(evidence.KindDisposal) {
		var body evidence.Disposal
		if _, err := v.body(i, &body); err != nil {
			return d, err
		}
		d.Entry = max(d.Entry, i)
		for _, s := range body.Series {
			d.Series[s.Series] = max(d.Series[s.Series], s.Through)
		}
		if body.Observations != nil {
			d.Observations = max(d.Observations, body.Observations.Through)
		}
	}
	return d, nil
}

// Look is one snapshot as the index knows it.
type Look struct {
	Series    string // as evidence.Snapshot.Series gives it
	Collector string
	Entry     int64 // of its run
	Whole     bool  // its list was whole
	Window    evidence.Window
}

// Looks returns all snapshots, series by series, the oldest first. It ends at the first error.
func (v *View) Looks() iter.Seq2[Look, error] {
	return func(yield func(Look, error) bool) {
		f := v.finder()
		var name string // of the series whose rows have prefix
		var prefix string
		c := v.series.Cursor()
		for k, value := c.First(); k != nil; k, value = c.Next() {
			r, err := parseSeriesRow(k, value)
			if err == nil && r.entry >= v.size {
				continue
			}
			var l Look
			if p := string(k[:max(len(k)-8, 0)]); err == nil && p != prefix {
				var s evidence.Snapshot
				if s, err = v.snapshot(&f, r.snapshot); err == nil {
					prefix, name = p, s.Series()
				}
			}
			if err == nil {
				collector, _, _ := strings.Cut(string(k), "\x00")
				l = Look{Series: name, Collector: collector, Entry: r.entry, Whole: r.whole, Window: r.window}
			}
			if !yield(l, err) || err != nil {
				return
			}
		}
	}
}

// disposedBy is the error of an object whose stored content is that of a tombstone.
func disposedBy(content []byte) error {
	entry, _ := binary.Uvarint(content)
	return fmt.Errorf("%w by entry %d", ErrDisposed, entry)
}

// again returns the number under which object n was stored last, which is n but for what was disposed of and seen again.
func (v *View) again(n uint64) (uint64, error) {
	lost, err := v.lost(n)
	if err != nil || !lost {
		return n, err
	}
	f := v.finder()
	d, err := f.digest(n)
	if err != nil {
		return 0, err
	}
	g := v.finder()
	later, err := v.number(&g, d)
	if later == 0 {
		later = n
	}
	return later, err
}

// lost reports whether the content of what is stored as object n was disposed of.
func (v *View) lost(n uint64) (bool, error) {
	lost, err := v.lostOf([]change{{object: n}})
	return err == nil && lost[0], err
}

// lostOf reports for each item whether the content of what is stored as its object was disposed of. It unpacks no frame with a
// dictionary: those are as they were first written.
func (v *View) lostOf(items []change) ([]bool, error) {
	lost := make([]bool, len(items))
	if !v.disposed {
		return lost, nil
	}
	f := v.finder()
	var u *frame // that of the last object; nil when nothing is gone there
	from, to := uint64(0), uint64(0)
	for _, i := range byNumber(items) {
		n := items[i].object
		if n < from || n >= to {
			at, err := f.find(n)
			if err != nil {
				return nil, err
			}
			info, err := f.seg.frame(at)
			if err != nil {
				return nil, err
			}
			from = f.seg.first + uint64(info.start)
			to, u = from+uint64(info.count), nil
			if info.dict == 0 {
				if u, err = v.frame(&f.seg, info); err != nil {
					return nil, err
				}
			}
		}
		lost[i] = u != nil && u.bases[n-from] == gone
	}
	return lost, nil
}

// kept returns an object's number, 0 when it is not in the store or its content was disposed of.
func (v *View) kept(f *finder, d evidence.Digest) (uint64, error) {
	n, err := v.number(f, d)
	if err != nil || n == 0 || !v.disposed {
		return n, err
	}
	if lost, err := v.lost(n); err != nil || lost {
		return 0, err
	}
	return n, nil
}

// tombstone checks one, which must name the entry that disposed of the object.
func (c *checker) tombstone(n uint64, d evidence.Digest, content []byte) {
	c.lose(n)
	entry, used := binary.Uvarint(content)
	if used != len(content) || used <= 0 || entry >= uint64(c.v.size) {
		c.problem("object "+d.String(), "it is said to be disposed of by an entry that is not there")
		return
	}
	if e, _, err := c.v.Entry(int64(entry)); err != nil || e.Kind != evidence.KindDisposal {
		c.problem("object "+d.String(), "it is said to be disposed of by entry %d, which disposes of nothing", entry)
	}
}

func (c *checker) lose(n uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lost[n] = true
	c.report.Disposed++
}

// disposal checks that nothing is gone that no disposal entry tells of.
func (c *checker) disposal() {
	if len(c.lost) == 0 || c.ctx.Err() != nil {
		return
	}
	l, err := c.v.live(c.ctx)
	if c.ctx.Err() != nil {
		return // Check says so
	}
	if err != nil {
		c.problem("disposal", "%v", err)
		return
	}
	f := c.v.finder()
	for n := range l.content {
		if !c.lost[n] {
			continue
		}
		if again, err := c.v.again(n); err == nil && again != n && !c.lost[again] {
			continue
		}
		d, err := f.digest(n)
		if err != nil {
			c.problem("disposal", "%v", err)
			continue
		}
		c.problem("object "+d.String(), "its content is gone, and no disposal entry says so")
	}
}
