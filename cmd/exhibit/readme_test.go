package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"exhibit/internal/config"
	"exhibit/internal/daemon"
)

// TestReadme reads every configuration that the README shows, and looks up every command that it names.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	read := 0
	for _, b := range blocks {
		if strings.HasPrefix(b[1], "# acceptances/") {
			continue // an acceptance, not a configuration
		}
		read++
		if _, err := config.Parse("exhibit.yaml", []byte(b[1]), daemon.ProviderNames()); err != nil {
			t.Errorf("%v\n%s", err, b[1])
		}
	}
	if read < 5 {
		t.Errorf("%d configurations", read)
	}
	c := &command{}
	for _, m := range regexp.MustCompile("(?m)`exhibit ([a-z-]+)( [a-z]+)?|^\\./exhibit ([a-z-]+)").FindAllStringSubmatch(string(text), -1) {
		name := m[1] + m[3]
		cmd, _, err := c.root().Find([]string{name})
		if err != nil || cmd.Name() != name && name != "completion" && name != "help" {
			t.Errorf("there is no command %q", name)
		}
	}
}
