package aws

import (
	"encoding/json"

	"exhibit/internal/collect"
)

// policy is an IAM policy document.
type policy struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid      string
	Effect   string
	Action   []string
	Resource string
}

// Permissions returns an IAM policy with the actions that the declared operations need and no more. List and describe
// actions know no narrower resource than all; nothing in it reads an object, a secret or a log.
func (Provider) Permissions() string {
	raw, err := json.MarshalIndent(policy{
		Version: "2012-10-17",
		Statement: []statement{{
			Sid: "ExhibitReadsConfiguration", Effect: "Allow", Action: collect.Permissions(Provider{}), Resource: "*",
		}},
	}, "", "  ")
	if err != nil {
		panic(err) // strings always encode
	}
	return string(raw) + "\n"
}
