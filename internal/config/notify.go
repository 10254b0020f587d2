package config

import (
	"time"

	"exhibit/internal/evidence"
	"exhibit/internal/schedule"
)

// Notify says how people are told, and of what.
type Notify struct {
	// Mail, Slack, Webhook, GitHub and Jira are the ways; nil is none.
	Mail    *Mail
	Slack   *Slack
	Webhook *Webhook
	GitHub  *Tracker
	Jira    *Jira
	// Reports are the drift reports.
	Reports []Report
	// Fallback are mail addresses that are told what could not be delivered.
	Fallback []string
	// Page is the address at which readers of reports reach the served report; empty when they do not.
	Page string
	// GiveUp is how long a message is tried. Default: 3 days.
	GiveUp time.Duration
}

// Mail is a mail server.
type Mail struct {
	// Server is "smtps://host:465" or "smtp://host:587", which must offer STARTTLS.
	Server string `yaml:"server"`
	// TLS is "none" for a server on this machine that has none.
	TLS string `yaml:"tls"`
	// From is the sender; ReplyTo where answers go.
	From    string `yaml:"from"`
	ReplyTo string `yaml:"reply_to"`
	// User and Password sign in.
	User     string `yaml:"user"`
	Password Secret `yaml:"password"`
	// CA is a PEM file of the authorities that the server's certificate may come from; empty means the machine's.
	CA string `yaml:"ca"`
}

// Slack is a Slack app.
type Slack struct {
	Token Secret `yaml:"token"`
	// BaseURL is the API's address. Default: Slack's.
	BaseURL string `yaml:"base_url"`
}

// Webhook is an address of one's own.
type Webhook struct {
	URL string `yaml:"url"`
	// Secret signs what is sent.
	Secret Secret `yaml:"secret"`
}

// Tracker is GitHub, where tickets are issues of a repository.
type Tracker struct {
	// Repository is "owner/name".
	Repository string `yaml:"repository"`
	Token      Secret `yaml:"token"`
	// BaseURL is the API's address. Default: api.github.com.
	BaseURL string `yaml:"base_url"`
}

// Jira is Jira Cloud, with a user, or a Jira of one's own.
type Jira struct {
	URL string `yaml:"url"`
	// Project is the key of the project of what has no owner with one of his own.
	Project string `yaml:"project"`
	User    string `yaml:"user"`
	Token   Secret `yaml:"token"`
	// Type is the type of new issues, Done and Reopen the transitions. Defaults: Task, Done, To Do.
	Type   string `yaml:"type"`
	Done   string `yaml:"done"`
	Reopen string `yaml:"reopen"`
}

// Report is one drift report.
type Report struct {
	Name string
	// Schedule is when it is told. A report at once, with a Threshold, has none.
	Schedule schedule.Spec
	// Threshold makes it a report at once, of what newly fails and is so grave.
	Threshold evidence.Severity
	// PerOwner tells every owner of his own things; To are mail addresses, and Slack channels ("#grc"), that are told of
	// everybody's.
	PerOwner bool
	To       []string
	// Channels are the ways by which owners are told. Default: mail.
	Channels []string
	// Quiet leaves out reports without news.
	Quiet bool
}
