package aws

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// PolicyDoc is a managed policy with the text of its default version.
type PolicyDoc struct {
	Arn                           *string
	PolicyName                    *string
	PolicyId                      *string
	Path                          *string
	Description                   *string
	AttachmentCount               *int32
	PermissionsBoundaryUsageCount *int32
	IsAttachable                  bool
	DefaultVersionId              *string
	CreateDate                    *time.Time
	UpdateDate                    *time.Time
	// Document is the default version's plain JSON text.
	Document *string
}

func iamPolicy() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.iam.policy",
			Title: "Customer managed IAM policy",
			Doc:   evidence.ShapeOf[PolicyDoc](),
		},
		Version:    1,
		Operations: []collect.Operation{detailsOperation(), summaryOperation()},
		Collect:    collect.Typed(collectPolicies),
	}
}

func collectPolicies(ctx context.Context, s *session, t *collect.Task) error {
	const kind = types.EntityTypeLocalManagedPolicy
	err := s.details(ctx, t, kind, func(page *iam.GetAccountAuthorizationDetailsOutput) error {
		t.Listed(len(page.Policies))
		for _, p := range page.Policies {
			if err := s.emit(ctx, t, subject(aws.ToString(p.Arn), aws.ToString(p.PolicyName)), policyDoc(p)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.count(ctx, t, "Policies")
}

func policyDoc(p types.ManagedPolicyDetail) PolicyDoc {
	return PolicyDoc{
		Arn: p.Arn, PolicyName: p.PolicyName, PolicyId: p.PolicyId, Path: p.Path, Description: p.Description,
		AttachmentCount: p.AttachmentCount, PermissionsBoundaryUsageCount: p.PermissionsBoundaryUsageCount,
		IsAttachable: p.IsAttachable, DefaultVersionId: p.DefaultVersionId,
		CreateDate: p.CreateDate, UpdateDate: p.UpdateDate, Document: defaultVersion(p),
	}
}

// defaultVersion returns the text of the version in force.
func defaultVersion(p types.ManagedPolicyDetail) *string {
	for _, v := range p.PolicyVersionList {
		if v.IsDefaultVersion {
			return plain(v.Document)
		}
	}
	return nil
}
