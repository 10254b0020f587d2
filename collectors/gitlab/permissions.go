package gitlab

import (
	"encoding/json"
	"slices"
	"strings"

	"exhibit/internal/collect"
)

// Permissions returns what the token needs for the declared operations and no more: its scopes, and the role in the
// group that the least of the operations may be asked with.
func (Provider) Permissions() string {
	roles := []string{"Guest", "Reporter", "Developer", "Maintainer", "Owner"}
	role, scopes := 0, []string{}
	for _, p := range collect.Permissions(Provider{}) {
		scope, as, _ := strings.Cut(p, " as ")
		if !slices.Contains(scopes, scope) {
			scopes = append(scopes, scope)
		}
		role = max(role, slices.Index(roles, as))
	}
	slices.Sort(scopes)
	raw, err := json.MarshalIndent(map[string]any{"scopes": scopes, "role": roles[role]}, "", "  ")
	if err != nil {
		panic(err) // strings always encode
	}
	return string(raw) + "\n"
}

// What operations need: a scope of the token, and the role that it has in the group.
const (
	asReporter   = "read_api as Reporter"
	asDeveloper  = "read_api as Developer"
	asMaintainer = "read_api as Maintainer"
	asOwner      = "read_api as Owner"
)
