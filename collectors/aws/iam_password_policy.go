package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// PasswordPolicyDoc is the account's password policy. The subject exists in every account; PasswordPolicy is absent
// when none is set.
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
		Operations: []collect.Operation{{
			Name: "iam:GetAccountPasswordPolicy", Permissions: []string{"iam:GetAccountPasswordPolicy"},
			Absent: []string{"NoSuchEntity"},
		}},
		Collect: collect.Typed(collectPasswordPolicy),
	}
}

func collectPasswordPolicy(ctx context.Context, s *session, t *collect.Task) error {
	out, err := ask(ctx, t, "iam:GetAccountPasswordPolicy",
		func(ctx context.Context) (*iam.GetAccountPasswordPolicyOutput, error) {
			return s.iam().GetAccountPasswordPolicy(ctx, nil)
		})
	var doc PasswordPolicyDoc
	switch {
	case collect.IsAbsent(err):
	case err != nil:
		return err
	default:
		doc.PasswordPolicy = out.PasswordPolicy
	}
	t.Listed(1)
	return s.emit(ctx, t, subject(s.iamARN("password-policy"), "password policy"), doc)
}
