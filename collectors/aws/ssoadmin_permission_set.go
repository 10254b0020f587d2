package aws

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// PermissionSetDoc is what people who sign in through Identity Center may do where the set is assigned to them.
type PermissionSetDoc struct {
	*types.PermissionSet
	InstanceArn *string
	// InlinePolicy is its JSON text; absent when there is none.
	InlinePolicy            *string
	AttachedManagedPolicies []types.AttachedManagedPolicy
	// CustomerManagedPolicyReferences name policies that each account has of its own.
	CustomerManagedPolicyReferences []types.CustomerManagedPolicyReference
	// PermissionsBoundary is absent when there is none.
	PermissionsBoundary *types.PermissionsBoundary
}

func ssoadminPermissionSet() collect.Collector {
	op := func(name string, absent ...string) collect.Operation {
		return collect.Operation{Name: "ssoadmin:" + name, Permissions: []string{"sso:" + name}, Absent: absent}
	}
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.ssoadmin.permission-set",
			Title: "Permission set of IAM Identity Center",
			Doc:   evidence.ShapeOf[PermissionSetDoc](),
		},
		Version: 1,
		Operations: []collect.Operation{
			setsOperation(),
			instancesOperation(),
			op("DescribePermissionSet", "ResourceNotFoundException"),
			op("GetInlinePolicyForPermissionSet", "ResourceNotFoundException"),
			op("ListManagedPoliciesInPermissionSet", "ResourceNotFoundException"),
			op("ListCustomerManagedPolicyReferencesInPermissionSet", "ResourceNotFoundException"),
			op("GetPermissionsBoundaryForPermissionSet", "ResourceNotFoundException"),
		},
		Collect: collect.Typed(collectPermissionSets),
	}
}

func collectPermissionSets(ctx context.Context, s *session, t *collect.Task) error {
	sets, err := s.sets(ctx, t)
	if err != nil {
		return err
	}
	t.Listed(len(sets))
	return collect.Each(ctx, sets, func(ctx context.Context, set permissionSet) error {
		return s.permissionSet(ctx, t.In(set.region), set)
	})
}

func (s *session) permissionSet(ctx context.Context, t *collect.Task, set permissionSet) error {
	sub := subject(set.arn, set.arn)
	doc := PermissionSetDoc{InstanceArn: set.instance.InstanceArn}
	described, err := ask(ctx, t, "ssoadmin:DescribePermissionSet",
		func(ctx context.Context) (*ssoadmin.DescribePermissionSetOutput, error) {
			out, err := s.ssoadmin(set.region).DescribePermissionSet(ctx, &ssoadmin.DescribePermissionSetInput{
				InstanceArn: set.instance.InstanceArn, PermissionSetArn: &set.arn,
			})
			if err == nil && out.PermissionSet == nil {
				err = errors.New("the answer describes no permission set")
			}
			return out, err
		})
	switch {
	case collect.IsAbsent(err):
		t.Exclude(deleted, 1)
		return nil
	case err == nil:
		doc.PermissionSet = described.PermissionSet
		sub.Name = aws.ToString(doc.Name)
	default:
		for _, key := range []string{
			"Name", "Description", "PermissionSetArn", "CreatedDate", "RelayState", "SessionDuration",
		} {
			if err := t.Miss(&sub, key, err); err != nil {
				return err
			}
		}
	}
	for _, part := range []struct {
		key string
		ask func(context.Context, *collect.Task, permissionSet, *PermissionSetDoc) error
	}{
		{"InlinePolicy", s.inlinePolicy}, {"AttachedManagedPolicies", s.attachedPolicies},
		{"CustomerManagedPolicyReferences", s.policyReferences}, {"PermissionsBoundary", s.setBoundary},
	} {
		if err := t.Miss(&sub, part.key, part.ask(ctx, t, set, &doc)); err != nil {
			return err
		}
	}
	return s.emit(ctx, t, sub, doc)
}

func (s *session) inlinePolicy(ctx context.Context, t *collect.Task, set permissionSet, doc *PermissionSetDoc) error {
	return t.Call(ctx, "ssoadmin:GetInlinePolicyForPermissionSet", func(ctx context.Context) error {
		out, err := s.ssoadmin(set.region).GetInlinePolicyForPermissionSet(ctx,
			&ssoadmin.GetInlinePolicyForPermissionSetInput{
				InstanceArn: set.instance.InstanceArn, PermissionSetArn: &set.arn,
			})
		if err == nil && aws.ToString(out.InlinePolicy) != "" { // empty is none
			doc.InlinePolicy = out.InlinePolicy
		}
		return err
	})
}

func (s *session) attachedPolicies(ctx context.Context, t *collect.Task, set permissionSet, doc *PermissionSetDoc) error {
	p := ssoadmin.NewListManagedPoliciesInPermissionSetPaginator(s.ssoadmin(set.region),
		&ssoadmin.ListManagedPoliciesInPermissionSetInput{
			InstanceArn: set.instance.InstanceArn, PermissionSetArn: &set.arn, MaxResults: aws.Int32(ssoPage),
		})
	var err error
	doc.AttachedManagedPolicies, err = whole(ctx, t, "ssoadmin:ListManagedPoliciesInPermissionSet", p,
		func(page *ssoadmin.ListManagedPoliciesInPermissionSetOutput) []types.AttachedManagedPolicy {
			return page.AttachedManagedPolicies
		})
	return err
}

func (s *session) policyReferences(ctx context.Context, t *collect.Task, set permissionSet, doc *PermissionSetDoc) error {
	p := ssoadmin.NewListCustomerManagedPolicyReferencesInPermissionSetPaginator(s.ssoadmin(set.region),
		&ssoadmin.ListCustomerManagedPolicyReferencesInPermissionSetInput{
			InstanceArn: set.instance.InstanceArn, PermissionSetArn: &set.arn, MaxResults: aws.Int32(ssoPage),
		})
	var err error
	doc.CustomerManagedPolicyReferences, err = whole(ctx, t,
		"ssoadmin:ListCustomerManagedPolicyReferencesInPermissionSet", p,
		func(page *ssoadmin.ListCustomerManagedPolicyReferencesInPermissionSetOutput) []types.CustomerManagedPolicyReference {
			return page.CustomerManagedPolicyReferences
		})
	return err
}

func (s *session) setBoundary(ctx context.Context, t *collect.Task, set permissionSet, doc *PermissionSetDoc) error {
	return t.Call(ctx, "ssoadmin:GetPermissionsBoundaryForPermissionSet", func(ctx context.Context) error {
		out, err := s.ssoadmin(set.region).GetPermissionsBoundaryForPermissionSet(ctx,
			&ssoadmin.GetPermissionsBoundaryForPermissionSetInput{
				InstanceArn: set.instance.InstanceArn, PermissionSetArn: &set.arn,
			})
		if err == nil {
			doc.PermissionsBoundary = out.PermissionsBoundary
		}
		return err
	})
}
