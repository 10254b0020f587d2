package argocd

import (
	"strings"

	"exhibit/internal/collect"
)

// Permissions returns a policy for argocd-rbac-cm with a role for what the declared operations need and no more.
func (Provider) Permissions() string {
	var b strings.Builder
	b.WriteString("# argocd-rbac-cm, policy.csv: give the role to the account whose token exhibit uses.\n")
	for _, p := range collect.Permissions(Provider{}) {
		if strings.Contains(p, ", ") { // the others are everybody's
			b.WriteString("p, role:exhibit, " + p + ", allow\n")
		}
	}
	b.WriteString("g, exhibit, role:exhibit\n")
	return b.String()
}
