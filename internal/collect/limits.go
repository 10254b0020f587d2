package collect

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"exhibit/internal/evidence"
)

// Limits bound a run. The zero value of a field stands for its default.
type Limits struct {
	InFlight     int           // calls in flight altogether; 128
	PerCollector int           // calls in flight of one collector in one scope; 64
	Tasks        int           // collectors at work at once, which bounds the pages in memory; 16
	Call         time.Duration // one call with its retries; 90 s
	Collector    time.Duration // one collector in one scope; 1 h
	Failures     int           // unreachable answers in a row that break the circuit of a region's service; 3
	Retry        time.Duration // how long a broken circuit stays so; 5 min
	// Pace multiplies the provider's rates: 0 is 1, math.Inf(1) is no limit.
	Pace float64
}

// Rate is a pace for one account, region and service.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Paced is a provider that knows the pace its services allow; the key "" is for all others.
type Paced interface{ Rates() map[string]Rate }

func (l Limits) orDefault() Limits {
	for _, v := range []struct {
		p *int
		d int
	}{{&l.InFlight, 128}, {&l.PerCollector, 64}, {&l.Tasks, 16}, {&l.Failures, 3}} {
		if *v.p <= 0 {
			*v.p = v.d
		}
	}
	for _, v := range []struct {
		p *time.Duration
		d time.Duration
	}{
		{&l.Call, 90 * time.Second}, {&l.Collector, time.Hour}, {&l.Retry, 5 * time.Minute},
	} {
		if *v.p <= 0 {
			*v.p = v.d
		}
	}
	if l.Pace <= 0 {
		l.Pace = 1
	}
	return l
}

// pacer holds one limiter and one circuit per account, region and service.
type pacer struct {
	limits Limits
	rates  map[string]Rate

	mu       sync.Mutex
	limiters map[string]*rate.Limiter
	circuits map[string]*circuit
}

func newPacer(l Limits, p Provider) *pacer {
	rates := map[string]Rate{"": {PerSecond: 50, Burst: 100}}
	if paced, ok := p.(Paced); ok {
		for service, r := range paced.Rates() {
			rates[service] = r
		}
	}
	return &pacer{limits: l, rates: rates, limiters: map[string]*rate.Limiter{}, circuits: map[string]*circuit{}}
}

func (p *pacer) limiter(place, service string) *rate.Limiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := place + "|" + service
	l, ok := p.limiters[key]
	if !ok {
		r, ok := p.rates[service]
		if !ok {
			r = p.rates[""]
		}
		l = rate.NewLimiter(rate.Limit(r.PerSecond*p.limits.Pace), max(r.Burst, 1))
		if math.IsInf(p.limits.Pace, 1) {
			l.SetLimit(rate.Inf)
		}
		p.limiters[key] = l
	}
	return l
}

func (p *pacer) circuit(place, service string) *circuit {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := place + "|" + service
	c, ok := p.circuits[key]
	if !ok {
		c = &circuit{after: p.limits.Failures, pause: p.limits.Retry}
		p.circuits[key] = c
	}
	return c
}

// circuit breaks after so many answers in a row that never came, so that a dead region costs seconds and not hours. After
// a pause it lets calls through again.
type circuit struct {
	after int
	pause time.Duration

	mu     sync.Mutex
	failed int
	until  time.Time
	ended  bool // the credential is refused there
}

func (c *circuit) answered() {
	c.mu.Lock()
	c.failed = 0
	c.mu.Unlock()
}

func (c *circuit) unreachable(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed++; c.failed >= c.after {
		c.until = now.Add(c.pause)
	}
}

func (c *circuit) broken(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed >= c.after && now.Before(c.until)
}

// end marks a place where the credential is refused. It is kept by region, because some tokens are good in some only.
func (c *circuit) end() {
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
}

func (c *circuit) refused() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

func (t *Task) key() string { return t.scope.Account + "|" + t.region }

// place is the circuit of all services in the task's account and region.
func (t *Task) place() *circuit { return t.src.pacer.circuit(t.key(), "") }

func (t *Task) circuit(op string) *circuit { return t.src.pacer.circuit(t.key(), service(op)) }

func (t *Task) limiter(op string) *rate.Limiter { return t.src.pacer.limiter(t.key(), service(op)) }

// decided returns the failure of a call that need not be made, because an earlier one decided how it would end.
func (t *Task) decided(o Operation) *Error {
	switch {
	case t.place().refused():
		return &Error{Operation: o.Name, Outcome: evidence.OutcomeExpired, Code: notAsked,
			Err: fmt.Errorf("not asked: the credential was refused there before")}
	case t.circuit(o.Name).broken(time.Now()):
		return &Error{Operation: o.Name, Outcome: evidence.OutcomeUnreachable, Code: notAsked,
			Err: fmt.Errorf("not asked: %s cannot be reached there", service(o.Name))}
	}
	return nil
}

// admit waits until a call may go. What it returns gives the places back.
func (t *Task) admit(ctx context.Context, op string) (func(), error) {
	if err := t.limiter(op).Wait(ctx); err != nil {
		return nil, fmt.Errorf("call %s: %w", op, err)
	}
	for i, slots := range []chan struct{}{t.slots, t.run.slots} {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			if i == 1 {
				<-t.slots
			}
			return nil, fmt.Errorf("call %s: %w", op, context.Cause(ctx))
		}
	}
	return func() { <-t.run.slots; <-t.slots }, nil
}

// timed runs fn within a call's time.
func (t *Task) timed(ctx context.Context, c *call, fn func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, callKey{}, c), t.run.limits.Call)
	defer cancel()
	return fn(ctx)
}
