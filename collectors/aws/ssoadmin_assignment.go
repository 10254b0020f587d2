package aws

import (
	"context"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// AssignmentDoc says that a user or group has a permission set in an account.
type AssignmentDoc struct {
	types.AccountAssignment
	InstanceArn     *string
	IdentityStoreId *string // where the principal is
}

func ssoadminAssignment() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.ssoadmin.assignment",
			Title: "Assignment of a permission set in an account to a user or group",
			Doc:   evidence.ShapeOf[AssignmentDoc](),
		},
		Version: 1,
		Operations: []collect.Operation{
			{
				Name: "ssoadmin:ListAccountAssignments", Permissions: []string{"sso:ListAccountAssignments"},
				Absent: []string{"ResourceNotFoundException"},
			},
			instancesOperation(),
			setsOperation(),
			{
				Name:        "ssoadmin:ListAccountsForProvisionedPermissionSet",
				Permissions: []string{"sso:ListAccountsForProvisionedPermissionSet"},
				Absent:      []string{"ResourceNotFoundException"},
			},
		},
		Collect: collect.Typed(collectAssignments),
	}
}

// provisioned is a permission set in an account where somebody has it.
type provisioned struct {
	permissionSet
	account string
}

// collectAssignments asks only where a set is provisioned: elsewhere nobody can have it.
func collectAssignments(ctx context.Context, s *session, t *collect.Task) error {
	sets, err := s.sets(ctx, t)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var places []provisioned
	err = collect.Each(ctx, sets, func(ctx context.Context, set permissionSet) error {
		p := ssoadmin.NewListAccountsForProvisionedPermissionSetPaginator(s.ssoadmin(set.region),
			&ssoadmin.ListAccountsForProvisionedPermissionSetInput{
				InstanceArn: set.instance.InstanceArn, PermissionSetArn: &set.arn, MaxResults: aws.Int32(ssoPage),
			})
		err := pages(ctx, t.In(set.region), "ssoadmin:ListAccountsForProvisionedPermissionSet", p,
			func(page *ssoadmin.ListAccountsForProvisionedPermissionSetOutput) error {
				mu.Lock()
				defer mu.Unlock()
				for _, account := range page.AccountIds {
					places = append(places, provisioned{set, account})
				}
				return nil
			})
		return unlessAbsent(err)
	})
	if err != nil {
		return err
	}
	return collect.Each(ctx, places, func(ctx context.Context, place provisioned) error {
		p := ssoadmin.NewListAccountAssignmentsPaginator(s.ssoadmin(place.region), &ssoadmin.ListAccountAssignmentsInput{
			InstanceArn: place.instance.InstanceArn, PermissionSetArn: &place.arn, AccountId: &place.account,
			MaxResults: aws.Int32(ssoPage),
		})
		err := pages(ctx, t.In(place.region), "ssoadmin:ListAccountAssignments", p,
			func(page *ssoadmin.ListAccountAssignmentsOutput) error {
				t.Listed(len(page.AccountAssignments))
				for _, a := range page.AccountAssignments {
					if err := s.assignment(ctx, t, place, a); err != nil {
						return err
					}
				}
				return nil
			})
		return unlessAbsent(err)
	})
}

// unlessAbsent returns err unless it says that what was asked about is gone, and all that it held with it.
func unlessAbsent(err error) error {
	if collect.IsAbsent(err) {
		return nil
	}
	return err
}

// assignment emits one assignment. It has no id of the provider's but the four that it joins.
func (s *session) assignment(ctx context.Context, t *collect.Task, place provisioned, a types.AccountAssignment) error {
	id := strings.Join([]string{
		aws.ToString(a.PermissionSetArn), aws.ToString(a.AccountId), string(a.PrincipalType), aws.ToString(a.PrincipalId),
	}, "/")
	return s.emit(ctx, t, subject(id, aws.ToString(a.PrincipalId)), AssignmentDoc{
		AccountAssignment: a, InstanceArn: place.instance.InstanceArn, IdentityStoreId: place.instance.IdentityStoreId,
	})
}
