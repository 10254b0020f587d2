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
			b := &body{ReadCloser: io.NopCloser(strings.NewReader(c.text)), page: c.html}
			got, err := io.ReadAll(b)
			if c.ok && (err != nil || string(got) != c.text) || !c.ok && !errors.Is(err, errMalformed) {
				t.Errorf("read %q, %v", got, err)
			}
		})
	}
}
