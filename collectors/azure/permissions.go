package azure

import (
	"encoding/json"

	"exhibit/internal/collect"
)

// roleDefinition is a custom role as the Azure CLI reads it.
type roleDefinition struct {
	Name             string
	IsCustom         bool
	Description      string
	Actions          []string
	NotActions       []string
	DataActions      []string
	NotDataActions   []string
	AssignableScopes []string
}

// Permissions returns a custom role, for `az role definition create --role-definition @FILE`, with what the declared
// operations need and no more. The subscription in it is to be filled in.
func (Provider) Permissions() string {
	raw, err := json.MarshalIndent(roleDefinition{
		Name:             "exhibit reader",
		IsCustom:         true,
		Description:      "Reads the configuration that exhibit collects as evidence. It reads no data and changes nothing.",
		Actions:          collect.Permissions(Provider{}),
		NotActions:       []string{},
		DataActions:      []string{},
		NotDataActions:   []string{},
		AssignableScopes: []string{"/subscriptions/SUBSCRIPTION"},
	}, "", "  ")
	if err != nil {
		panic(err) // strings always encode
	}
	return string(raw) + "\n"
}
