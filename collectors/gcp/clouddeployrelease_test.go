package gcp

import (
	"maps"
	"strings"
	"testing"
)

// TestCommitsOf holds that nothing but a commit, under a name that is declared for one, is kept in clear.
func TestCommitsOf(t *testing.T) {
	full := strings.Repeat("0a", 20)
	got := commitsOf(map[string]any{
		"git-sha": full, "commitId": "0065ca0", "commit": "https://github.com/acme/shop/commit/" + full,
		"revision": "s3cret-value", "git-commit": full + full, "commit-sha": strings.ToUpper(full), "commit_sha": 12345678,
		"git_sha": "https://token@github.com/acme/shop/commit/" + full, "gitCommit": "https://h.example/a/b/commit/" + full + "?token=s",
		"commit-id": "http://h.example/a/b/commit/" + full, "token": full,
	})
	want := map[string]string{"git-sha": full, "commitId": "0065ca0", "commit": "https://github.com/acme/shop/commit/" + full}
	if !maps.Equal(got, want) {
		t.Errorf("kept %v", got)
	}
	if got := commitsOf("text"); len(got) > 0 {
		t.Errorf("kept %v", got)
	}
}
