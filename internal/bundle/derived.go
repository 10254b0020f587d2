package bundle

import (
	"bufio"
	"cmp"
	"iter"
	"maps"
	"slices"

	"exhibit/internal/bundle/format"
	"exhibit/internal/evidence"
)

// derived writes what was computed from the evidence: the signature covers it, the ledger does not.
func (b *builder) derived() error {
	err := records(b, format.Exposures, "how long what was failing, least and most", b.request.Exposures,
		func(e evidence.Exposure) bool { return b.scope.observation("|"+e.Check+"|") == show })
	if err != nil {
		return err
	}
	err = records(b, format.Changes, "what changed in the period, by cause", b.request.Changes,
		func(c evidence.Change) bool {
			switch {
			case c.Check != "":
				return b.scope.observation("|"+c.Check+"|") == show
			case c.Control != "":
				return b.scope.mapped[c.Control]
			}
			return c.Type == "" || b.scope.has(c.Type)
		})
	if err != nil {
		return err
	}
	err = records(b, format.Gaps, "spans without evidence", values(b.request.Gaps),
		func(g evidence.Gap) bool { return b.scope.has(format.SeriesType(g.Series)) })
	if err != nil {
		return err
	}
	return b.out.file(format.Redactions, "which values were replaced by a keyed digest before they were stored",
		func(w *bufio.Writer) error {
			for _, r := range slices.SortedFunc(maps.Keys(b.redactions), func(x, y format.Redaction) int {
				return cmp.Or(cmp.Compare(x.Type, y.Type), cmp.Compare(x.Path, y.Path), cmp.Compare(x.Rule, y.Rule))
			}) {
				n := b.redactions[r]
				r.Count = n
				if err := line(w, r); err != nil {
					return err
				}
			}
			return nil
		})
}

// records writes those records that keep wants, one a line.
func records[T any](b *builder, name, about string, all iter.Seq2[T, error], keep func(T) bool) error {
	return b.out.file(name, about, func(w *bufio.Writer) error {
		if all == nil {
			return nil
		}
		for r, err := range all {
			if err != nil {
				return err
			}
			if !keep(r) {
				continue
			}
			if err := line(w, r); err != nil {
				return err
			}
		}
		return b.ctx.Err()
	})
}

func values[T any](all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}
