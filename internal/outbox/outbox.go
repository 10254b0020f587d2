// Package outbox is where everything that leaves the machine passes: a message is kept under its key before it is sent, and
// how it ended is kept after.
//
// A message is queued once for its key, is never lost, and is sent again only when it is not known whether it arrived, then
// under the same key, by which the other side can tell. The package sends nothing itself: deliverers do.
package outbox

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"exhibit/internal/evidence"
)

// Deliverer sends one message and returns what the other side calls it. An error with a method Permanent() bool that returns
// true is for ever; one with RetryAfter() time.Duration says when to try again; any other is tried again later.
type Deliverer interface {
	Deliver(ctx context.Context, m evidence.Message) (receipt string, err error)
}

// Stand is where a message stands.
type Stand struct {
	Key     string          `json:"key"`
	Message evidence.Digest `json:"message"`
	Channel string          `json:"channel"`
	To      string          `json:"to"`
	Created time.Time       `json:"created"`
	// Attempts counts those begun. Trying is when the last began, and is zero when it is known how it ended.
	Attempts int       `json:"attempts,omitempty"`
	Trying   time.Time `json:"trying,omitzero"`
	// Next is when to try again.
	Next  time.Time `json:"next,omitzero"`
	Error string    `json:"error,omitempty"` // of the last attempt
	// Outcome and Ended are set when it is over.
	Outcome string    `json:"outcome,omitempty"`
	Ended   time.Time `json:"ended,omitzero"`
	Receipt string    `json:"receipt,omitempty"`
}

// Store keeps messages and where they stand. Its errors end the outbox: what is kept is not known any more.
type Store interface {
	// Queue keeps a message with its stand, both or neither.
	Queue(m evidence.Message, s Stand) error
	// Find returns the stand of the message with the key, waiting or over.
	Find(key string) (Stand, bool, error)
	// Waiting returns what is not over, oldest first.
	Waiting() ([]Stand, error)
	// Message returns a message that was queued.
	Message(s Stand) (evidence.Message, error)
	// Mark keeps where a waiting message stands.
	Mark(s Stand) error
	// Settle keeps that a message is over and how, both or neither.
	Settle(s Stand, d evidence.Delivery) error
}

// Options configure New. Store and Now are needed.
type Options struct {
	Store Store
	Now   func() time.Time
	// Deadline bounds one attempt. Default: 2 minutes.
	Deadline time.Duration
	// MaxAge is how long a message is tried. Default: 3 days.
	MaxAge time.Duration
	// Over is told of each message that is over, and Tried of each attempt that failed; nil is nobody. An error of Over ends the
	// outbox.
	Over  func(m evidence.Message, d evidence.Delivery) error
	Tried func(s Stand, err error)
}

// ErrOtherMessage means that a key is taken by another message.
var ErrOtherMessage = errors.New("the key stands for another message already")

// Box is the outbox. Its methods may be called from many goroutines.
type Box struct {
	o Options

	passing sync.Mutex // no message is tried twice at once

	mu         sync.Mutex
	deliverers map[string]Deliverer
	wake       chan struct{} // closed and made anew when there is something new
}

// New returns a Box without deliverers.
func New(o Options) *Box {
	if o.Deadline <= 0 {
		o.Deadline = 2 * time.Minute
	}
	if o.MaxAge <= 0 {
		o.MaxAge = 72 * time.Hour
	}
	if o.Over == nil {
		o.Over = func(evidence.Message, evidence.Delivery) error { return nil }
	}
	if o.Tried == nil {
		o.Tried = func(Stand, error) {}
	}
	return &Box{o: o, wake: make(chan struct{})}
}

// Use puts other deliverers, by channel, in place of those there are.
func (b *Box) Use(deliverers map[string]Deliverer) {
	b.mu.Lock()
	b.deliverers = deliverers
	b.mu.Unlock()
	b.Wake()
}

func (b *Box) deliverer(channel string) Deliverer {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.deliverers[channel]
}

// Wake makes the box look for what waits.
func (b *Box) Wake() {
	b.mu.Lock()
	close(b.wake)
	b.wake = make(chan struct{})
	b.mu.Unlock()
}

func (b *Box) woken() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.wake
}

// Put queues a message, unless it is queued already, and reports whether it was new. The key of another message is
// ErrOtherMessage.
func (b *Box) Put(m evidence.Message) (fresh bool, err error) {
	if fresh, err = b.put(m); err != nil {
		return false, fmt.Errorf("queue message %q: %w", m.Key, err)
	}
	if fresh {
		b.Wake()
	}
	return fresh, nil
}

func (b *Box) put(m evidence.Message) (bool, error) {
	if m.Key == "" || m.Channel == "" || m.To == "" {
		return false, errors.New("it has a key, a channel and somebody to go to")
	}
	canonical, err := evidence.Encode(m)
	if err != nil {
		return false, err
	}
	digest := evidence.Sum(canonical)
	old, found, err := b.o.Store.Find(m.Key)
	switch {
	case err != nil:
		return false, err
	case found && old.Message != digest:
		return false, ErrOtherMessage
	case found:
		return false, nil
	}
	return true, b.o.Store.Queue(m, Stand{Key: m.Key, Message: digest, Channel: m.Channel, To: m.To, Created: m.Created, Next: b.o.Now()})
}

// Find returns where the message with the key stands.
func (b *Box) Find(key string) (Stand, bool, error) { return b.o.Store.Find(key) }

// Retry makes a waiting message due at once.
func (b *Box) Retry(key string) error {
	s, found, err := b.o.Store.Find(key)
	if err != nil {
		return err
	}
	if !found || s.Outcome != "" {
		return fmt.Errorf("retry message %s: no such message waits", key)
	}
	s.Next = b.o.Now()
	if err := b.o.Store.Mark(s); err != nil {
		return err
	}
	b.Wake()
	return nil
}

// backoff is how long to wait after so many attempts: a minute, doubled each time, six hours at most, spread by the key so
// that what failed together is not tried together.
func backoff(key string, attempts int) time.Duration {
	d := min(time.Minute<<min(attempts-1, 20), 6*time.Hour)
	h := fnv.New32a()
	h.Write([]byte(key))
	return d + d*time.Duration(h.Sum32()%256)/1024
}
