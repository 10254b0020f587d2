// Package github collects from GitHub over its REST API. Documents are the JSON that the API sent without its links to
// other answers, texts that people typed (bodies, deployment payloads) and signatures; the types of go-github give the
// schemas only.
//
// It never writes, it never reads a file of a repository, and it never judges what it sees.
package github

import "exhibit/internal/collect"

// Provider is GitHub.
type Provider struct{}

// Name implements collect.Provider.
func (Provider) Name() string { return "github" }

// Collectors implements collect.Provider.
func (Provider) Collectors() []collect.Collector {
	return []collect.Collector{repository(), branch(), pullRequest(), deployment()}
}

// listRepositories is the call behind all subject types.
func listRepositories() collect.Operation {
	return collect.Operation{
		Name: "repos.listForOrg", Permissions: []string{"Metadata: read"},
		Method: "GET", Path: "/orgs/{org}/repos",
	}
}
