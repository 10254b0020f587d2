package notify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"exhibit/internal/evidence"
	"exhibit/internal/secret"
)

// Mail sends by SMTP. A mail always goes through TLS, but to a server on this machine that is configured to have none.
type Mail struct {
	host  string
	o     []gomail.Option
	from  *mail.Address
	reply string
	step  time.Duration
}

// MailOptions configure NewMail.
type MailOptions struct {
	// Server is "smtps://host:465" (TLS from the start) or "smtp://host:587" (STARTTLS, without which nothing is sent). The port
	// may be left out.
	Server string
	// Plain sends without TLS. The server must be on this machine.
	Plain bool
	// From is the sender, "exhibit <exhibit@example.com>"; ReplyTo where answers go, empty for the same.
	From    string
	ReplyTo string
	// User and Password sign in, with the strongest way that the server knows; no User, no sign-in.
	User     string
	Password secret.String
	// Roots are the authorities that the server's certificate may come from; nil means the machine's.
	Roots *x509.CertPool
	// Timeout bounds each step. Default: 15 seconds.
	Timeout time.Duration
}

// NewMail checks the options. It does not connect.
func NewMail(o MailOptions) (*Mail, error) {
	u, err := url.Parse(o.Server)
	if err != nil || u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("mail server %q: expected smtps://host:465 or smtp://host:587", o.Server)
	}
	from, err := address(o.From)
	if err != nil {
		return nil, fmt.Errorf("mail sender: %w", err)
	}
	if o.ReplyTo != "" {
		if _, err := address(o.ReplyTo); err != nil {
			return nil, fmt.Errorf("mail reply_to: %w", err)
		}
	}
	if o.Timeout <= 0 {
		o.Timeout = 15 * time.Second
	}
	m := &Mail{host: u.Hostname(), from: from, reply: o.ReplyTo, step: o.Timeout}
	port := 587
	m.o = []gomail.Option{gomail.WithoutNoop(),
		gomail.WithTLSConfig(&tls.Config{ServerName: u.Hostname(), RootCAs: o.Roots, MinVersion: tls.VersionTLS12})}
	switch {
	case u.Scheme == "smtps" && !o.Plain:
		port = 465
		m.o = append(m.o, gomail.WithSSL())
	case u.Scheme == "smtp" && !o.Plain:
		m.o = append(m.o, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case u.Scheme == "smtp" && loopback(u.Hostname()):
		port = 25
		m.o = append(m.o, gomail.WithTLSPolicy(gomail.NoTLS))
	case u.Scheme == "smtp":
		return nil, fmt.Errorf("mail server %q: only a server on this machine is reached without TLS", o.Server)
	default:
		return nil, fmt.Errorf("mail server %q: expected smtps://host:465 or smtp://host:587", o.Server)
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil {
			return nil, fmt.Errorf("mail server %q: %w", o.Server, err)
		}
	}
	m.o = append(m.o, gomail.WithPort(port))
	if o.User != "" {
		m.o = append(m.o, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(o.User),
			gomail.WithPassword(o.Password.Reveal()))
	}
	return m, nil
}

// Deliver sends the mail and returns its message id, which is made of the key alone: what is sent again has the same.
func (m *Mail) Deliver(ctx context.Context, message evidence.Message) (string, error) {
	id := m.id(message.Key)
	msg, err := m.compose(message, id)
	if err != nil {
		return "", forever(err)
	}
	// Once connected, the library minds its time for a step and no context: no step outlasts the deadline.
	step := m.step
	if deadline, ok := ctx.Deadline(); ok {
		step = max(min(step, time.Until(deadline)), time.Millisecond)
	}
	client, err := gomail.NewClient(m.host, append(slices.Clip(m.o), gomail.WithTimeout(step))...)
	if err != nil {
		return "", fmt.Errorf("send mail: %w", err)
	}
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		return "", mailError(err, msg)
	}
	return "<" + id + ">", nil
}

// mailError says whether a mail server refuses for ever. A mail that was taken counts as sent, though the server did not say
// goodbye; whether it is known to have been taken the library tells.
func mailError(err error, msg *gomail.Msg) error {
	if msg.IsDelivered() {
		return nil
	}
	wrapped := fmt.Errorf("send mail: %w", err)
	var refused *gomail.SendError
	if errors.As(err, &refused) && refused.ErrorCode() >= 500 && !refused.IsTemp() {
		switch refused.Reason {
		case gomail.ErrSMTPMailFrom, gomail.ErrSMTPRcptTo, gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
			return forever(wrapped)
		}
	}
	return wrapped
}

// id is the message id of a key, without brackets.
func (m *Mail) id(key string) string {
	sum := sha256.Sum256([]byte(key))
	_, domain, _ := strings.Cut(m.from.Address, "@")
	return "exhibit." + hex.EncodeToString(sum[:16]) + "@" + domain
}

func (m *Mail) compose(message evidence.Message, id string) (*gomail.Msg, error) {
	to, err := address(message.To)
	if err != nil {
		return nil, fmt.Errorf("mail recipient: %w", err)
	}
	if message.Text == "" {
		return nil, errNoText
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(m.from)
	msg.ToMailAddress(to)
	if m.reply != "" {
		if err := msg.ReplyTo(m.reply); err != nil {
			return nil, fmt.Errorf("mail reply_to: %w", err)
		}
	}
	msg.Subject(oneLine(message.Subject))
	msg.SetMessageIDWithValue(id)
	msg.SetDateWithValue(message.Created)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // nobody's absence note answers it
	msg.SetBodyString(gomail.TypeTextPlain, message.Text)
	if message.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, message.HTML)
	}
	for _, name := range slices.Sorted(maps.Keys(message.Images)) {
		err := msg.EmbedReader(name+".png", bytes.NewReader(message.Images[name]),
			gomail.WithFileContentID("<"+name+">"), gomail.WithFileContentType("image/png"))
		if err != nil {
			return nil, fmt.Errorf("embed picture %s: %w", name, err)
		}
	}
	return msg, nil
}

// address reads one address. What could end a header and begin another is refused.
func address(s string) (*mail.Address, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, fmt.Errorf("address %q: it has more than one line", s)
	}
	a, err := mail.ParseAddress(s)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", s, err)
	}
	return a, nil
}

// oneLine makes a text fit for a header.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
