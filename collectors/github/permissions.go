package github

import (
	"encoding/json"
	"strings"

	"exhibit/internal/collect"
)

// Permissions returns what a fine-grained token or an app needs for the declared operations and no more, in the form in
// which an app's manifest names it.
func (Provider) Permissions() string {
	need := map[string]string{}
	for _, p := range collect.Permissions(Provider{}) {
		name, level, _ := strings.Cut(p, ": ")
		need[manifestName(name)] = level
	}
	raw, err := json.MarshalIndent(map[string]any{"default_permissions": need}, "", "  ")
	if err != nil {
		panic(err) // strings always encode
	}
	return string(raw) + "\n"
}

// manifestName is the name in an app's manifest of the permission that GitHub's pages call name.
func manifestName(name string) string {
	switch name {
	case "Commit statuses":
		return "statuses"
	case "Code scanning alerts":
		return "security_events"
	case "Dependabot alerts":
		return "vulnerability_alerts"
	case "Organization webhooks":
		return "organization_hooks"
	case "Webhooks":
		return "repository_hooks"
	}
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(name))
}
