package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"exhibit/internal/evidence"
)

// serve runs a box until the test's bubble has let so much time pass.
func serve(t *testing.T, b *Box, d time.Duration) error {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	time.Sleep(d)
	stop()
	return <-done
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestPut(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	b := New(Options{Store: newShelf(), Now: func() time.Time { return at }})
	for i, want := range []bool{true, false} {
		if fresh, err := b.Put(message("a", "ann", at)); err != nil || fresh != want {
			t.Errorf("%d: %t %v", i, fresh, err)
		}
	}
	other := message("a", "ann", at)
	other.Text = "something else"
	if _, err := b.Put(other); !errors.Is(err, ErrOtherMessage) {
		t.Errorf("another message under the key: %v", err)
	}
	for _, m := range []evidence.Message{message("", "ann", at), message("b", "", at)} {
		if _, err := b.Put(m); err == nil {
			t.Errorf("%+v was queued", m)
		}
	}
	if counts, err := b.Counts(); err != nil || len(counts) != 1 || counts[0].Waiting != 1 {
		t.Errorf("%+v %v", counts, err)
	}
}

// TestEnds goes over the ways in which a message ends.
func TestEnds(t *testing.T) {
	down := errors.New("connection refused")
	for _, tc := range []struct {
		name     string
		answer   func(evidence.Message, int) (string, error)
		takes    time.Duration
		outcome  string
		attempts int
		says     string
		before   time.Duration // of its end
	}{
		{"at once", nil, 0, evidence.Delivered, 1, "", time.Second},
		{"greylisted", func(_ evidence.Message, n int) (string, error) {
			if n == 1 {
				return "", errors.New("451 try again")
			}
			return "id", nil
		}, 0, evidence.Delivered, 2, "", 2 * time.Minute},
		{"told when", func(_ evidence.Message, n int) (string, error) {
			if n == 1 {
				return "", later{errors.New("slow down"), time.Hour}
			}
			return "id", nil
		}, 0, evidence.Delivered, 2, "", 61 * time.Minute},
		{"refused", func(evidence.Message, int) (string, error) { return "", never{errors.New("550 nobody here")} }, 0,
			evidence.Refused, 1, "550 nobody here", time.Second},
		{"down for ever", func(evidence.Message, int) (string, error) { return "", down }, 0, evidence.Expired, 21, "connection refused",
			80 * time.Hour},
		{"too slow", nil, 3 * time.Minute, evidence.Expired, 20, "no answer within 2m0s", 80 * time.Hour},
		{"falls over", func(evidence.Message, int) (string, error) { panic("nil map") }, 0, evidence.Expired, 21, "panic: nil map", 80 * time.Hour},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store, out := newShelf(), newServer(tc.answer)
				out.takes = tc.takes
				told := 0
				b := New(Options{Store: store, Now: time.Now, Over: func(m evidence.Message, d evidence.Delivery) error {
					told++
					if m.Key != "a" || d.Outcome != tc.outcome {
						t.Errorf("told %s %+v", m.Key, d)
					}
					return nil
				}})
				b.Use(map[string]Deliverer{evidence.ChannelMail: out})
				from := time.Now()
				_, err := b.Put(message("a", "ann", from))
				must(t, err)
				must(t, serve(t, b, 100*time.Hour))
				if len(store.delivered) != 1 || told != 1 {
					t.Fatalf("%d deliveries, told %d times", len(store.delivered), told)
				}
				d := store.delivered[0]
				if d.Outcome != tc.outcome || d.Attempts != tc.attempts || !strings.Contains(d.Error, tc.says) || (tc.says == "") != (d.Error == "") {
					t.Errorf("%+v", d)
				}
				if took := d.At.Sub(from); took > tc.before {
					t.Errorf("it took %s", took)
				}
				if d.Outcome == evidence.Delivered && d.Receipt == "" {
					t.Error("no receipt")
				}
			})
		})
	}
}

// TestOrder keeps messages to one place in order, and lets no place and no channel wait for another.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newShelf()
		mail := newServer(func(m evidence.Message, n int) (string, error) {
			if m.Key == "ann 1" && n < 3 {
				return "", errors.New("busy")
			}
			return "id", nil
		})
		stuck := newServer(nil)
		stuck.takes = time.Hour
		b := New(Options{Store: store, Now: time.Now, Deadline: 2 * time.Hour})
		b.Use(map[string]Deliverer{evidence.ChannelMail: mail, evidence.ChannelJira: stuck})
		for i, key := range []string{"ann 1", "ann 2", "ben 1"} {
			_, err := b.Put(message(key, key[:3], time.Now().Add(time.Duration(i)*time.Millisecond)))
			must(t, err)
		}
		m := message("jira", "PAY", time.Now())
		m.Channel = evidence.ChannelJira
		_, err := b.Put(m)
		must(t, err)
		must(t, serve(t, b, 3*time.Hour))
		if want := []string{"ann 1", "ben 1", "ann 1", "ann 1", "ann 2"}; !slices.Equal(mail.order, want) {
			t.Errorf("sent %q, want %q", mail.order, want)
		}
		if stuck.sent["jira"] != 1 || len(store.delivered) != 4 {
			t.Errorf("%v, %d deliveries", stuck.sent, len(store.delivered))
		}
	})
}

