package gitlab

import (
	"encoding/json"
	"testing"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"exhibit/internal/evidence"
)

func TestTrim(t *testing.T) {
	doc, err := trim(json.RawMessage(`{
		"id": 12345678901234567890, "_links": {"self": "x"}, "web_url": "kept", "description": "text", "visibility": "private",
		"owner": {"username": "ann", "avatar_url": "a", "email": "ann@example.com"}, "runners_token": "secret",
		"list": [{"author_email": "x", "ip_address": "192.0.2.1", "author_email_regex": "kept"}], "empty": []}`), "description")
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"empty":[],"id":12345678901234567890,"list":[{"author_email_regex":"kept"}],"owner":{"username":"ann"},` +
		`"visibility":"private","web_url":"kept"}`
	if string(got) != want {
		t.Errorf("trimmed to\n%s\nwant\n%s", got, want)
	}
	for _, raw := range []string{`null`, `[]`, `{`, ``} {
		if _, err := trim(json.RawMessage(raw)); err == nil {
			t.Errorf("trim %q: no error", raw)
		}
	}
}

func TestTrimmedShape(t *testing.T) {
	s := trimmed(evidence.ShapeOf[gitlab.Project](), unkeptOfProjects()...)
	for _, gone := range []string{"/description", "/runners_token", "/ssh_url_to_repo", "/import_url", "/namespace/avatar_url"} {
		if s.At(gone) != nil {
			t.Errorf("%s is in the shape, not in the document", gone)
		}
	}
	for _, kept := range []string{"/web_url", "/merge_method", "/namespace/full_path"} {
		if s.At(kept) == nil {
			t.Errorf("%s is in the document, not in the shape", kept)
		}
	}
}

func FuzzTrim(f *testing.F) {
	f.Add([]byte(`{"a":[{"url":"x","b":1e400}],"web_url":"h"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := trim(raw)
		if err != nil {
			return
		}
		again, err := json.Marshal(doc)
		if err != nil {
			t.Fatalf("trimmed %q cannot be written: %v", raw, err)
		}
		if _, err := trim(again); err != nil {
			t.Errorf("trimmed %q to %q, which cannot be read: %v", raw, again, err)
		}
	})
}
