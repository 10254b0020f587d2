package inlet

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// A token costs a look at its signature, and perhaps a question to its issuer.
	tokensPerSecond, tokensAtOnce = 5, 40
	// maxAddresses is how many addresses are counted apart.
	maxAddresses = 4096
	// Refusals are entries of the ledger, which are for ever.
	refusalsPerMinute, refusalsAtOnce = 1, 20
)

// addresses bounds the tokens of each address, so that a stranger who sends many keeps nobody else out.
type addresses struct {
	mu   sync.Mutex
	by   map[netip.Prefix]*rate.Limiter
	rest *rate.Limiter // of those that are too many to count apart
}

func newAddresses() addresses {
	return addresses{by: map[netip.Prefix]*rate.Limiter{}, rest: rate.NewLimiter(tokensPerSecond, tokensAtOnce)}
}

// allow reports whether a token of the address may cost something now.
func (a *addresses) allow(now time.Time, from netip.Addr) bool {
	bits := 32
	if from = from.Unmap(); from.Is6() {
		bits = 64 // what one connection has
	}
	network, _ := from.Prefix(bits) // of an invalid address: the invalid prefix, which counts as one
	a.mu.Lock()
	defer a.mu.Unlock()
	limiter := a.by[network]
	if limiter == nil && len(a.by) >= maxAddresses {
		for other, l := range a.by {
			if l.TokensAt(now) >= tokensAtOnce {
				delete(a.by, other)
			}
		}
	}
	switch {
	case limiter != nil:
	case len(a.by) >= maxAddresses:
		limiter = a.rest
	default:
		limiter = rate.NewLimiter(tokensPerSecond, tokensAtOnce)
		a.by[network] = limiter
	}
	return limiter.AllowN(now, 1)
}

// callerAddress returns where a request comes from; the zero address when that is not known.
func callerAddress(r *http.Request, behindProxy bool) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	if forwarded := r.Header.Values("X-Forwarded-For"); behindProxy && len(forwarded) > 0 {
		last := forwarded[len(forwarded)-1]
		host = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
	}
	from, _ := netip.ParseAddr(host)
	return from.WithZone("")
}

// record bounds how many refusals are told.
type record struct {
	mu      sync.Mutex
	limiter *rate.Limiter
	missed  int
}

func newRecord() record {
	return record{limiter: rate.NewLimiter(rate.Every(time.Minute/refusalsPerMinute), refusalsAtOnce)}
}

// admit returns what is to be told of a refusal, nil when there were too many.
func (r *record) admit(now time.Time, reason error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.limiter.AllowN(now, 1) {
		r.missed++
		return nil
	}
	if r.missed > 0 {
		reason = fmt.Errorf("%w (%d others before it are not on record)", reason, r.missed)
		r.missed = 0
	}
	return reason
}
