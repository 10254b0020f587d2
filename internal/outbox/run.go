package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"exhibit/internal/evidence"
)

// leastAttempts are made, however old a message has become while nothing ran.
const leastAttempts = 5

// lookEvery bounds how long the box sleeps.
const lookEvery = 5 * time.Minute

// Run delivers what waits until ctx ends. Channels do not wait for each other; within one, messages to the same place keep
// their order. The error is the Store's.
func (b *Box) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		woken := b.woken()
		next, err := b.pass(ctx)
		if err != nil {
			return err
		}
		timer := time.NewTimer(min(max(next.Sub(b.o.Now()), 0), lookEvery))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-woken:
		}
		timer.Stop()
	}
	return nil
}

// Once tries everything that is due, what is queued meanwhile too, and returns how many messages wait afterwards.
func (b *Box) Once(ctx context.Context) (waiting int, err error) {
	for {
		next, err := b.pass(ctx)
		if err != nil {
			return 0, err
		}
		if ctx.Err() == nil && !next.After(b.o.Now()) {
			continue // what failed is due later, so that this ends
		}
		left, err := b.o.Store.Waiting()
		return len(left), err
	}
}

// pass tries what is due, the channels beside each other, and returns when something will be.
func (b *Box) pass(ctx context.Context) (next time.Time, err error) {
	b.passing.Lock()
	defer b.passing.Unlock()
	waiting, err := b.o.Store.Waiting()
	if err != nil {
		return next, err
	}
	now := b.o.Now()
	channels := map[string][]Stand{}
	for _, s := range waiting {
		channels[s.Channel] = append(channels[s.Channel], s)
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, stands := range channels {
		group.Go(func() error { return b.channel(ctx, stands, now) })
	}
	if err := group.Wait(); err != nil {
		return next, err
	}
	if waiting, err = b.o.Store.Waiting(); err != nil {
		return next, err
	}
	next = now.Add(lookEvery)
	for _, s := range heads(waiting) {
		if s.Next.Before(next) {
			next = s.Next
		}
	}
	return next, nil
}

// heads returns the first message to each place: those behind it wait for it.
func heads(waiting []Stand) []Stand {
	seen := map[string]bool{}
	var out []Stand
	for _, s := range waiting {
		if lane := s.Channel + "|" + s.To; !seen[lane] {
			seen[lane] = true
			out = append(out, s)
		}
	}
	return out
}

// channel tries what is due of one channel, in order.
func (b *Box) channel(ctx context.Context, stands []Stand, now time.Time) error {
	blocked := map[string]bool{} // places whose first message waits
	for _, s := range stands {
		if ctx.Err() != nil {
			return nil
		}
		if blocked[s.To] {
			continue
		}
		if s.Next.After(now) {
			blocked[s.To] = true
			continue
		}
		over, err := b.try(ctx, s)
		if err != nil {
			return err
		}
		blocked[s.To] = !over
	}
	return nil
}

// try makes one attempt and reports whether the message is over.
func (b *Box) try(ctx context.Context, s Stand) (over bool, err error) {
	m, err := b.o.Store.Message(s)
	if err != nil {
		return false, fmt.Errorf("read message %s: %w", s.Key, err)
	}
	s.Attempts, s.Trying = s.Attempts+1, b.o.Now()
	if err := b.o.Store.Mark(s); err != nil {
		return false, fmt.Errorf("begin to send message %s: %w", s.Key, err)
	}
	receipt, failed := b.deliver(ctx, m)
	if ctx.Err() != nil && failed != nil {
		return false, nil // it is not known how it ended, and it stays as one that is being tried
	}
	s.Trying = time.Time{}
	now := b.o.Now()
	switch {
	case failed == nil:
		s.Outcome, s.Receipt, s.Error = evidence.Delivered, receipt, ""
	case permanent(failed):
		s.Outcome, s.Error = evidence.Refused, failed.Error()
	case now.Sub(s.Created) >= b.o.MaxAge && s.Attempts >= leastAttempts:
		s.Outcome, s.Error = evidence.Expired, failed.Error()
	default:
		s.Error, s.Next = failed.Error(), now.Add(max(backoff(s.Key, s.Attempts), retryAfter(failed)))
		b.o.Tried(s, failed)
		if err := b.o.Store.Mark(s); err != nil {
			return false, fmt.Errorf("put message %s off: %w", s.Key, err)
		}
		return false, nil
	}
	s.Ended = now
	d := evidence.Delivery{Key: s.Key, Message: s.Message, Channel: s.Channel, To: s.To, Outcome: s.Outcome, Attempts: s.Attempts,
		At: now, Receipt: s.Receipt, Error: s.Error}
	if err := b.o.Store.Settle(s, d); err != nil {
		return false, fmt.Errorf("keep how message %s ended: %w", s.Key, err)
	}
	return true, b.o.Over(m, d)
}

// deliver sends the message. A deliverer that panics has failed.
func (b *Box) deliver(ctx context.Context, m evidence.Message) (receipt string, err error) {
	d := b.deliverer(m.Channel)
	if d == nil {
		return "", fmt.Errorf("no %s is configured under notify", m.Channel)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	ctx, stop := context.WithTimeoutCause(ctx, b.o.Deadline, fmt.Errorf("no answer within %s", b.o.Deadline))
	defer stop()
	receipt, err = d.Deliver(ctx, m)
	if err != nil && errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	return receipt, err
}

func permanent(err error) bool {
	var p interface{ Permanent() bool }
	return errors.As(err, &p) && p.Permanent()
}

func retryAfter(err error) time.Duration {
	var r interface{ RetryAfter() time.Duration }
	if errors.As(err, &r) {
		return r.RetryAfter()
	}
	return 0
}

// Count is how many messages of a channel wait.
type Count struct {
	Channel string    `json:"channel"`
	Waiting int       `json:"waiting"`
	Oldest  time.Time `json:"oldest"`
	Error   string    `json:"error,omitempty"` // of the last attempt that failed
}

// Counts sums up what waits, by channel in the order of their oldest messages.
func (b *Box) Counts() ([]Count, error) {
	waiting, err := b.o.Store.Waiting()
	if err != nil {
		return nil, err
	}
	var out []Count
	at := map[string]int{}
	for _, s := range waiting {
		i, ok := at[s.Channel]
		if !ok {
			i = len(out)
			at[s.Channel] = i
			out = append(out, Count{Channel: s.Channel, Oldest: s.Created})
		}
		out[i].Waiting++
		if s.Error != "" {
			out[i].Error = s.Error
		}
	}
	return out, nil
}
