package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// VolumeDoc is an EBS volume.
type VolumeDoc struct{ types.Volume }

func ec2Volume() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.ec2.volume",
			Title: "EBS volume",
			Doc:   evidence.ShapeOf[VolumeDoc](),
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "ec2:DescribeVolumes", Permissions: []string{"ec2:DescribeVolumes"}},
		},
		Collect: collect.Typed(collectVolumes),
	}
}

func collectVolumes(ctx context.Context, s *session, t *collect.Task) error {
	p := ec2.NewDescribeVolumesPaginator(s.ec2(), &ec2.DescribeVolumesInput{MaxResults: aws.Int32(ec2Page)})
	return pages(ctx, t, "ec2:DescribeVolumes", p, func(page *ec2.DescribeVolumesOutput) error {
		t.Listed(len(page.Volumes))
		for _, v := range page.Volumes {
			sub := subject(s.ec2ARN("volume", aws.ToString(v.VolumeId)), nameTag(v.Tags, aws.ToString(v.VolumeId)))
			sub.Tags = ec2Tags(v.Tags)
			if err := s.emit(ctx, t, sub, VolumeDoc{v}); err != nil {
				return err
			}
		}
		return nil
	})
}
