package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecretRead(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"token": "hunter2\n", "empty": "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	getenv := func(name string) string { return map[string]string{"TOKEN": "hunter3"}[name] }
	for _, tc := range []struct {
		secret Secret
		want   string
		fails  string
	}{
		{Secret{File: "token"}, "hunter2", ""},
		{Secret{File: filepath.Join(dir, "token")}, "hunter2", ""},
		{Secret{Env: "TOKEN"}, "hunter3", ""},
		{Secret{Env: "OTHER"}, "", "OTHER: it is not set"},
		{Secret{File: "empty"}, "", "it is empty"},
		{Secret{File: "gone"}, "", "no such file"},
	} {
		got, err := tc.secret.in(dir).Read(getenv)
		if (err == nil) != (tc.fails == "") || err != nil && !strings.Contains(err.Error(), tc.fails) || got.Reveal() != tc.want {
			t.Errorf("%+v: %q %v, want %q %q", tc.secret, got.Reveal(), err, tc.want, tc.fails)
		}
	}
}
