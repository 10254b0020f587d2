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
		need[strings.ReplaceAll(strings.ToLower(name), " ", "_")] = level
	}
	raw, err := json.MarshalIndent(map[string]any{"default_permissions": need}, "", "  ")
	if err != nil {
		panic(err) // strings always encode
	}
	return string(raw) + "\n"
}
