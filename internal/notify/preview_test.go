package notify

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"slices"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

// TestWrite reads a mail back as another program does: a text, the same in HTML, and a picture that the HTML names.
func TestWrite(t *testing.T) {
	m, err := NewMail(MailOptions{Server: "smtp://localhost", Plain: true, From: "exhibit <exhibit@example.com>"})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	err = m.Write(&b, evidence.Message{Key: "k", To: "ann@example.com", Subject: "1 new high finding", Text: "text",
		HTML: "<p>html</p>", Images: map[string][]byte{"days": []byte("png")},
		Created: time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	msg, err := mail.ReadMessage(&b)
	if err != nil {
		t.Fatal(err)
	}
	if msg.Header.Get("Subject") != "1 new high finding" || msg.Header.Get("To") != "<ann@example.com>" {
		t.Errorf("headers %v", msg.Header)
	}
	got := leaves(t, msg.Header.Get("Content-Type"), msg.Body)
	if want := []string{"text/plain", "text/html", "image/png <days>"}; !slices.Equal(got, want) {
		t.Errorf("parts %v, want %v", got, want)
	}
}

// leaves returns the types of the parts that hold something, with their content ids.
func leaves(t *testing.T, contentType string, body io.Reader) []string {
	t.Helper()
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for r := multipart.NewReader(body, params["boundary"]); ; {
		p, err := r.NextPart()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		kind, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		if params["boundary"] != "" {
			out = append(out, leaves(t, p.Header.Get("Content-Type"), p)...)
			continue
		}
		if id := p.Header.Get("Content-ID"); id != "" {
			kind += " " + id
		}
		out = append(out, kind)
	}
}
