package notify

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack/slacktest"

	"exhibit/internal/evidence"
	"exhibit/internal/secret"
)

var at = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func isForever(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Forever
}

func transport(t *testing.T) http.RoundTripper {
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// TestSlackReal posts to the server that another Slack client is tested with, which answers with the channel that it read.
func TestSlackReal(t *testing.T) {
	server := slacktest.NewTestServer()
	server.Start()
	t.Cleanup(server.Stop)
	s, err := NewSlack(strings.TrimSuffix(server.GetAPIURL(), "/"), secret.New("xoxb-1"), transport(t))
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := s.Deliver(t.Context(), evidence.Message{Key: "a", To: "#payments", Text: "2 new & <b>"})
	if err != nil || !strings.HasPrefix(receipt, "#payments/") {
		t.Errorf("%q %v", receipt, err)
	}
}

func TestSlackAnswers(t *testing.T) {
	for _, tc := range []struct {
		name, answer string
		status       int
		receipt      string
		forever      bool
		after        time.Duration
		says         string
	}{
		{"taken", `{"ok":true,"channel":"C1","ts":"1.2"}`, 200, "C1/1.2", false, 0, ""},
		{"sent before", `{"ok":false,"error":"duplicate_client_msg_id"}`, 200, "sent before", false, 0, ""},
		{"no such channel", `{"ok":false,"error":"channel_not_found"}`, 200, "", true, 0, "channel_not_found"},
		{"not invited", `{"ok":false,"error":"not_in_channel"}`, 200, "", false, 0, "not_in_channel"},
		{"no right", `{"ok":false,"error":"missing_scope","needed":"chat:write"}`, 200, "", false, 0, "needs chat:write"},
		{"too fast", ``, 429, "", false, 30 * time.Second, "429"},
		{"down", `<html>`, 502, "", false, 0, "502"},
		{"not Slack", `<html>`, 200, "", false, 0, "not the JSON"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "Bearer xoxb-1" || r.FormValue("client_msg_id") != uuidOf("a") ||
					len(r.FormValue("text")) > 4000 {
					t.Errorf("asked with %v", r.Header)
				}
				if tc.status == 429 {
					w.Header().Set("Retry-After", "30")
				}
				w.WriteHeader(tc.status)
				fmt.Fprint(w, tc.answer)
			}))
			defer server.Close()
			s, err := NewSlack(server.URL, secret.New("xoxb-1"), transport(t))
			if err != nil {
				t.Fatal(err)
			}
			receipt, err := s.Deliver(t.Context(), evidence.Message{Key: "a", To: "#payments", Text: strings.Repeat("long ", 2000)})
			var e *Error
			if receipt != tc.receipt || (err == nil) != (tc.says == "") || isForever(err) != tc.forever {
				t.Errorf("%q %v", receipt, err)
			}
			if err != nil && (!strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "xoxb")) {
				t.Errorf("%v, want %q", err, tc.says)
			}
			if errors.As(err, &e) && e.After != tc.after {
				t.Errorf("after %s, want %s", e.After, tc.after)
			}
		})
	}
}

// verify is what a receiver of webhooks does.
func verify(r *http.Request, body []byte, shared secret.String, now time.Time) error {
	seconds, signature, ok := strings.Cut(strings.TrimPrefix(r.Header.Get(SignatureHeader), "t="), ",v1=")
	sent, err := strconv.ParseInt(seconds, 10, 64)
	if !ok || err != nil || now.Sub(time.Unix(sent, 0)).Abs() > 5*time.Minute {
		return errors.New("no signature, or an old one")
	}
	if !hmac.Equal([]byte(signature), []byte(sign(shared, seconds, body))) {
		return errors.New("not what was signed")
	}
	return nil
}

