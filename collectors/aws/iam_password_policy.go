package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// PasswordPolicyDoc is the account's password policy. The subject exists in every account; PasswordPolicy is absent when
// none is set.
type PasswordPolicyDoc struct {
	PasswordPolicy *types.PasswordPolicy
}

func iamPasswordPolicy() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.iam.password-policy",
			Title: "Password policy of the account",
			Doc:   evidence.ShapeOf[PasswordPolicyDoc](),
		},
		Version: 1,
	}
}
