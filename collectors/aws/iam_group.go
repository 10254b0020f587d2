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

// GroupDoc is an IAM group with what it gives its members. Who they are stands in each user's Groups.
type GroupDoc struct {
	Arn              *string
	GroupName        *string
	GroupId          *string
	Path             *string
	CreateDate       *time.Time
	AttachedPolicies []types.AttachedPolicy
	InlinePolicies   []types.PolicyDetail // PolicyDocument is plain JSON text, not percent-encoded
}

func iamGroup() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.iam.group",
			Title: "IAM group",
			Doc:   evidence.ShapeOf[GroupDoc](),
		},
		Version:    1,
		Operations: []collect.Operation{detailsOperation(), summaryOperation()},
		Collect:    collect.Typed(collectGroups),
	}
}

func collectGroups(ctx context.Context, s *session, t *collect.Task) error {
	err := s.details(ctx, t, types.EntityTypeGroup, func(page *iam.GetAccountAuthorizationDetailsOutput) error {
		t.Listed(len(page.GroupDetailList))
		for _, g := range page.GroupDetailList {
			err := s.emit(ctx, t, subject(aws.ToString(g.Arn), aws.ToString(g.GroupName)), GroupDoc{
				Arn: g.Arn, GroupName: g.GroupName, GroupId: g.GroupId, Path: g.Path, CreateDate: g.CreateDate,
				AttachedPolicies: some(g.AttachedManagedPolicies), InlinePolicies: plainAll(g.GroupPolicyList),
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
	return s.count(ctx, t, "Groups")
}
