package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// notInUse is why one of AWS's own policies is left out: there are more than a thousand, the same for everybody.
const notInUse = "policy of AWS's that nothing in the account uses"

// iamManagedPolicy collects the policies that AWS keeps for all accounts, as far as this one uses them. They are a type of
// their own because nobody here can change them, and because the account's count of policies leaves them out.
func iamManagedPolicy() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.iam.managed-policy",
			Title: "IAM policy managed by AWS, in use",
			Doc:   evidence.ShapeOf[PolicyDoc](),
		},
		Version:    1,
		Operations: []collect.Operation{detailsOperation()},
		Collect:    collect.Typed(collectManagedPolicies),
	}
}

func collectManagedPolicies(ctx context.Context, s *session, t *collect.Task) error {
	const kind = types.EntityTypeAWSManagedPolicy
	return s.details(ctx, t, kind, func(page *iam.GetAccountAuthorizationDetailsOutput) error {
		t.Listed(len(page.Policies))
		for _, p := range page.Policies {
			if aws.ToInt32(p.AttachmentCount) == 0 && aws.ToInt32(p.PermissionsBoundaryUsageCount) == 0 {
				t.Exclude(notInUse, 1)
				continue
			}
			if err := s.emit(ctx, t, subject(aws.ToString(p.Arn), aws.ToString(p.PolicyName)), policyDoc(p)); err != nil {
				return err
			}
		}
		return nil
	})
}
