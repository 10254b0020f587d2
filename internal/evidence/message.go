package evidence

import "time"

// Channels that a message can go by.
const (
	ChannelMail    = "mail"
	ChannelSlack   = "slack"
	ChannelWebhook = "webhook"
	ChannelGitHub  = "github"
	ChannelJira    = "jira"
)

// Message is what is to be told outside. It is kept before it is sent, so that what somebody was told can be shown later. It
// holds no secret.
type Message struct {
	// Key is unique for ever: a message is queued once, however often it is put.
	Key     string `json:"key"`
	Channel string `json:"channel"`
	// To is a mail address, a Slack channel, a webhook's name, a repository or a project.
	To    string `json:"to"`
	Owner string `json:"owner,omitempty"` // whom it is for, by the name under people
	// Subject, Text and HTML tell the same; a channel takes what it can show.
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html,omitempty"`
	// Images are PNG files that the HTML shows, by content id.
	Images map[string][]byte `json:"images,omitempty"`
	// Ticket is set for what is opened, updated and closed.
	Ticket  *Ticket   `json:"ticket,omitempty"`
	Created time.Time `json:"created"`
}

// Ticket says which ticket a message is about. Key marks the ticket where it is kept, so that it is opened once.
type Ticket struct {
	Key    string   `json:"key"`
	Action string   `json:"action"` // "open", "update", "close"
	Labels []string `json:"labels,omitempty"`
	// Assignee is the account there, when one is known.
	Assignee string `json:"assignee,omitempty"`
}

// What a ticket is told to do.
const (
	TicketOpen   = "open"
	TicketUpdate = "update"
	TicketClose  = "close"
)

// Delivery is how a message ended.
type Delivery struct {
	Key     string `json:"key"` // of the message
	Message Digest `json:"message"`
	Channel string `json:"channel"`
	To      string `json:"to"`
	// Outcome is "delivered", "refused" (the other side will never take it) or "expired" (it was tried for too long).
	Outcome  string    `json:"outcome"`
	Attempts int       `json:"attempts"`
	At       time.Time `json:"at"`
	// Receipt is what the other side calls it: a message id, the address of a ticket.
	Receipt string `json:"receipt,omitempty"`
	Error   string `json:"error,omitempty"`
}

// Outcomes of a delivery.
const (
	Delivered = "delivered"
	Refused   = "refused"
	Expired   = "expired"
)
