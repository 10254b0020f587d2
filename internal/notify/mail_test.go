package notify

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"exhibit/internal/evidence"
	"exhibit/internal/secret"
)

// mailServer is a real mail server, which somebody else wrote.
type mailServer struct {
	port   string
	folder string
	roots  *x509.CertPool
}

// startMail starts one. user and password, when given, must sign in.
func startMail(t *testing.T, mode string, login ...string) mailServer {
	t.Helper()
	dir := t.TempDir()
	cert, key, roots := certificate(t, dir)
	args := append([]string{filepath.Join("testdata", "smtpd.py"), mode, cert, key, dir}, login...)
	cmd := exec.Command("/usr/bin/python3", args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start the mail server (Debian: python3-aiosmtpd): %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the mail server said: %s", &said)
		}
	})
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the mail server said nothing (Debian: python3-aiosmtpd): %v", err)
	}
	return mailServer{strings.TrimSpace(port), dir, roots}
}

// taken are the mails that the server took.
func (s mailServer) taken(t *testing.T) []*mail.Message {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.folder, "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	var out []*mail.Message
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		m, err := mail.ReadMessage(f)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

// client is a Mail to the server.
func (s mailServer) client(t *testing.T, scheme string, change func(*MailOptions)) *Mail {
	t.Helper()
	o := MailOptions{Server: scheme + "://localhost:" + s.port, From: "exhibit <exhibit@example.com>", Roots: s.roots, Timeout: 10 * time.Second}
	if change != nil {
		change(&o)
	}
	m, err := NewMail(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func letter(to string) evidence.Message {
	return evidence.Message{Key: "weekly|" + to, Channel: evidence.ChannelMail, To: to, Subject: "Drift: 2 new, für März\r\nBcc: all@example.com",
		Text: "A line.\n", HTML: `<p>A line.</p><img src="cid:score">`, Images: map[string][]byte{"score": []byte("\x89PNG")},
		Created: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
}

// parts are the leaves of a mail, by content type.
func parts(t *testing.T, kind string, body io.Reader, into map[string]string) {
	t.Helper()
	media, params, err := mime.ParseMediaType(kind)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(media, "multipart/") {
		b, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		into[media] = string(b)
		return
	}
	for r := multipart.NewReader(body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		var in io.Reader = p
		if p.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
			in = quotedprintable.NewReader(p)
		}
		if id := p.Header.Get("Content-ID"); id != "" {
			into["id"] = id
		}
		parts(t, p.Header.Get("Content-Type"), in, into)
	}
}

func TestMailDelivered(t *testing.T) {
	for _, tc := range []struct {
		mode, scheme string
		change       func(*MailOptions)
		login        []string
		tls          string
	}{
		{"tls", "smtps", nil, nil, "yes"},
		{"starttls", "smtp", nil, nil, "yes"},
		{"plain", "smtp", func(o *MailOptions) { o.Plain = true }, nil, "no"},
		{"starttls", "smtp", func(o *MailOptions) { o.User, o.Password = "exhibit", secret.New("hunter2") }, []string{"exhibit", "hunter2"}, "yes"},
	} {
		t.Run(tc.mode, func(t *testing.T) {
			s := startMail(t, tc.mode, tc.login...)
			m := s.client(t, tc.scheme, tc.change)
			receipt, err := m.Deliver(t.Context(), letter("pay@example.com"))
			if err != nil {
				t.Fatal(err)
			}
			got := s.taken(t)
			if len(got) != 1 {
				t.Fatalf("%d mails", len(got))
			}
			h := got[0].Header
			subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
			if err != nil || subject != "Drift: 2 new, für März Bcc: all@example.com" || h.Get("Bcc") != "" {
				t.Errorf("subject %q, %v, bcc %q", subject, err, h.Get("Bcc"))
			}
			for name, want := range map[string]string{"X-To": "pay@example.com", "X-Tls": tc.tls, "Message-Id": receipt,
				"Auto-Submitted": "auto-generated", "From": `"exhibit" <exhibit@example.com>`, "Date": "Mon, 02 Mar 2026 09:00:00 +0000"} {
				if h.Get(name) != want {
					t.Errorf("%s is %q, want %q", name, h.Get(name), want)
				}
			}
			leaves := map[string]string{}
			parts(t, h.Get("Content-Type"), got[0].Body, leaves)
			if !strings.Contains(leaves["text/plain"], "A line.") || !strings.Contains(leaves["text/html"], `src="cid:score"`) ||
				leaves["id"] != "<score>" || leaves["image/png"] == "" {
				t.Errorf("parts %q", leaves)
			}
		})
	}
}

// TestMailFails asks what an error means for trying again.
func TestMailFails(t *testing.T) {
	s := startMail(t, "starttls")
	plain := startMail(t, "plain")
	closed := mailServer{port: "1", roots: s.roots}
	signing := startMail(t, "starttls", "exhibit", "hunter2")
	for _, tc := range []struct {
		name    string
		mail    *Mail
		to      string
		forever bool
		says    string
	}{
		{"nobody", s.client(t, "smtp", nil), "nobody@example.com", true, "550"},
		{"greylisted", s.client(t, "smtp", nil), "grey@example.com", false, "451"},
		{"down", closed.client(t, "smtp", nil), "pay@example.com", false, "connect"},
		{"no STARTTLS there", plain.client(t, "smtp", nil), "pay@example.com", false, "STARTTLS"},
		{"another's certificate", s.client(t, "smtp", func(o *MailOptions) { o.Roots = x509.NewCertPool() }), "pay@example.com", false, "certificate"},
		{"wrong password", signing.client(t, "smtp", func(o *MailOptions) { o.User, o.Password = "exhibit", secret.New("hunter3") }),
			"pay@example.com", false, "535"},
		{"no address", s.client(t, "smtp", nil), "pay", true, "address"},
		{"two headers", s.client(t, "smtp", nil), "pay@example.com\r\nBcc: all@example.com", true, "more than one line"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := tc.mail.Deliver(t.Context(), letter(tc.to))
			var e *Error
			if err == nil || (errors.As(err, &e) && e.Forever) != tc.forever || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%v, forever %t; want %t, %q", err, errors.As(err, &e) && e.Forever, tc.forever, tc.says)
			}
			if err != nil && strings.Contains(err.Error(), "hunter") {
				t.Error("the error tells a password")
			}
		})
	}
	if got := s.taken(t); len(got) != 0 {
		t.Errorf("%d mails were taken", len(got))
	}
}

// TestMailAgain sends again what was put off and what was cut: under the same message id.
func TestMailAgain(t *testing.T) {
	s := startMail(t, "tls")
	m := s.client(t, "smtps", nil)
	for _, to := range []string{"grey@example.com", "drop@example.com"} {
		if _, err := m.Deliver(t.Context(), letter(to)); err == nil {
			t.Errorf("%s: the first attempt went well", to)
		}
		if _, err := m.Deliver(t.Context(), letter(to)); err != nil {
			t.Errorf("%s: the second attempt: %v", to, err)
		}
	}
	got := s.taken(t)
	if len(got) != 3 { // grey once, drop twice: the first time without an answer
		t.Fatalf("%d mails", len(got))
	}
	if a, b := got[1].Header.Get("Message-Id"), got[2].Header.Get("Message-Id"); a != b || a == got[0].Header.Get("Message-Id") {
		t.Errorf("message ids %s and %s", a, b)
	}
}

// TestMailSlow gives up when the caller's time is over.
func TestMailSlow(t *testing.T) {
	s := startMail(t, "tls")
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	if _, err := s.client(t, "smtps", nil).Deliver(ctx, letter("slow@example.com")); err == nil {
		t.Error("it did not give up")
	}
}

func TestNewMail(t *testing.T) {
	for _, tc := range []struct {
		server, from string
		plain        bool
		says         string
	}{
		{"mail.example.com", "a@example.com", false, "expected smtps://"},
		{"http://mail.example.com", "a@example.com", false, "expected smtps://"},
		{"smtp://u:p@mail.example.com", "a@example.com", false, "expected smtps://"},
		{"smtp://mail.example.com", "a@example.com", true, "on this machine"},
		{"smtps://localhost", "a@example.com", true, "expected smtps://"},
		{"smtps://mail.example.com", "exhibit", false, "sender"},
	} {
		if _, err := NewMail(MailOptions{Server: tc.server, From: tc.from, Plain: tc.plain}); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s from %s: %v, want %q", tc.server, tc.from, err, tc.says)
		}
	}
}
