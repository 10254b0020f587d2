package aws

import (
	"cmp"
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/identitystore/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// IdentityGroupDoc is a group in Identity Center's store with its members.
type IdentityGroupDoc struct {
	GroupId         *string
	IdentityStoreId *string
	DisplayName     *string
	Description     *string
	ExternalIds     []types.ExternalId
	CreatedAt       *time.Time
	CreatedBy       *string
	UpdatedAt       *time.Time
	UpdatedBy       *string
	Members         []IdentityMember
}

// IdentityMember is one membership.
type IdentityMember struct {
	MembershipId *string
	UserId       *string
}

func identitystoreGroup() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "aws.identitystore.group",
			Title:    "Group of IAM Identity Center",
			Doc:      evidence.ShapeOf[IdentityGroupDoc](),
			Volatile: []string{"/UpdatedAt", "/UpdatedBy"},
		},
		Version: 1,
		Operations: []collect.Operation{
			{Name: "identitystore:ListGroups", Permissions: []string{"identitystore:ListGroups"}},
			instancesOperation(),
			{
				Name: "identitystore:ListGroupMemberships", Permissions: []string{"identitystore:ListGroupMemberships"},
				Absent: []string{"ResourceNotFoundException"},
			},
		},
		Collect: collect.Typed(collectIdentityGroups),
	}
}

func collectIdentityGroups(ctx context.Context, s *session, t *collect.Task) error {
	instances, err := s.instances(ctx, t)
	if err != nil {
		return err
	}
	for _, i := range instances {
		region := aws.ToString(i.PrimaryRegion)
		p := identitystore.NewListGroupsPaginator(s.identitystore(region), &identitystore.ListGroupsInput{
			IdentityStoreId: i.IdentityStoreId, MaxResults: aws.Int32(ssoPage),
		})
		err := pages(ctx, t.In(region), "identitystore:ListGroups", p, func(page *identitystore.ListGroupsOutput) error {
			t.Listed(len(page.Groups))
			return collect.Each(ctx, page.Groups, func(ctx context.Context, g types.Group) error {
				return s.identityGroup(ctx, t.In(region), region, g)
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *session) identityGroup(ctx context.Context, t *collect.Task, region string, g types.Group) error {
	sub := subject(cmp.Or(aws.ToString(g.GroupArn), s.identityARN("group", g.GroupId)), aws.ToString(g.DisplayName))
	doc := IdentityGroupDoc{
		GroupId: g.GroupId, IdentityStoreId: g.IdentityStoreId, DisplayName: g.DisplayName, Description: g.Description,
		ExternalIds: g.ExternalIds, CreatedAt: g.CreatedAt, CreatedBy: g.CreatedBy, UpdatedAt: g.UpdatedAt,
		UpdatedBy: g.UpdatedBy,
	}
	members := []IdentityMember{}
	p := identitystore.NewListGroupMembershipsPaginator(s.identitystore(region),
		&identitystore.ListGroupMembershipsInput{
			IdentityStoreId: g.IdentityStoreId, GroupId: g.GroupId, MaxResults: aws.Int32(ssoPage),
		})
	err := pages(ctx, t, "identitystore:ListGroupMemberships", p,
		func(page *identitystore.ListGroupMembershipsOutput) error {
			for _, m := range page.GroupMemberships {
				member := IdentityMember{MembershipId: m.MembershipId}
				if user, ok := m.MemberId.(*types.MemberIdMemberUserId); ok {
					member.UserId = &user.Value
				}
				members = append(members, member)
			}
			return nil
		})
	switch {
	case collect.IsAbsent(err):
		t.Exclude(deleted, 1)
		return nil
	case err == nil:
		doc.Members = members
	default:
		if err := t.Miss(&sub, "Members", err); err != nil {
			return err
		}
	}
	return s.emit(ctx, t, sub, doc)
}
