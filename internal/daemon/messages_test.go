package daemon

import (
	"context"
	"testing"
	"time"

	"exhibit/internal/evidence"
	"exhibit/internal/outbox"
	"exhibit/internal/store"
)

// recipient keeps what it was sent.
type recipient struct{ got []evidence.Message }

func (r *recipient) Deliver(_ context.Context, m evidence.Message) (string, error) {
	r.got = append(r.got, m)
	return "id-1", nil
}

// TestMessages sends while somebody else writes the ledger: message and delivery are entries of it afterwards, byte for byte
// what was queued and sent.
func TestMessages(t *testing.T) {
	app := newApp(t)
	m := evidence.Message{Key: "weekly|payments|7", Channel: evidence.ChannelMail, To: "pay@example.com", Subject: "drift",
		Text: "a & b <c>", HTML: "<p>a &amp; b</p>", Images: map[string][]byte{"score": {1, 2, 3}}, Created: app.Now()}
	out := &recipient{}
	box := outbox.New(outbox.Options{Store: post{app}, Now: app.Now})
	box.Use(map[string]outbox.Deliverer{evidence.ChannelMail: out})
	err := app.write(func() error {
		for i, want := range []bool{true, false} {
			if fresh, err := box.Put(m); err != nil || fresh != want {
				t.Errorf("put %d: %t %v", i, fresh, err)
			}
		}
		left, err := box.Once(t.Context())
		if err != nil || left != 0 {
			t.Errorf("%d wait, %v", left, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.got) != 1 || out.got[0].HTML != m.HTML || string(out.got[0].Images["score"]) != "\x01\x02\x03" {
		t.Errorf("sent %+v", out.got)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	app = openApp(t, app.Config, app.Now().Add(time.Hour))
	err = app.Store.View(func(v *store.View) error {
		messages, err := Bodies[evidence.Message](v, v.Size(), evidence.KindMessage)
		if err != nil || len(messages) != 1 || messages[0].Text != m.Text {
			t.Errorf("messages %+v, %v", messages, err)
		}
		deliveries, err := Bodies[evidence.Delivery](v, v.Size(), evidence.KindDelivery)
		if err != nil || len(deliveries) != 1 {
			t.Fatalf("deliveries %+v, %v", deliveries, err)
		}
		d := deliveries[0]
		if d.Key != m.Key || d.Outcome != evidence.Delivered || d.Receipt != "id-1" {
			t.Errorf("delivery %+v", d)
		}
		_, err = v.Object(d.Message) // the message that it speaks of
		return err
	})
	if err != nil {
		t.Error(err)
	}
	waiting, over, err := app.Messages()
	if err != nil || len(waiting) != 0 || len(over) != 1 || over[0].Key != m.Key {
		t.Errorf("waiting %+v, over %+v, %v", waiting, over, err)
	}
	box = outbox.New(outbox.Options{Store: post{app}, Now: app.Now})
	if fresh, err := box.Put(m); err != nil || fresh {
		t.Errorf("put again after it was sent: %t %v", fresh, err)
	}
}
