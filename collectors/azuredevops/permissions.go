package azuredevops

import (
	"encoding/json"

	"exhibit/internal/collect"
)

// Permissions returns the scopes that a token needs for the declared operations and no more. An identity of Microsoft Entra
// has no scopes: what it may see is what it is allowed in the organisation, which for a personal token holds as well.
func (Provider) Permissions() string {
	raw, err := json.MarshalIndent(map[string]any{"scopes": collect.Permissions(Provider{})}, "", "  ")
	if err != nil {
		panic(err) // strings always encode
	}
	return string(raw) + "\n"
}

// What operations need: scopes of a token.
const (
	readCode           = "vso.code"
	readProjects       = "vso.project"
	readBuilds         = "vso.build"
	readAuditLog       = "vso.auditlog"
	readEndpoints      = "vso.serviceendpoint"
	useResources       = "vso.pipelineresources_use" // the least that tells which pipelines may use a thing
	manageEnvironments = "vso.environment_manage"    // there is none to read them
)
