package collect

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestBodyRefusesWhatIsNoAnswer(t *testing.T) {
	for _, c := range []struct {
		name, text string
		html, ok   bool
	}{
		{"JSON", `{"Users":[]}`, false, true},
		{"JSON that is called a page", "\n {\"Users\":[]}", true, true},
		{"XML", "<ListUsersResponse/>", false, true},
		{"a captive portal", "\r\n<html>Welcome to the hotel</html>", true, false},
		{"nothing", "", false, false},
		{"nothing, called a page", "", true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &body{ReadCloser: io.NopCloser(strings.NewReader(c.text)), left: maxAnswer, answers: true, page: c.html}
			got, err := io.ReadAll(b)
			if c.ok && (err != nil || string(got) != c.text) || !c.ok && !errors.Is(err, errMalformed) {
				t.Errorf("read %q, %v", got, err)
			}
		})
	}
}

func TestBodyEnds(t *testing.T) {
	for _, answers := range []bool{true, false} {
		b := &body{ReadCloser: io.NopCloser(strings.NewReader("0123456789")), left: 9, answers: answers}
		if got, err := io.ReadAll(b); !errors.Is(err, errMalformed) {
			t.Errorf("read %q, %v", got, err)
		}
	}
	b := &body{ReadCloser: io.NopCloser(strings.NewReader("")), left: 9}
	if _, err := io.ReadAll(b); err != nil {
		t.Errorf("an error without words: %v", err)
	}
}
