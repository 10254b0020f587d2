package jenkins

import (
	"encoding/json"

	"exhibit/internal/collect"
)

// Permissions returns what the user needs for the declared operations and no more, in the words of the permissions matrix.
// Overall/SystemRead and Job/ExtendedRead have to be made visible there (jenkins.security.SystemReadPermission=true, and the
// plugin Extended Read Permission).
func (Provider) Permissions() string {
	raw, err := json.MarshalIndent(map[string]any{"user": "exhibit", "permissions": collect.Permissions(Provider{})}, "", "  ")
	if err != nil {
		panic(err) // strings always encode
	}
	return string(raw) + "\n"
}
