package main

import (
	"sync"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// bar shows how far long work is, on a terminal; elsewhere it shows nothing.
type bar struct {
	mu   sync.Mutex
	pool *mpb.Progress
	bar  *mpb.Bar
}

// progress starts a bar.
func (c *command) progress(what string) *bar {
	if !c.terminal || c.quiet || c.json {
		return &bar{}
	}
	pool := mpb.New(mpb.WithOutput(c.stderr), mpb.WithWidth(40))
	return &bar{pool: pool, bar: pool.AddBar(0,
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(what+" ")),
		mpb.AppendDecorators(decor.CountersNoUnit("%d of %d "), decor.Elapsed(decor.ET_STYLE_GO)),
	)}
}

// set says that n of total are done. It may be called from many goroutines.
func (b *bar) set(n, total int64) {
	if b.bar == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bar.SetTotal(total, false)
	b.bar.SetCurrent(n)
}

// done takes the bar away. It must be called.
func (b *bar) done() {
	if b.bar == nil {
		return
	}
	b.bar.Abort(true)
	b.pool.Wait()
}
