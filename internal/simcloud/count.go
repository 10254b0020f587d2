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

// Answered returns how often each operation of AWS that simcloud has was answered without an error since the start: 0
// for those that never were.
func (c *Cloud) Answered() map[string]int64 {
	out := map[string]int64{}
	for _, s := range awsServices() {
		for op := range s.ops {
			out[s.name+":"+op] = 0
		}
	}
	c.answered.m.Range(func(op, n any) bool {
		if _, ok := out[op.(string)]; ok {
			out[op.(string)] = n.(*atomic.Int64).Load()
		}
		return true
	})
	return out
}

// ResetCounts starts counting anew.
func (c *Cloud) ResetCounts() { c.counts.m.Clear() }
