package simcloud

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// FaultKind is a way for a request to go wrong.
type FaultKind string

const (
	Denied      FaultKind = "denied"      // the provider's own "access denied"
	Throttled   FaultKind = "throttled"   // the provider's own "too many requests"
	Unavailable FaultKind = "unavailable" // an error of the provider, status 503
	Slow        FaultKind = "slow"        // the right answer, after Fault.Latency
	Expired     FaultKind = "expired"     // the credential has ended
	Truncated   FaultKind = "truncated"   // half of the right answer, then the connection closes
	Reset       FaultKind = "reset"       // half of the right answer, then the connection is reset
	Unreachable FaultKind = "unreachable" // the connection is reset without an answer, as before a host that is gone
	Disabled    FaultKind = "disabled"    // the API is not enabled or subscribed to
)

// Fault is what goes wrong with matching requests.
type Fault struct {
	Kind FaultKind `json:"kind"`
	// Account and Region narrow it; empty matches all.
	Account string `json:"account,omitempty"`
	Region  string `json:"region,omitempty"`
	// Skip lets that many matching requests pass first; then First of them fail, or all when First is 0.
	Skip  int `json:"skip,omitempty"`
	First int `json:"first,omitempty"`
	// Latency is waited before the answer, whatever the kind.
	Latency time.Duration `json:"-"`
	// RetryAfter is sent as a header, in whole seconds, with Throttled and Unavailable; 0 sends none.
	RetryAfter time.Duration `json:"-"`
}

func (f Fault) check() error {
	if !slices.Contains([]FaultKind{Denied, Throttled, Unavailable, Slow, Expired, Truncated, Reset, Unreachable, Disabled},
		f.Kind) {
		return fmt.Errorf("unknown kind of fault %q", f.Kind)
	}
	return nil
}

type rule struct {
	op string
	Fault
	seen int
}

func (r *rule) match(op, account, region string) bool {
	return (r.op == "*" || r.op == op) && (r.Account == "" || r.Account == account) &&
		(r.Region == "" || r.Region == region)
}

type faults struct {
	mu    sync.Mutex
	rules []*rule
}

// Fault makes matching requests go wrong from now on. op is an operation as Counts names it ("s3:GetBucketPolicy",
// "storage.buckets.list"), or "*". The first fault given that matches decides.
func (c *Cloud) Fault(op string, f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	c.faults.rules = append(c.faults.rules, &rule{op: op, Fault: f})
	return nil
}

// ClearFaults undoes all calls of Fault. Faults of the timeline stay.
func (c *Cloud) ClearFaults() {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	c.faults.rules = nil
}

// hit returns the fault for one request, if it has one.
func (c *Cloud) hit(w *world, op, account, region string) (Fault, bool) {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	for _, r := range c.faults.rules {
		if !r.match(op, account, region) {
			continue
		}
		r.seen++
		if r.seen > r.Skip && (r.First == 0 || r.seen <= r.Skip+r.First) {
			return r.Fault, true
		}
	}
	for i := range w.faults {
		if w.faults[i].match(op, account, region) {
			return w.faults[i].Fault, true
		}
	}
	return Fault{}, false
}
