package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// InstanceDoc is an EC2 instance. Its user data is never asked for.
type InstanceDoc struct{ types.Instance }

func ec2Instance() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "aws.ec2.instance",
			Title:    "EC2 instance",
			Doc:      evidence.ShapeOf[InstanceDoc](),
			Volatile: []string{"/UsageOperationUpdateTime"},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "ec2:DescribeInstances", Permissions: []string{"ec2:DescribeInstances"}},
		},
		Collect: collect.Typed(collectInstances),
	}
}

func collectInstances(ctx context.Context, s *session, t *collect.Task) error {
	p := ec2.NewDescribeInstancesPaginator(s.ec2(), &ec2.DescribeInstancesInput{MaxResults: aws.Int32(ec2Page)})
	return pages(ctx, t, "ec2:DescribeInstances", p, func(page *ec2.DescribeInstancesOutput) error {
		for _, r := range page.Reservations {
			t.Listed(len(r.Instances))
			for _, v := range r.Instances {
				id := aws.ToString(v.InstanceId)
				sub := subject(s.ec2ARN("instance", id), nameTag(v.Tags, id))
				sub.Tags = ec2Tags(v.Tags)
				if err := s.emit(ctx, t, sub, InstanceDoc{v}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
