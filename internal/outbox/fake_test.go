package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"exhibit/internal/evidence"
)

var errLost = errors.New("lost")

// shelf is a Store in memory, whose n'th write is lost, or persists although an error comes back.
type shelf struct {
	mu        sync.Mutex
	messages  map[string]evidence.Message
	stands    map[string]Stand
	delivered []evidence.Delivery

	writes, failAt int
	persisted      bool
}

func newShelf() *shelf {
	return &shelf{messages: map[string]evidence.Message{}, stands: map[string]Stand{}}
}

// write does one write, or fails at it.
func (s *shelf) write(do func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	if s.writes != s.failAt || s.persisted {
		do()
	}
	if s.writes == s.failAt {
		return errLost
	}
	return nil
}

func (s *shelf) Queue(m evidence.Message, at Stand) error {
	return s.write(func() { s.messages[m.Key], s.stands[m.Key] = m, at })
}

func (s *shelf) Find(key string) (Stand, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.stands[key]
	return at, ok, nil
}

func (s *shelf) Waiting() ([]Stand, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Stand
	for _, at := range s.stands {
		if at.Outcome == "" {
			out = append(out, at)
		}
	}
	slices.SortFunc(out, func(a, b Stand) int { return a.Created.Compare(b.Created) })
	return out, nil
}

func (s *shelf) Message(at Stand) (evidence.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.messages[at.Key], nil
}

func (s *shelf) Mark(at Stand) error { return s.write(func() { s.stands[at.Key] = at }) }

func (s *shelf) Settle(at Stand, d evidence.Delivery) error {
	return s.write(func() { s.stands[at.Key], s.delivered = at, append(s.delivered, d) })
}

// server is the other side: it takes a message once for its key, as mail readers and trackers do, and counts how often it was
// sent.
type server struct {
	mu     sync.Mutex
	sent   map[string]int
	order  []string
	answer func(m evidence.Message, attempt int) (string, error)
	takes  time.Duration
}

func newServer(answer func(evidence.Message, int) (string, error)) *server {
	return &server{sent: map[string]int{}, answer: answer}
}

func (s *server) Deliver(ctx context.Context, m evidence.Message) (string, error) {
	s.mu.Lock()
	s.sent[m.Key]++
	s.order = append(s.order, m.Key)
	n := s.sent[m.Key]
	s.mu.Unlock()
	if s.takes > 0 {
		select {
		case <-time.After(s.takes):
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	if s.answer == nil {
		return "receipt " + m.Key, nil
	}
	return s.answer(m, n)
}

// never is an error for ever, later one that says when.
type never struct{ error }

func (never) Permanent() bool { return true }

type later struct {
	error
	after time.Duration
}

func (l later) RetryAfter() time.Duration { return l.after }

func message(key, to string, at time.Time) evidence.Message {
	return evidence.Message{Key: key, Channel: evidence.ChannelMail, To: to, Subject: "news", Text: fmt.Sprint("of ", key), Created: at}
}
