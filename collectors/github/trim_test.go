package github

import (
	"encoding/json"
	"testing"

	"github.com/google/go-github/v88/github"

	"exhibit/internal/evidence"
)

func TestTrim(t *testing.T) {
	doc, err := trim(json.RawMessage(`{
		"id": 12345678901234567890, "url": "u", "html_url": "h", "body": "text", "private": false, "topics": [],
		"owner": {"login": "acme", "avatar_url": "a", "followers_url": "f"},
		"list": [{"node_id": "n", "_links": {"self": {"href": "x"}}, "log_url": "kept"}],
		"mirror_url": null}`), "body")
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"html_url":"h","id":12345678901234567890,"list":[{"log_url":"kept"}],"mirror_url":null,` +
		`"owner":{"login":"acme"},"private":false,"topics":[]}`
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
	s := trimmed(evidence.ShapeOf[github.PullRequest](), "body")
	for _, gone := range []string{"/body", "/url", "/_links", "/user/avatar_url", "/head/repo/owner/url"} {
		if s.At(gone) != nil {
			t.Errorf("%s is in the shape, not in the document", gone)
		}
	}
	for _, kept := range []string{"/merged_by/login", "/html_url", "/base/repo/full_name"} {
		if s.At(kept) == nil {
			t.Errorf("%s is in the document, not in the shape", kept)
		}
	}
}

func TestRunOf(t *testing.T) {
	r := repo{FullName: "acme/payments"}
	status := func(key, u string) []map[string]any { return []map[string]any{{"state": "success"}, {key: u}} }
	for name, tt := range map[string]struct {
		in   []map[string]any
		want string
	}{
		"log":                 {status("log_url", "https://github.com/acme/payments/actions/runs/77/job/5"), "77"},
		"other case":          {status("log_url", "https://github.com/Acme/Payments/actions/runs/78"), "78"},
		"another repository":  {status("log_url", "https://github.com/acme/other/actions/runs/77"), ""},
		"no run":              {status("log_url", "https://ci.example.com/77"), ""},
		"no number":           {status("log_url", "https://github.com/acme/payments/actions/runs/..%2f..%2fuser"), ""},
		"not text":            {[]map[string]any{{"log_url": json.Number("1")}}, ""},
		"nothing":             {nil, ""},
		"path climbs upwards": {status("log_url", "https://github.com/acme/payments/actions/runs/../7"), ""},
	} {
		if got := runOf(r, tt.in); got != tt.want {
			t.Errorf("%s: run %q, want %q", name, got, tt.want)
		}
	}
}

func FuzzTrim(f *testing.F) {
	f.Add([]byte(`{"a":[{"url":"x","b":1e400}],"html_url":"h"}`))
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
