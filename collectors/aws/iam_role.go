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

// RoleDoc is an IAM role with who may take it and what it may do. Policy documents are plain JSON text.
type RoleDoc struct {
	Arn                      *string
	RoleName                 *string
	RoleId                   *string
	Path                     *string
	CreateDate               *time.Time
	AssumeRolePolicyDocument *string
	AttachedPolicies         []types.AttachedPolicy
	InlinePolicies           []types.PolicyDetail
	PermissionsBoundary      *types.AttachedPermissionsBoundary
	RoleLastUsed             *types.RoleLastUsed
	Tags                     []types.Tag
}

func iamRole() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "aws.iam.role",
			Title:    "IAM role",
			Doc:      evidence.ShapeOf[RoleDoc](),
			Volatile: []string{"/RoleLastUsed"},
		},
		Version:    1,
		Operations: []collect.Operation{detailsOperation(), summaryOperation()},
		Collect:    collect.Typed(collectRoles),
	}
}

func collectRoles(ctx context.Context, s *session, t *collect.Task) error {
	err := s.details(ctx, t, types.EntityTypeRole, func(page *iam.GetAccountAuthorizationDetailsOutput) error {
		t.Listed(len(page.RoleDetailList))
		for _, r := range page.RoleDetailList {
			sub := subject(aws.ToString(r.Arn), aws.ToString(r.RoleName))
			sub.Tags = iamTags(r.Tags)
			err := s.emit(ctx, t, sub, RoleDoc{
				Arn: r.Arn, RoleName: r.RoleName, RoleId: r.RoleId, Path: r.Path, CreateDate: r.CreateDate,
				AssumeRolePolicyDocument: plain(r.AssumeRolePolicyDocument),
				AttachedPolicies:         some(r.AttachedManagedPolicies),
				InlinePolicies:           plainAll(r.RolePolicyList),
				PermissionsBoundary:      r.PermissionsBoundary,
				RoleLastUsed:             r.RoleLastUsed,
				Tags:                     r.Tags,
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.count(ctx, t, "Roles")
}
