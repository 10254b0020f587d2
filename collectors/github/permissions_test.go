package github

import "testing"

func TestPermissions(t *testing.T) {
	want := `{
  "default_permissions": {
    "actions": "read",
    "administration": "read",
    "attestations": "read",
    "checks": "read",
    "contents": "read",
    "deployments": "read",
    "environments": "read",
    "issues": "read",
    "members": "read",
    "metadata": "read",
    "organization_administration": "read",
    "organization_hooks": "read",
    "organization_secrets": "read",
    "organization_self_hosted_runners": "read",
    "pull_requests": "read",
    "repository_hooks": "read",
    "secret_scanning_alerts": "read",
    "secrets": "read",
    "security_events": "read",
    "statuses": "read",
    "vulnerability_alerts": "read"
  }
}
`
	if got := (Provider{}).Permissions(); got != want {
		t.Errorf("permissions:\n%s\nwant:\n%s", got, want)
	}
}
