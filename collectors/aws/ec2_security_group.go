package aws

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// SecurityGroupDoc is a security group with its rules, the interfaces that it is on, and what stands in the prefix
// lists that its inbound rules name.
type SecurityGroupDoc struct {
	types.SecurityGroup
	Interfaces  []GroupInterface
	PrefixLists []PrefixList
}

// PrefixList is a managed prefix list with its ranges.
type PrefixList struct {
	PrefixListId *string
	Entries      []types.PrefixListEntry
}

func ec2SecurityGroup() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.ec2.security-group",
			Title: "Security group",
			Doc:   evidence.ShapeOf[SecurityGroupDoc](),
			// Interfaces come and go with every scaling.
			Volatile: []string{"/Interfaces"},
		},
		Version:  2,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "ec2:DescribeSecurityGroups", Permissions: []string{"ec2:DescribeSecurityGroups"}},
			interfacesOperation(),
			{
				Name:        "ec2:GetManagedPrefixListEntries",
				Permissions: []string{"ec2:GetManagedPrefixListEntries"},
			},
		},
		Collect: collect.Typed(collectSecurityGroups),
	}
}

func collectSecurityGroups(ctx context.Context, s *session, t *collect.Task) error {
	interfaces, unknown := s.interfaces(ctx, t)
	p := ec2.NewDescribeSecurityGroupsPaginator(s.ec2(), &ec2.DescribeSecurityGroupsInput{MaxResults: aws.Int32(ec2Page)})
	return pages(ctx, t, "ec2:DescribeSecurityGroups", p, func(page *ec2.DescribeSecurityGroupsOutput) error {
		t.Listed(len(page.SecurityGroups))
		for _, v := range page.SecurityGroups {
			v.IpPermissions = some(v.IpPermissions)
			v.IpPermissionsEgress = some(v.IpPermissionsEgress)
			sub := subject(s.ec2ARN("security-group", aws.ToString(v.GroupId)), aws.ToString(v.GroupName))
			sub.Tags = ec2Tags(v.Tags)
			doc := SecurityGroupDoc{SecurityGroup: v}
			if unknown == nil {
				doc.Interfaces = some(interfaces[aws.ToString(v.GroupId)])
			} else if err := t.Miss(&sub, "Interfaces", unknown); err != nil {
				return err
			}
			var err error
			if doc.PrefixLists, err = s.prefixLists(ctx, t, v.IpPermissions); err != nil {
				doc.PrefixLists = nil
				if err := t.Miss(&sub, "PrefixLists", err); err != nil {
					return err
				}
			}
			if err := s.emit(ctx, t, sub, doc); err != nil {
				return err
			}
		}
		return nil
	})
}

// prefixLists returns the lists that the rules name, each asked for once in the region.
func (s *session) prefixLists(
	ctx context.Context, t *collect.Task, rules []types.IpPermission,
) ([]PrefixList, error) {
	lists := []PrefixList{}
	for _, rule := range rules {
		for _, named := range rule.PrefixListIds {
			same := func(l PrefixList) bool { return aws.ToString(l.PrefixListId) == aws.ToString(named.PrefixListId) }
			if slices.ContainsFunc(lists, same) {
				continue
			}
			entries, err := s.prefixListEntries(ctx, t, aws.ToString(named.PrefixListId))
			if err != nil {
				return nil, err
			}
			lists = append(lists, PrefixList{named.PrefixListId, entries})
		}
	}
	return lists, nil
}

func (s *session) prefixListEntries(ctx context.Context, t *collect.Task, id string) ([]types.PrefixListEntry, error) {
	const op = "ec2:GetManagedPrefixListEntries"
	return collect.Once(ctx, t, op+" "+id, func(ctx context.Context) ([]types.PrefixListEntry, error) {
		entries := []types.PrefixListEntry{}
		p := ec2.NewGetManagedPrefixListEntriesPaginator(s.ec2(), &ec2.GetManagedPrefixListEntriesInput{
			PrefixListId: aws.String(id), MaxResults: aws.Int32(100),
		})
		err := pages(ctx, t, op, p, func(page *ec2.GetManagedPrefixListEntriesOutput) error {
			entries = append(entries, page.Entries...)
			return nil
		})
		return entries, err
	})
}
