// Package collectors is the explicit list of what exhibit can collect from. It holds nothing else.
package collectors

import (
	"exhibit/collectors/argocd"
	"exhibit/collectors/aws"
	"exhibit/collectors/azure"
	"exhibit/collectors/azuredevops"
	"exhibit/collectors/file"
	"exhibit/collectors/gcp"
	"exhibit/collectors/git"
	"exhibit/collectors/github"
	"exhibit/collectors/gitlab"
	"exhibit/collectors/ingest"
	"exhibit/collectors/jenkins"
	"exhibit/internal/collect"
)

// All returns every provider, in order of name.
func All() []collect.Provider {
	return []collect.Provider{
		argocd.Provider{},
		aws.Provider{},
		azure.Provider{},
		azuredevops.Provider{},
		file.Provider{},
		gcp.Provider{},
		git.Provider{},
		github.Provider{},
		gitlab.Provider{},
		ingest.Provider{},
		jenkins.Provider{},
	}
}
