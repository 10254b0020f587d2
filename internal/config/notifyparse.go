package config

import (
	"errors"
	"net/mail"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"exhibit/internal/evidence"
	"exhibit/internal/schedule"
	"exhibit/internal/strictyaml"
)

// channels are the ways by which a report can go.
func channels() []string {
	return []string{evidence.ChannelMail, evidence.ChannelSlack, evidence.ChannelWebhook, evidence.ChannelGitHub, evidence.ChannelJira}
}

// parseNotify reads the section; a zero node is none.
func parseNotify(file, zone string, n *yaml.Node) (Notify, error) {
	c := Notify{GiveUp: 72 * time.Hour}
	if n.IsZero() {
		return c, nil
	}
	var raw struct {
		Mail     yaml.Node   `yaml:"mail"`
		Slack    yaml.Node   `yaml:"slack"`
		Webhook  yaml.Node   `yaml:"webhook"`
		GitHub   yaml.Node   `yaml:"github"`
		Jira     yaml.Node   `yaml:"jira"`
		Drift    yaml.Node   `yaml:"drift"`
		Fallback []yaml.Node `yaml:"fallback"`
		Page     string      `yaml:"page"`
		GiveUp   yaml.Node   `yaml:"give_up"`
	}
	if err := strictyaml.DecodeNode(file, n, &raw); err != nil {
		return c, err
	}
	p := notifyParser{file: file, zone: zone, dir: filepath.Dir(file)}
	c.Page = strings.TrimSuffix(raw.Page, "/")
	section(&p, &raw.Mail, &c.Mail, p.mail)
	section(&p, &raw.Slack, &c.Slack, func(n *yaml.Node, s *Slack) { p.secret(n, "token", &s.Token) })
	section(&p, &raw.Webhook, &c.Webhook, func(n *yaml.Node, s *Webhook) {
		p.need(n, "url", s.URL)
		p.secret(n, "secret", &s.Secret)
	})
	section(&p, &raw.GitHub, &c.GitHub, func(n *yaml.Node, s *Tracker) {
		p.secret(n, "token", &s.Token)
		if owner, name, ok := strings.Cut(s.Repository, "/"); !ok || owner == "" || name == "" {
			p.wrong(n, "github: repository %q: expected owner/name", s.Repository)
		}
	})
	section(&p, &raw.Jira, &c.Jira, func(n *yaml.Node, s *Jira) {
		p.need(n, "url", s.URL)
		p.need(n, "project", s.Project)
		p.secret(n, "token", &s.Token)
	})
	for i := range raw.Fallback {
		c.Fallback = append(c.Fallback, p.address(&raw.Fallback[i]))
	}
	if !raw.GiveUp.IsZero() {
		d, err := evidence.ParseDuration(raw.GiveUp.Value)
		if err != nil || d <= 0 {
			p.wrong(&raw.GiveUp, "give_up %q: expected a duration such as 3d", raw.GiveUp.Value)
		}
		c.GiveUp = time.Duration(d)
	}
	reports := []*yaml.Node{&raw.Drift}
	if raw.Drift.Kind == yaml.SequenceNode {
		reports = raw.Drift.Content
	}
	for _, one := range reports {
		if !one.IsZero() {
			p.report(one, &c)
		}
	}
	if len(c.Fallback) > 0 && c.Mail == nil && len(p.errs) == 0 {
		p.wrong(&raw.Fallback[0], "fallback is told by mail: expected mail beside it")
	}
	return c, p.errs.Or()
}

// notifyParser gathers mistakes.
type notifyParser struct {
	file, zone, dir string
	errs            strictyaml.Errors
}

func (p *notifyParser) wrong(n *yaml.Node, format string, args ...any) {
	p.errs = append(p.errs, strictyaml.At(p.file, n, format, args...))
}

// section decodes a part that may be missing, and checks it.
func section[T any](p *notifyParser, n *yaml.Node, to **T, check func(*yaml.Node, *T)) {
	if n.IsZero() {
		return
	}
	var v T
	var bad strictyaml.Errors
	if err := strictyaml.DecodeNode(p.file, n, &v); errors.As(err, &bad) {
		p.errs = append(p.errs, bad...)
		return
	}
	check(n, &v)
	*to = &v
}

func (p *notifyParser) need(n *yaml.Node, key, value string) {
	if value == "" {
		p.wrong(n, "%s is missing", key)
	}
}

func (p *notifyParser) secret(n *yaml.Node, key string, s *Secret) {
	if s.Unset() {
		p.wrong(n, "%s is missing: expected { env: NAME } or { file: path }", key)
	}
	*s = s.in(p.dir)
}

