package github

import (
	"github.com/google/go-github/v88/github"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// vulnerabilityAlerts says whether alerts about known vulnerabilities of dependencies are on. The API answers by status
// code alone.
type vulnerabilityAlerts struct {
	Enabled bool `json:"enabled"`
}

// repository is a repository with its security settings.
func repository() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "github.repository",
			Title: "GitHub repository",
			Doc: with(trimmed(evidence.ShapeOf[github.Repository]()), map[string]*evidence.Shape{
				"forks":               {Kind: evidence.ShapeInt}, // sent, but not in the SDK's type
				"VulnerabilityAlerts": evidence.ShapeOf[vulnerabilityAlerts](),
			}),
			Volatile: []string{
				"/pushed_at", "/updated_at", "/size", "/forks", "/forks_count", "/network_count", "/open_issues",
				"/open_issues_count", "/stargazers_count", "/subscribers_count", "/watchers", "/watchers_count",
				"/permissions", // the caller's own rights
			},
		},
		Version: 1,
		Operations: []collect.Operation{
			listRepositories(),
			{
				Name: "repos.get", Permissions: []string{"Administration: read", "Metadata: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}",
			},
			{
				Name: "repos.checkVulnerabilityAlerts", Permissions: []string{"Administration: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/vulnerability-alerts",
				Absent: []string{codeAlertsOff},
			},
		},
	}
}
