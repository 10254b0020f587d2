package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// NetworkACLDoc is a network access control list with its entries and the subnets that it stands before.
type NetworkACLDoc struct{ types.NetworkAcl }

func ec2NetworkACL() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.ec2.network-acl",
			Title: "Network ACL",
			Doc:   evidence.ShapeOf[NetworkACLDoc](),
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "ec2:DescribeNetworkAcls", Permissions: []string{"ec2:DescribeNetworkAcls"}},
		},
		Collect: collect.Typed(collectNetworkACLs),
	}
}

func collectNetworkACLs(ctx context.Context, s *session, t *collect.Task) error {
	p := ec2.NewDescribeNetworkAclsPaginator(s.ec2(), &ec2.DescribeNetworkAclsInput{MaxResults: aws.Int32(ec2Page)})
	return pages(ctx, t, "ec2:DescribeNetworkAcls", p, func(page *ec2.DescribeNetworkAclsOutput) error {
		t.Listed(len(page.NetworkAcls))
		for _, v := range page.NetworkAcls {
			v.Entries, v.Associations = some(v.Entries), some(v.Associations)
			id := aws.ToString(v.NetworkAclId)
			sub := subject(s.ec2ARN("network-acl", id), nameTag(v.Tags, id))
			sub.Tags = ec2Tags(v.Tags)
			if err := s.emit(ctx, t, sub, NetworkACLDoc{v}); err != nil {
				return err
			}
		}
		return nil
	})
}
