package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// ScalingGroupDoc is an Auto Scaling group. Launch templates and their user data are not read.
type ScalingGroupDoc struct{ types.AutoScalingGroup }

func autoscalingGroup() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.autoscaling.group",
			Title: "Auto Scaling group",
			Doc:   evidence.ShapeOf[ScalingGroupDoc](),
			// These follow the load.
			Volatile: []string{"/Instances", "/DesiredCapacity", "/PredictedCapacity", "/WarmPoolSize"},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{
				Name:        "autoscaling:DescribeAutoScalingGroups",
				Permissions: []string{"autoscaling:DescribeAutoScalingGroups"},
			},
		},
		Collect: collect.Typed(collectScalingGroups),
	}
}

func (s *session) autoscaling() *autoscaling.Client {
	return client(s, "autoscaling", func() *autoscaling.Client { return autoscaling.NewFromConfig(s.cfg) })
}

func collectScalingGroups(ctx context.Context, s *session, t *collect.Task) error {
	const op = "autoscaling:DescribeAutoScalingGroups"
	p := autoscaling.NewDescribeAutoScalingGroupsPaginator(s.autoscaling(), &autoscaling.DescribeAutoScalingGroupsInput{
		MaxRecords: aws.Int32(100),
	})
	return pages(ctx, t, op, p, func(page *autoscaling.DescribeAutoScalingGroupsOutput) error {
		t.Listed(len(page.AutoScalingGroups))
		for _, g := range page.AutoScalingGroups {
			g.AvailabilityZones = some(g.AvailabilityZones)
			sub := subject(aws.ToString(g.AutoScalingGroupARN), aws.ToString(g.AutoScalingGroupName))
			sub.Tags = tags(g.Tags, func(t types.TagDescription) (*string, *string) { return t.Key, t.Value })
			if err := s.emit(ctx, t, sub, ScalingGroupDoc{g}); err != nil {
				return err
			}
		}
		return nil
	})
}
