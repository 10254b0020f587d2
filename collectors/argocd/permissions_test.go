package argocd

import "testing"

func TestPermissions(t *testing.T) {
	want := `# argocd-rbac-cm, policy.csv: give the role to the account whose token exhibit uses.
p, role:exhibit, accounts, get, *, allow
p, role:exhibit, applications, get, */*, allow
p, role:exhibit, projects, get, *, allow
g, exhibit, role:exhibit
`
	if got := (Provider{}).Permissions(); got != want {
		t.Errorf("permissions:\n%s\nwant:\n%s", got, want)
	}
}
