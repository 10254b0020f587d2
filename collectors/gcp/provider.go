// Package gcp collects from Google Cloud over its REST APIs. Documents are the JSON that the API sent, never a struct that
// drops what is false or zero; the types of google.golang.org/api give the schemas only.
//
// It never writes, and it never judges what it sees.
package gcp

import "exhibit/internal/collect"

// Provider is Google Cloud.
type Provider struct{}

// Name implements collect.Provider.
func (Provider) Name() string { return "gcp" }

// Collectors implements collect.Provider.
func (Provider) Collectors() []collect.Collector {
	return []collect.Collector{policyBinding(), auditConfig(), bucket(), firewall(), sink()}
}

// getProjectPolicy is the one call behind two subject types.
func getProjectPolicy() collect.Operation {
	return collect.Operation{
		Name: "cloudresourcemanager.projects.getIamPolicy", Permissions: []string{"resourcemanager.projects.getIamPolicy"},
		Method: "POST", Path: "/v3/projects/{project}:getIamPolicy",
	}
}
