package collect_test

import (
	"context"
	"testing"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
)

// strict is a batch that, as the store's, stages nothing for a context that has ended.
type strict struct{ *collecttest.Memory }

func (s strict) List(series, dict string) collect.List {
	return strictList{s.Memory.List(series, dict)}
}

type strictList struct{ collect.List }

func (l strictList) Add(ctx context.Context, key string, object []byte) (evidence.Digest, error) {
	if err := ctx.Err(); err != nil {
		return evidence.Digest{}, err
	}
	return l.List.Add(ctx, key, object)
}

// TestEmitAfterTheDeadline holds that one collector that takes too long costs its own snapshot and not the run.
func TestEmitAfterTheDeadline(t *testing.T) {
	f := &fake{collectors: []collect.Collector{lister("x", false, func(ctx context.Context, tk *collect.Task) error {
		tk.Listed(1)
		<-ctx.Done()
		return tk.Emit(ctx, subject("a"))
	})}}
	run, snaps := collected(t, t.Context(), f, func(c *collect.Config) {
		c.Limits.Collector = time.Millisecond
		c.Batch = strict{c.Batch.(*collecttest.Memory)}
	})
	if len(snaps) != 1 || snaps[0].Outcome != evidence.OutcomeFailed || run.Outcome != evidence.OutcomeFailed {
		t.Errorf("run %q, snapshots %+v", run.Outcome, snaps)
	}
}
