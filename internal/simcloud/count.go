package simcloud

import (
	"sync"
	"sync/atomic"
)

// counts counts requests by operation.
type counts struct{ m sync.Map }

func (c *counts) add(op string) {
	n, ok := c.m.Load(op)
	if !ok {
		n, _ = c.m.LoadOrStore(op, new(atomic.Int64))
	}
	n.(*atomic.Int64).Add(1)
}

// Counts returns how many requests each operation has had, refused ones included, since the start or ResetCounts.
func (c *Cloud) Counts() map[string]int64 {
	out := map[string]int64{}
	c.counts.m.Range(func(op, n any) bool {
		out[op.(string)] = n.(*atomic.Int64).Load()
		return true
	})
	return out
}

// Requests returns the sum of Counts.
func (c *Cloud) Requests() int64 {
	var sum int64
	c.counts.m.Range(func(_, n any) bool {
		sum += n.(*atomic.Int64).Load()
		return true
	})
	return sum
}

// ResetCounts starts counting anew.
func (c *Cloud) ResetCounts() { c.counts.m.Clear() }
