// Package azure collects from Azure Resource Manager. Documents are the JSON that the API sent; the types of the arm
// modules give the schemas only.
//
// It never writes, and it never judges what it sees.
package azure

import "exhibit/internal/collect"

// Provider is Azure.
type Provider struct{}

// Name implements collect.Provider.
func (Provider) Name() string { return "azure" }

// Collectors implements collect.Provider.
func (Provider) Collectors() []collect.Collector {
	return []collect.Collector{roleAssignment(), storageAccount(), networkSecurityGroup(), activityLogAlert()}
}