func TestWebhook(t *testing.T) {
	shared := secret.New("hunter2")
	status := 201
	var got evidence.Message
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || verify(r, body, shared, at) != nil || r.Header.Get("Idempotency-Key") != "weekly|7" {
			t.Errorf("%v, %v, %v", err, verify(r, body, shared, at), r.Header)
		}
		if verify(r, append(body, ' '), shared, at) == nil || verify(r, body, secret.New("hunter3"), at) == nil ||
			verify(r, body, shared, at.Add(time.Hour)) == nil {
			t.Error("a changed body, another secret or an old signature is taken")
		}
		if err := json.Unmarshal(body, &got); err != nil {
			t.Error(err)
		}
		w.Header().Set("Location", "/messages/1")
		if status == 302 {
			w.Header().Set("Location", "https://elsewhere.example/")
		}
		w.WriteHeader(status)
	}))
	defer server.Close()
	w, err := NewWebhook(server.URL+"/in?x=1", shared, func() time.Time { return at }, transport(t))
	if err != nil {
		t.Fatal(err)
	}
	m := evidence.Message{Key: "weekly|7", Channel: evidence.ChannelWebhook, To: "siem", Subject: "news", Text: "text", HTML: "<p>", Created: at}
	if receipt, err := w.Deliver(t.Context(), m); err != nil || receipt != "/messages/1" || got.Text != "text" || got.HTML != "" {
		t.Errorf("%q %v %+v", receipt, err, got)
	}
	for s, forever := range map[int]bool{302: false, 400: true, 401: false, 404: true, 410: true, 429: false, 500: false} {
		status = s
		if _, err := w.Deliver(t.Context(), m); err == nil || isForever(err) != forever {
			t.Errorf("%d: %v, forever %t", s, err, isForever(err))
		}
	}
	for _, address := range []string{"http://siem.example/in", "siem", "https://u:p@siem.example/"} {
		if _, err := NewWebhook(address, shared, nil, nil); err == nil {
			t.Errorf("%s is taken", address)
		}
	}
	if _, err := NewWebhook("https://siem.example", secret.String{}, nil, nil); err == nil {
		t.Error("no secret is taken")
	}
}

// tracker is a small GitHub or Jira in memory.
type tracker struct {
	t      *testing.T
	issues []*tracked
	calls  []string
}

type tracked struct {
	body, state string
	labels      []string
	comments    []string
	properties  []string
}

func (k *tracker) reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		k.t.Error(err)
	}
}

// tickets sends what a ticket goes through, each message twice, as after a crash.
func tickets(t *testing.T, d interface {
	Deliver(ctx context.Context, m evidence.Message) (string, error)
}, to string) {
	t.Helper()
	for _, step := range []struct{ action, key, text string }{
		{evidence.TicketUpdate, "0", "an update of nothing opens it"}, {evidence.TicketOpen, "1", "it fails"}, {evidence.TicketUpdate, "2", "it is overdue\n\nnow"},
		{evidence.TicketClose, "3", "it passes"}, {evidence.TicketUpdate, "4", "an update of a closed one"}, {evidence.TicketOpen, "5", "it fails again"},
		{evidence.TicketClose, "6", "it passes again"},
	} {
		for range 2 {
			receipt, err := d.Deliver(t.Context(), evidence.Message{Key: step.key, To: to, Subject: "the bucket\nis public", Text: step.text,
				Ticket: &evidence.Ticket{Key: "aws:1|check|bucket --> x", Action: step.action, Labels: []string{"high risk"}}})
			if err != nil || !strings.HasSuffix(receipt, "/1") && !strings.HasSuffix(receipt, "-1") {
				t.Errorf("%s: %q, %v", step.text, receipt, err)
			}
		}
	}
	receipt, err := d.Deliver(t.Context(), evidence.Message{Key: "7", To: to, Subject: "s", Text: "t",
		Ticket: &evidence.Ticket{Key: "another", Action: evidence.TicketClose}})
	if err != nil || receipt != "there is no such issue" {
		t.Errorf("close what is not there: %q %v", receipt, err)
	}
	if _, err := d.Deliver(t.Context(), evidence.Message{Key: "8", To: to, Text: "t"}); !isForever(err) {
		t.Errorf("about no ticket: %v", err)
	}
}

func (k *tracker) want(state string, comments int) {
	k.t.Helper()
	if len(k.issues) != 1 {
		k.t.Fatalf("%d issues", len(k.issues))
	}
	i := k.issues[0]
	if i.state != state || len(i.comments) != comments || !slices.Contains(i.labels, "exhibit") {
		k.t.Errorf("state %s, labels %q, comments %q; want %s and %d", i.state, i.labels, i.comments, state, comments)
	}
}
