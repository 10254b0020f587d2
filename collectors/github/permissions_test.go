package github

import "testing"

func TestPermissions(t *testing.T) {
	want := `{
  "default_permissions": {
    "actions": "read",
    "administration": "read",
    "deployments": "read",
    "metadata": "read",
    "pull_requests": "read"
  }
}
`
	if got := (Provider{}).Permissions(); got != want {
		t.Errorf("permissions:\n%s\nwant:\n%s", got, want)
	}
}
