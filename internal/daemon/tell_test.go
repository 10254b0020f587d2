package daemon

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"exhibit/internal/config"
	"exhibit/internal/evidence"
	"exhibit/internal/outbox"
	"exhibit/internal/store"
)

// judged commits an assessment in which some buckets fail and others pass, by a check of the catalog.
func judged(t *testing.T, app *App, asOf time.Time, failing, passing string) {
	t.Helper()
	text, err := app.Catalog.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := app.commitBytesOnce(evidence.KindCatalog, text); err != nil {
		t.Fatal(err)
	}
	batch, err := app.Store.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer batch.Discard()
	sink := newListSink(t.Context(), batch)
	next := evidence.Assessment{AsOf: asOf, Evaluator: "1", Catalog: evidence.Sum(text), View: 1}
	names := strings.Fields(failing + " " + passing)
	slices.Sort(names)
	for _, name := range names {
		o := evidence.Observation{Control: "storage-not-public", Check: "aws.s3.bucket-not-public", Type: "aws.s3.bucket",
			Scope: "aws:111122223333", Subject: "arn:aws:s3:::" + name, Name: name, Verdict: evidence.Pass}
		if slices.Contains(strings.Fields(failing), name) {
			o.Verdict = evidence.Fail
		}
		object, err := evidence.Encode(o)
		if err == nil {
			err = sink.Observation(o.Key(), object)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if next.Observations, next.Findings, err = sink.close(); err != nil {
		t.Fatal(err)
	}
	if err := batch.Flush(); err != nil {
		t.Fatal(err)
	}
	err = app.Store.View(func(v *store.View) error {
		states, err := app.changedStates(v, next)
		if err != nil {
			return err
		}
		return batch.PutStates(states)
	})
	if err == nil {
		_, err = commit(batch, evidence.KindAssessment, next, asOf)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// mailbox keeps messages as an outbox does, and can be full.
type mailbox struct {
	kept map[string]evidence.Message
	keys []string // since the last look, in order
	room int      // messages that it still takes; less than none is no end
}

var errFull = errors.New("full")

func (m *mailbox) put(one evidence.Message) (bool, error) {
	if _, ok := m.kept[one.Key]; ok {
		return false, outbox.ErrOtherMessage
	}
	if m.room == 0 {
		return false, errFull
	}
	m.room--
	m.kept[one.Key] = one
	m.keys = append(m.keys, one.Key)
	return true, nil
}

// subjects are those of the messages since the last time, by whom they went to.
func (m *mailbox) subjects() string {
	var out []string
	for _, key := range m.keys {
		out = append(out, m.kept[key].To+": "+strings.TrimPrefix(m.kept[key].Subject, "exhibit: "))
	}
	m.keys = nil
	return strings.Join(out, "\n")
}

func mailTo(addresses map[string]string) func(string) []DigestTarget {
	return func(owner string) []DigestTarget {
		if addresses[owner] == "" {
			return nil
		}
		return []DigestTarget{{Channel: evidence.ChannelMail, To: addresses[owner]}}
	}
}

// bucketOwner gives each bucket to the owner whose name it begins with.
func bucketOwner(_, _, _, subject string) string {
	owner, _, _ := strings.Cut(strings.TrimPrefix(subject, "arn:aws:s3:::"), "-")
	return owner
}

func TestTellDigest(t *testing.T) {
	app := newApp(t)
	day := func(d int) time.Time { return time.Date(2026, 3, 2+d, 6, 0, 0, 0, time.UTC) }
	box := &mailbox{kept: map[string]evidence.Message{}, room: -1}
	weekly := DigestRule{Report: "weekly", OwnerOf: bucketOwner, To: mailTo(map[string]string{"": "grc@", "pay": "pay@"})}
	tell := func(r DigestRule, want string) {
		t.Helper()
		if err := app.TellDigest(r, box.put); err != nil {
			t.Fatal(err)
		}
		if got := box.subjects(); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	tell(weekly, "") // nothing was assessed yet
	judged(t, app, day(1), "pay-a", "pay-b web-a")
	tell(weekly, "pay@: first report for pay: 1 open critical finding\ngrc@: first report: 1 open critical finding")
	tell(weekly, "")

	// Two assessments later, in the middle of telling, there is no more room: what comes after tells the rest, once.
	judged(t, app, day(2), "pay-a pay-b", "web-a")
	judged(t, app, day(3), "pay-a pay-b web-a", "")
	box.room = 1
	if err := app.TellDigest(weekly, box.put); !errors.Is(err, errFull) {
		t.Fatalf("got %v", err)
	}
	judged(t, app, day(4), "pay-b web-a", "pay-a")
	box.room = -1
	tell(weekly, "pay@: 1 new critical finding for pay\ngrc@: 2 new critical findings")
	weekly.To = mailTo(map[string]string{"": "grc@", "pay": "pay@", "web": "web@"})
	tell(weekly, "pay@: no new findings for pay, 1 fixed\nweb@: first report for web: 1 open critical finding\n"+
		"grc@: no new findings, 1 fixed")
	judged(t, app, day(12), "pay-b web-a", "pay-a")
	tell(weekly, "pay@: no new findings for pay, 1 overdue\nweb@: no new findings for web, 1 overdue\n"+
		"grc@: no new findings, 2 overdue")
}

func TestTellThreshold(t *testing.T) {
	app := newApp(t)
	day := func(d int) time.Time { return time.Date(2026, 3, 2+d, 6, 0, 0, 0, time.UTC) }
	box := &mailbox{kept: map[string]evidence.Message{}, room: -1}
	urgent := DigestRule{Report: "urgent", Threshold: evidence.Critical, OwnerOf: bucketOwner,
		To: mailTo(map[string]string{"pay": "pay@"})}
	for n, step := range []struct{ failing, passing, want string }{
		{"pay-a", "pay-b", ""}, // what is open is for the other reports to say
		{"pay-a pay-b web-a", "", "pay@: 1 new critical finding for pay"},
		{"pay-a pay-b web-a web-b", "", ""},
		{"pay-a", "pay-b", ""},
		{"pay-a pay-b", "", "pay@: 1 new critical finding for pay"}, // it fails anew
	} {
		judged(t, app, day(n+1), step.failing, step.passing)
		for range 2 {
			if err := app.TellDigest(urgent, box.put); err != nil {
				t.Fatal(err)
			}
		}
		if got := box.subjects(); got != step.want {
			t.Errorf("step %d: got %q, want %q", n, got, step.want)
		}
	}
}

func TestTellTickets(t *testing.T) {
	app := newApp(t)
	box := &mailbox{kept: map[string]evidence.Message{}, room: -1}
	rule := DigestRule{Report: "tickets", OwnerOf: bucketOwner, To: func(owner string) []DigestTarget {
		if owner != "pay" {
			return nil
		}
		return []DigestTarget{{Channel: evidence.ChannelGitHub, To: "acme/pay", Assignee: "noor"}}
	}}
	at := time.Date(2026, 3, 3, 6, 0, 0, 0, time.UTC)
	var told []string
	for n, failing := range []string{"pay-a web-a", "pay-a pay-b", "pay-b"} {
		passing := map[int]string{0: "pay-b", 1: "web-a", 2: "pay-a web-a"}[n]
		judged(t, app, at.AddDate(0, 0, n), failing, passing)
		if err := app.TellDigest(rule, box.put); err != nil {
			t.Fatal(err)
		}
		for _, key := range box.keys {
			m := box.kept[key]
			thing := strings.TrimPrefix(m.Ticket.Key, "aws:111122223333|aws.s3.bucket-not-public|")
			told = append(told, m.Ticket.Action+" "+thing)
			if m.Text == "" || m.HTML != "" || m.Ticket.Assignee != "noor" || !slices.Contains(m.Ticket.Labels, "critical") {
				t.Errorf("ticket %+v", m)
			}
		}
		box.keys = nil
	}
	want := []string{"open arn:aws:s3:::pay-a", "open arn:aws:s3:::pay-b", "close arn:aws:s3:::pay-a"}
	if !slices.Equal(told, want) {
		t.Errorf("got %v, want %v", told, want)
	}
}

// TestDigestMessages holds that a report made again is the same to the byte, and what a mail carries.
func TestDigestMessages(t *testing.T) {
	app := newApp(t)
	judged(t, app, time.Date(2026, 3, 3, 6, 0, 0, 0, time.UTC), "pay-a", "pay-b")
	messages := func() []evidence.Message {
		var out []evidence.Message
		err := app.Store.View(func(v *store.View) error {
			d, err := app.Digest(v, DigestRequest{Report: "r", OwnerOf: bucketOwner, Until: 2})
			if err != nil {
				return err
			}
			for _, channel := range []string{evidence.ChannelMail, evidence.ChannelSlack} {
				more, err := DigestMessages(d.Of("pay"), 2, DigestTarget{Channel: channel, To: "x"})
				if err != nil {
					return err
				}
				out = append(out, more...)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	first := messages()
	judged(t, app, time.Date(2026, 3, 4, 6, 0, 0, 0, time.UTC), "pay-b", "pay-a")
	second := messages()
	for n, m := range first {
		a, errA := evidence.Encode(m)
		b, errB := evidence.Encode(second[n])
		if errA != nil || errB != nil || string(a) != string(b) {
			t.Errorf("message %s is another one later (%v, %v)", m.Key, errA, errB)
		}
	}
	mail, slack := first[0], first[1]
	if mail.Key != "digest|r|mail|x|pay|2" || mail.Owner != "pay" || !strings.Contains(mail.HTML, "cid:days") ||
		len(mail.Images["days"]) == 0 || len(mail.Images["score"]) == 0 {
		t.Errorf("mail %s for %s with %d images", mail.Key, mail.Owner, len(mail.Images))
	}
	if slack.HTML != "" || !strings.Contains(slack.Text, "`pay-a in aws:111122223333`") {
		t.Errorf("slack: %s", slack.Text)
	}
}

func TestDigestBadZone(t *testing.T) {
	app := newApp(t)
	app.Config = &config.Config{Zone: "Mars/Olympus"}
	err := app.Store.View(func(v *store.View) error {
		_, err := app.Digest(v, DigestRequest{})
		return err
	})
	if !errors.Is(err, ErrConfig) {
		t.Errorf("got %v", err)
	}
}