// TestFaults loses each write in turn, or has it persist although an error came back, and starts anew: every message arrives,
// and none is sent twice unless it could not be known that it had arrived.
func TestFaults(t *testing.T) {
	for _, persisted := range []bool{false, true} {
		for at := 1; at <= 9; at++ {
			t.Run(fmt.Sprint(at, persisted), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					store, out := newShelf(), newServer(nil)
					store.failAt, store.persisted = at, persisted
					start := func() *Box {
						b := New(Options{Store: store, Now: time.Now})
						b.Use(map[string]Deliverer{evidence.ChannelMail: out})
						return b
					}
					from := time.Now()
					putAll := func(b *Box) (err error) {
						for i, key := range []string{"a", "b", "c"} {
							_, one := b.Put(message(key, key, from.Add(time.Duration(i))))
							err = errors.Join(err, one)
						}
						return err
					}
					b := start()
					failed := putAll(b)
					if err := serve(t, b, time.Hour); failed == nil {
						failed = err
					}
					if !errors.Is(failed, errLost) {
						t.Fatalf("the fault did not show: %v", failed)
					}
					b = start() // whoever opens the store again puts again what it is not sure of
					must(t, putAll(b))
					must(t, serve(t, b, time.Hour))
					waiting, _ := store.Waiting()
					if len(waiting) != 0 || len(store.delivered) < 3 {
						t.Errorf("%d wait, %d delivered", len(waiting), len(store.delivered))
					}
					twice := 0
					for _, key := range []string{"a", "b", "c"} {
						if n := out.sent[key]; n < 1 || n > 2 {
							t.Errorf("%s was sent %d times", key, n)
						} else if n == 2 {
							twice++
						}
					}
					// Only the write after a message was sent leaves it open whether it arrived.
					if lostConfirmation := store.settleAt(at) && !persisted; (twice == 1) != lostConfirmation || twice > 1 {
						t.Errorf("%d messages were sent twice", twice)
					}
				})
			})
		}
	}
}

// settleAt reports whether the n'th write kept how a message ended: three are queued, and each is marked and settled.
func (s *shelf) settleAt(n int) bool { return n > 3 && n%2 == 1 }

// TestStopped ends in the middle of an attempt: the next process tries again, as it cannot know.
func TestStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, out := newShelf(), newServer(nil)
		out.takes = time.Minute
		b := New(Options{Store: store, Now: time.Now})
		b.Use(map[string]Deliverer{evidence.ChannelMail: out})
		_, err := b.Put(message("a", "ann", time.Now()))
		must(t, err)
		must(t, serve(t, b, 30*time.Second))
		if s := store.stands["a"]; s.Trying.IsZero() || s.Outcome != "" || s.Attempts != 1 {
			t.Errorf("%+v", s)
		}
		must(t, serve(t, b, time.Hour))
		if out.sent["a"] != 2 || len(store.delivered) != 1 || store.delivered[0].Attempts != 2 {
			t.Errorf("sent %d times, %+v", out.sent["a"], store.delivered)
		}
	})
}

// TestRetryAndOnce serves a person who does not want to wait.
func TestRetryAndOnce(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	store, up := newShelf(), false
	out := newServer(func(evidence.Message, int) (string, error) {
		if !up {
			return "", errors.New("down")
		}
		return "id", nil
	})
	b := New(Options{Store: store, Now: func() time.Time { return now }})
	_, err := b.Put(message("a", "ann", now))
	must(t, err)
	if n, err := b.Once(t.Context()); err != nil || n != 1 || !strings.Contains(store.stands["a"].Error, "no mail is configured") {
		t.Errorf("without a deliverer: %d %v %+v", n, err, store.stands["a"])
	}
	b.Use(map[string]Deliverer{evidence.ChannelMail: out})
	if n, err := b.Once(t.Context()); err != nil || n != 1 || out.sent["a"] != 0 {
		t.Errorf("tried before its time: %d %v", n, err)
	}
	up = true
	must(t, b.Retry("a"))
	if n, err := b.Once(t.Context()); err != nil || n != 0 || out.sent["a"] != 1 {
		t.Errorf("retried: %d %v", n, err)
	}
	for _, key := range []string{"a", "b"} {
		if err := b.Retry(key); err == nil {
			t.Errorf("%s does not wait", key)
		}
	}
}
