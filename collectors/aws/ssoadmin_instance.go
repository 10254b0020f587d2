package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"

	"exhibit/internal/collect"
)

// ssoPage is the size of Identity Center's pages.
const ssoPage = 100

// ssoadmin returns a client for Identity Center in the region; empty is the session's own.
func (s *session) ssoadmin(region string) *ssoadmin.Client {
	return client(s, "ssoadmin|"+region, func() *ssoadmin.Client {
		return ssoadmin.NewFromConfig(s.cfg, func(o *ssoadmin.Options) {
			if region != "" {
				o.Region = region
			}
		})
	})
}

// identitystore returns a client for the identity store in the region.
func (s *session) identitystore(region string) *identitystore.Client {
	return client(s, "identitystore|"+region, func() *identitystore.Client {
		return identitystore.NewFromConfig(s.cfg, func(o *identitystore.Options) {
			if region != "" {
				o.Region = region
			}
		})
	})
}

func instancesOperation() collect.Operation {
	return collect.Operation{Name: "ssoadmin:ListInstances", Permissions: []string{"sso:ListInstances"}}
}

// instances returns the Identity Center instances whose content the account can ask for, of all regions. One of another
// account is visible to all members of its organisation, but tells its content only to those that administer it.
func (s *session) instances(ctx context.Context, t *collect.Task) ([]types.InstanceMetadata, error) {
	all, err := collect.Once(ctx, t, "sso-instances", func(ctx context.Context) ([]types.InstanceMetadata, error) {
		p := ssoadmin.NewListInstancesPaginator(s.ssoadmin(""), &ssoadmin.ListInstancesInput{
			RegionScope: types.RegionScopeAllRegions, MaxResults: aws.Int32(ssoPage),
		})
		return whole(ctx, t, "ssoadmin:ListInstances", p,
			func(page *ssoadmin.ListInstancesOutput) []types.InstanceMetadata { return page.Instances })
	})
	if err != nil {
		return nil, first(t.Lost(err), err)
	}
	t.Relies("ssoadmin:ListInstances")
	var own []types.InstanceMetadata
	for _, i := range all {
		if !s.central && aws.ToString(i.OwnerAccountId) != s.account {
			t.Listed(1)
			t.Exclude("in an Identity Center that another account administers", 1)
			continue
		}
		own = append(own, i)
	}
	return own, nil
}

// permissionSet is one of an instance.
type permissionSet struct {
	instance types.InstanceMetadata
	region   string
	arn      string
}

func setsOperation() collect.Operation {
	return collect.Operation{Name: "ssoadmin:ListPermissionSets", Permissions: []string{"sso:ListPermissionSets"}}
}

// sets lists the permission sets of all instances, once a run.
func (s *session) sets(ctx context.Context, t *collect.Task) ([]permissionSet, error) {
	instances, err := s.instances(ctx, t)
	if err != nil {
		return nil, err
	}
	list, err := collect.Once(ctx, t, "permission-sets", func(ctx context.Context) ([]permissionSet, error) {
		var list []permissionSet
		for _, i := range instances {
			region := aws.ToString(i.PrimaryRegion)
			p := ssoadmin.NewListPermissionSetsPaginator(s.ssoadmin(region), &ssoadmin.ListPermissionSetsInput{
				InstanceArn: i.InstanceArn, MaxResults: aws.Int32(ssoPage),
			})
			err := pages(ctx, t.In(region), "ssoadmin:ListPermissionSets", p,
				func(page *ssoadmin.ListPermissionSetsOutput) error {
					for _, arn := range page.PermissionSets {
						list = append(list, permissionSet{i, region, arn})
					}
					return nil
				})
			if err != nil {
				return nil, err
			}
		}
		return list, nil
	})
	if err != nil {
		return nil, first(t.Lost(err), err)
	}
	t.Relies("ssoadmin:ListPermissionSets")
	return list, nil
}
