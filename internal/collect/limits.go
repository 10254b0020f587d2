package collect

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"exhibit/internal/evidence"
)

// Limits bound a run. The zero value of a field stands for its default.
type Limits struct {
	InFlight     int           // calls in flight altogether; 256
	PerCollector int           // calls in flight of one collector in one scope; 64
	Tasks        int           // collectors at work at once, which bounds the pages in memory; 16
	Accounts     int           // accounts of one source at work at once, which bounds the sessions in memory; 4
	Call         time.Duration // one call with its retries; 90 s
	Collector    time.Duration // one collector in one scope; 1 h
	Failures     int           // answers in a row that never came and break the circuit of a region's service; 3
	Retry        time.Duration // how long a broken circuit stays so; 5 min
	// Pace multiplies the provider's rates: 0 is 1, math.Inf(1) is no limit.
	Pace float64
}

// Rate is a pace for one account, region and service.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Paced is a provider that knows the pace its services allow, and that of operations with a pace of their own; the key "" is
// for each of the others, AllOthers for all of them together.
type Paced interface{ Rates() map[string]Rate }

// AllOthers is the key of the one pace that all services without one of their own share.
const AllOthers = "*"

func (l Limits) orDefault() Limits {
	for _, v := range []struct {
		p *int
		d int
	}{{&l.InFlight, 256}, {&l.PerCollector, 64}, {&l.Tasks, 16}, {&l.Accounts, 4}, {&l.Failures, 3}} {
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

// pacer holds one lane per account, region and service.
type pacer struct {
	limits Limits
	rates  map[string]Rate

	mu    sync.Mutex
	lanes map[laneKey]*lane
}

// laneKey names a lane; the service "" stands for all of the place.
type laneKey struct{ account, region, service string }

// lane is what the calls of one service in one place share.
type lane struct {
	limiter *rate.Limiter
	circuit circuit
}

func newPacer(l Limits, p Provider) *pacer {
	rates := map[string]Rate{"": {PerSecond: 50, Burst: 100}}
	if paced, ok := p.(Paced); ok {
		for service, r := range paced.Rates() {
			rates[service] = r
		}
	}
	return &pacer{limits: l, rates: rates, lanes: map[laneKey]*lane{}}
}

func (p *pacer) lane(k laneKey) *lane {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, ok := p.lanes[k]
	if !ok {
		r, ok := p.rates[k.service]
		if !ok {
			r = p.rates[""]
		}
		l = &lane{circuit: circuit{after: p.limits.Failures, pause: p.limits.Retry}}
		l.limiter = rate.NewLimiter(rate.Limit(r.PerSecond*p.limits.Pace), max(r.Burst, 1))
		if math.IsInf(p.limits.Pace, 1) {
			l.limiter.SetLimit(rate.Inf)
		}
		p.lanes[k] = l
	}
	return l
}

// forget lets go of an account's lanes.
func (p *pacer) forget(account string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.lanes, func(k laneKey, _ *lane) bool { return k.account == account })
}

// of names what an operation is paced by: itself when it has a pace of its own, else its service.
func (p *pacer) of(op string) string {
	name := service(op)
	if _, ok := p.rates[op]; ok {
		return op
	}
	if _, ok := p.rates[name]; ok {
		return name
	}
	if _, ok := p.rates[AllOthers]; ok {
		return AllOthers
	}
	return name
}

// circuit breaks after so many answers in a row that never came, so that a dead region costs seconds and not hours.
// After a pause it lets calls through again.
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

// lane returns what the task's calls of the service share with others.
func (t *Task) lane(service string) *lane {
	return t.src.pacer.lane(laneKey{t.scope.Account, t.region, service})
}

// decided returns the failure of a call that need not be made, because an earlier one decided how it would end.
func (t *Task) decided(o *Operation, l *lane) *Error {
	switch {
	case t.lane("").circuit.refused():
		return &Error{Operation: o.Name, Outcome: evidence.OutcomeExpired, Code: notAsked,
			Err: fmt.Errorf("not asked: the credential was refused there before")}
	case l.circuit.broken(time.Now()):
		return &Error{Operation: o.Name, Outcome: evidence.OutcomeUnreachable, Code: notAsked,
			Err: fmt.Errorf("not asked: %s cannot be reached there", service(o.Name))}
	}
	return nil
}

// admit waits until a call may go. What it returns gives the places back.
func (t *Task) admit(ctx context.Context, op string, l *lane) (func(), error) {
	if err := l.limiter.Wait(ctx); err != nil {
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
	ctx, c.end = context.WithCancelCause(ctx)
	defer c.end(nil)
	err := fn(ctx)
	if err != nil && errors.Is(context.Cause(ctx), errBroken) {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	return err
}
