package daemon

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"strings"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/config"
	"exhibit/internal/evidence"
	"exhibit/internal/notify"
	"exhibit/internal/outbox"
	"exhibit/internal/secret"
)

// deliverers are the ways that are configured, by channel. It connects to nothing; a secret that is not there is an
// ErrConfig.
func (a *App) deliverers() (map[string]outbox.Deliverer, error) {
	n, transport := a.Config.Notify, collect.NewTransport()
	out := map[string]outbox.Deliverer{}
	add := func(channel string, place config.Secret, make func(secret.String) (outbox.Deliverer, error)) error {
		var s secret.String
		var err error
		if !place.Unset() {
			if s, err = place.Read(a.getenv); err != nil {
				return fmt.Errorf("%w: notify: %s: %w", ErrConfig, channel, err)
			}
		}
		if out[channel], err = make(s); err != nil {
			return fmt.Errorf("%w: notify: %w", ErrConfig, err)
		}
		return nil
	}
	var err error
	each := func(there bool, channel string, place func() config.Secret, make func(secret.String) (outbox.Deliverer, error)) {
		if there && err == nil {
			err = add(channel, place(), make)
		}
	}
	each(n.Mail != nil, evidence.ChannelMail, func() config.Secret { return n.Mail.Password },
		func(s secret.String) (outbox.Deliverer, error) { return newMail(n.Mail, s) })
	each(n.Slack != nil, evidence.ChannelSlack, func() config.Secret { return n.Slack.Token },
		func(s secret.String) (outbox.Deliverer, error) {
			return notify.NewSlack(n.Slack.BaseURL, s, transport)
		})
	each(n.Webhook != nil, evidence.ChannelWebhook, func() config.Secret { return n.Webhook.Secret },
		func(s secret.String) (outbox.Deliverer, error) {
			return notify.NewWebhook(n.Webhook.URL, s, a.Now, transport)
		})
	each(n.GitHub != nil, evidence.ChannelGitHub, func() config.Secret { return n.GitHub.Token },
		func(s secret.String) (outbox.Deliverer, error) {
			return notify.NewGitHub(n.GitHub.BaseURL, s, transport)
		})
	each(n.Jira != nil, evidence.ChannelJira, func() config.Secret { return n.Jira.Token },
		func(s secret.String) (outbox.Deliverer, error) {
			return notify.NewJira(notify.JiraOptions{URL: n.Jira.URL, User: n.Jira.User, Token: s, Type: n.Jira.Type, Done: n.Jira.Done,
				Reopen: n.Jira.Reopen}, transport)
		})
	return out, err
}

func newMail(m *config.Mail, password secret.String) (*notify.Mail, error) {
	o := notify.MailOptions{Server: m.Server, Plain: m.TLS == "none", From: m.From, ReplyTo: m.ReplyTo, User: m.User, Password: password}
	if m.CA != "" {
		text, err := os.ReadFile(m.CA)
		if err != nil {
			return nil, fmt.Errorf("mail ca: %w", err)
		}
		o.Roots = x509.NewCertPool()
		if !o.Roots.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("mail ca: %s holds no certificate", m.CA)
		}
	}
	return notify.NewMail(o)
}

// Post returns the outbox over the store, with the configured ways, for a process that serves nothing.
func (a *App) Post() (*outbox.Box, error) {
	var box *outbox.Box
	box, err := a.post(func(m evidence.Message, d evidence.Delivery) error { return a.tellUndelivered(m, d, box) }, nil)
	return box, err
}

// post returns the outbox. over is told of each message that is over, tried of each attempt that failed.
func (a *App) post(over func(evidence.Message, evidence.Delivery) error, tried func(outbox.Stand, error)) (*outbox.Box, error) {
	ways, err := a.deliverers()
	if err != nil {
		return nil, err
	}
	box := outbox.New(outbox.Options{Store: post{a}, Now: a.Now, MaxAge: a.Config.Notify.GiveUp, Over: over, Tried: tried})
	box.Use(ways)
	return box, nil
}

