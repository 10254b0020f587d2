package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// SecurityGroupDoc is a security group with its rules.
type SecurityGroupDoc struct{ types.SecurityGroup }

func ec2SecurityGroup() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.ec2.security-group",
			Title: "Security group",
			Doc:   evidence.ShapeOf[SecurityGroupDoc](),
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "ec2:DescribeSecurityGroups", Permissions: []string{"ec2:DescribeSecurityGroups"}},
		},
		Collect: collect.Typed(collectSecurityGroups),
	}
}

func collectSecurityGroups(ctx context.Context, s *session, t *collect.Task) error {
	p := ec2.NewDescribeSecurityGroupsPaginator(s.ec2(), &ec2.DescribeSecurityGroupsInput{MaxResults: aws.Int32(ec2Page)})
	return pages(ctx, t, "ec2:DescribeSecurityGroups", p, func(page *ec2.DescribeSecurityGroupsOutput) error {
		t.Listed(len(page.SecurityGroups))
		for _, v := range page.SecurityGroups {
			v.IpPermissions = some(v.IpPermissions)
			v.IpPermissionsEgress = some(v.IpPermissionsEgress)
			sub := subject(s.ec2ARN("security-group", aws.ToString(v.GroupId)), aws.ToString(v.GroupName))
			sub.Tags = ec2Tags(v.Tags)
			if err := s.emit(ctx, t, sub, SecurityGroupDoc{v}); err != nil {
				return err
			}
		}
		return nil
	})
}