func (p *notifyParser) mail(n *yaml.Node, m *Mail) {
	p.need(n, "server", m.Server)
	if _, err := mail.ParseAddress(m.From); err != nil {
		p.wrong(n, "from %q: expected an address such as exhibit <exhibit@example.com>", m.From)
	}
	if m.TLS != "" && m.TLS != "none" {
		p.wrong(n, "tls %q: expected none, for a server on this machine, or nothing", m.TLS)
	}
	if (m.User == "") != m.Password.Unset() {
		p.wrong(n, "user and password come together")
	}
	m.Password = m.Password.in(p.dir)
	if m.CA != "" && !filepath.IsAbs(m.CA) {
		m.CA = filepath.Join(p.dir, m.CA)
	}
}

func (p *notifyParser) address(n *yaml.Node) string {
	if a, err := mail.ParseAddress(n.Value); err != nil || a.Address != n.Value {
		p.wrong(n, "address %q: expected grc@example.com", n.Value)
	}
	return n.Value
}

// report reads one drift report.
func (p *notifyParser) report(n *yaml.Node, c *Notify) {
	var raw struct {
		Name      string      `yaml:"name"`
		Schedule  yaml.Node   `yaml:"schedule"`
		Threshold yaml.Node   `yaml:"threshold"`
		Per       yaml.Node   `yaml:"per"`
		To        []yaml.Node `yaml:"to"`
		Channels  []yaml.Node `yaml:"channels"`
		Quiet     bool        `yaml:"quiet"`
	}
	var bad strictyaml.Errors
	if err := strictyaml.DecodeNode(p.file, n, &raw); errors.As(err, &bad) {
		p.errs = append(p.errs, bad...)
		return
	}
	r := Report{Name: raw.Name, Quiet: raw.Quiet, Threshold: evidence.Severity(raw.Threshold.Value)}
	if r.Name == "" {
		r.Name = "drift"
	}
	if !sourceName.MatchString(r.Name) {
		p.wrong(n, "name %q: expected lower-case letters, digits, - and _", r.Name)
	}
	if slices.ContainsFunc(c.Reports, func(o Report) bool { return o.Name == r.Name }) {
		p.wrong(n, "report %q is there twice: expected each with a name of its own", r.Name)
	}
	if raw.Schedule.IsZero() == raw.Threshold.IsZero() {
		p.wrong(n, "a report has a schedule, or a threshold from which on it is told at once")
	}
	if !raw.Schedule.IsZero() {
		var err error
		if r.Schedule, err = schedule.Parse(raw.Schedule.Value, p.zone); err != nil {
			p.wrong(&raw.Schedule, "%v", err)
		}
	}
	if !raw.Threshold.IsZero() && r.Threshold.Rank() == 0 {
		p.wrong(&raw.Threshold, "threshold %q: expected critical, high, medium or low", r.Threshold)
	}
	switch raw.Per.Value {
	case "owner":
		r.PerOwner = true
	case "":
	default:
		p.wrong(&raw.Per, "per %q: expected owner, or nothing", raw.Per.Value)
	}
	for i := range raw.Channels {
		p.channel(&raw.Channels[i], c)
		r.Channels = append(r.Channels, raw.Channels[i].Value)
	}
	if len(raw.Channels) == 0 {
		r.Channels = []string{evidence.ChannelMail}
	}
	mails := slices.Contains(r.Channels, evidence.ChannelMail) && r.PerOwner
	for i := range raw.To {
		to := &raw.To[i]
		r.To = append(r.To, to.Value)
		if !strings.HasPrefix(to.Value, "#") {
			mails = true
			p.address(to)
		} else if c.Slack == nil {
			p.wrong(to, "%s is a Slack channel, and notify has no slack", to.Value)
		}
	}
	if c.Mail == nil && mails {
		p.wrong(n, "the report goes by mail, and notify has no mail")
	}
	if !r.PerOwner && len(r.To) == 0 && len(raw.Channels) == 0 {
		p.wrong(n, "the report goes to nobody: expected per: owner, or to, or channels")
	}
	c.Reports = append(c.Reports, r)
}

func (p *notifyParser) channel(n *yaml.Node, c *Notify) {
	there := map[string]bool{evidence.ChannelMail: c.Mail != nil, evidence.ChannelSlack: c.Slack != nil,
		evidence.ChannelWebhook: c.Webhook != nil, evidence.ChannelGitHub: c.GitHub != nil, evidence.ChannelJira: c.Jira != nil}
	switch configured, known := there[n.Value]; {
	case !known:
		p.wrong(n, "channel %q: expected one of %s", n.Value, strings.Join(channels(), ", "))
	case !configured:
		p.wrong(n, "channel %s: notify has no %s", n.Value, n.Value)
	}
}
