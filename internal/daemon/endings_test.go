package daemon

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"exhibit/internal/config"
	"exhibit/internal/evidence"
	"exhibit/internal/outbox"
	"exhibit/internal/owner"
)

// TestWarnOfEnds lets the days before two ends pass: each owner is warned three times, and nobody twice.
func TestWarnOfEnds(t *testing.T) {
	app := newApp(t)
	start := app.Now()
	now := start
	app.now = func() time.Time { return now }
	app.Config.Notify.Mail = &config.Mail{}
	app.Config.Notify.Fallback = []string{"grc@example.com"}
	app.Config.People = map[string]owner.Person{"web": {Email: "web@example.com"}}
	if err := commitEmptyAssessment(app); err != nil {
		t.Fatal(err)
	}
	end := start.AddDate(0, 0, 40)
	for _, body := range []struct {
		kind evidence.Kind
		body any
	}{
		{evidence.KindAcceptance, evidence.RiskAcceptance{ID: "press-kit", Requester: "ann", Approver: "ben", Owner: "web", Reason: "r",
			Category: "waiver", Check: "aws.s3.bucket-not-public", Scope: "aws:1", Subjects: []string{"b"}, Start: start, End: end}},
		{evidence.KindAttestation, evidence.Attestation{ID: "board", Control: "oversight", Author: "carol", Statement: "s",
			Period: evidence.Window{From: start, To: start}, Expires: end}},
	} {
		if err := app.enter(body.kind, body.body); err != nil {
			t.Fatal(err)
		}
	}
	out := &recipient{}
	box := outbox.New(outbox.Options{Store: post{app}, Now: app.Now})
	box.Use(map[string]outbox.Deliverer{evidence.ChannelMail: out})
	for day := range 45 {
		now = start.AddDate(0, 0, day)
		for range 2 {
			if err := app.WarnOfEnds(box); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := box.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, m := range out.got {
		got = append(got, m.To+": "+m.Subject)
	}
	want := []string{}
	for _, days := range []string{"30 days", "7 days", "a day"} {
		want = append(want, "web@example.com: exhibit: the accepted risk press-kit ends in "+days,
			"grc@example.com: exhibit: the statement board ends in "+days)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("warned\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	if m := out.got[0]; !strings.Contains(m.Text, "exhibit a") || !strings.Contains(m.Text, end.Format("2006-01-02")) {
		t.Errorf("text %s", m.Text)
	}
}

// commitEmptyAssessment judges nothing by the catalog.
func commitEmptyAssessment(app *App) error {
	return app.write(func() error {
		_, err := app.assess(context.Background())
		return err
	})
}