// Tell puts a configured report into the outbox: what happened since it was told last. next is when it is due again.
func (a *App) Tell(r config.Report, next time.Time, box *outbox.Box) error {
	return a.TellDigest(DigestRule{Report: r.Name, Threshold: r.Threshold, Quiet: r.Quiet, Next: next, Page: a.Config.Notify.Page,
		To: func(owner string) []DigestTarget { return a.targets(r, owner) }}, box.Put)
}

// targets are where a report on an owner's things goes; "" is the one on everybody's.
func (a *App) targets(r config.Report, owner string) (out []DigestTarget) {
	if owner == "" {
		for _, to := range r.To {
			channel := evidence.ChannelMail
			if strings.HasPrefix(to, "#") {
				channel = evidence.ChannelSlack
			}
			out = append(out, DigestTarget{Channel: channel, To: to})
		}
		if r.PerOwner {
			return out
		}
	} else if !r.PerOwner {
		return nil
	}
	n, person := a.Config.Notify, a.Config.People[owner]
	for _, channel := range r.Channels {
		t := DigestTarget{Channel: channel}
		switch channel {
		case evidence.ChannelMail:
			t.To = person.Email
		case evidence.ChannelSlack:
			t.To = person.Slack
		case evidence.ChannelWebhook:
			t.To = "everybody"
			if owner != "" {
				t.To = owner
			}
		case evidence.ChannelGitHub:
			t.To = n.GitHub.Repository
			if !strings.Contains(person.GitHub, "/") { // a team is no assignee
				t.Assignee = person.GitHub
			}
		case evidence.ChannelJira:
			if t.To = person.Jira; t.To == "" {
				t.To = n.Jira.Project
			}
		}
		if t.To != "" {
			out = append(out, t)
		}
	}
	return out
}

// undelivered are the keys of messages that say that another was not delivered.
const undelivered = "undelivered|"

// tellUndelivered tells the fallback addresses of a message that did not arrive. Of these messages nothing is told again.
func (a *App) tellUndelivered(m evidence.Message, d evidence.Delivery, box *outbox.Box) error {
	if d.Outcome == evidence.Delivered || strings.HasPrefix(m.Key, undelivered) {
		return nil
	}
	for _, to := range a.Config.Notify.Fallback {
		_, err := box.Put(evidence.Message{
			Key: undelivered + to + "|" + m.Key, Channel: evidence.ChannelMail, To: to, Created: d.At,
			Subject: fmt.Sprintf("exhibit could not reach %s by %s: %s", m.To, m.Channel, d.Outcome),
			Text: fmt.Sprintf("A message to %s by %s did not arrive (%s, after %d attempts):\n\n  %s\n\nIts subject was:\n\n  %s\n\n"+
				"The whole message: exhibit outbox show '%s'\n", m.To, m.Channel, d.Outcome, d.Attempts, d.Error, m.Subject, m.Key),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// report tells a report and sends it.
func (s *Service) report(_ context.Context, r config.Report) error {
	s.telling.Lock()
	defer s.telling.Unlock()
	a := s.app.Load()
	return a.Tell(r, r.Schedule.Next(a.Now()), s.box)
}

// atOnce tells the reports that have a threshold.
func (s *Service) atOnce(ctx context.Context) error {
	for _, r := range s.app.Load().Config.Notify.Reports {
		if r.Threshold == "" {
			continue
		}
		if err := s.report(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// over is told of each message that is over.
func (s *Service) over(m evidence.Message, d evidence.Delivery) error {
	s.gauges.deliveries.WithLabelValues(d.Channel, d.Outcome).Inc()
	if d.Outcome == evidence.Delivered {
		s.Log.Info("message delivered", "key", d.Key, "channel", d.Channel, "to", d.To, "receipt", d.Receipt, "attempts", d.Attempts)
	} else {
		s.Log.Error("message not delivered", "key", d.Key, "channel", d.Channel, "to", d.To, "outcome", d.Outcome, "error", d.Error)
	}
	return s.app.Load().tellUndelivered(m, d, s.box)
}

// tried is told of each attempt to send that failed.
func (s *Service) tried(at outbox.Stand, err error) {
	s.Log.Warn("message put off", "key", at.Key, "channel", at.Channel, "to", at.To, "attempt", at.Attempts, "next", at.Next, "error", err)
}
