package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// ImageDoc is a machine image that the account owns, disabled and deprecated ones among them.
type ImageDoc struct{ types.Image }

func ec2Image() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "aws.ec2.image",
			Title:    "Machine image (AMI)",
			Doc:      evidence.ShapeOf[ImageDoc](),
			Volatile: []string{"/LastLaunchedTime"},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "ec2:DescribeImages", Permissions: []string{"ec2:DescribeImages"}},
		},
		Collect: collect.Typed(collectImages),
	}
}

func collectImages(ctx context.Context, s *session, t *collect.Task) error {
	t.Params("ec2:DescribeImages", map[string]string{"Owners": "self", "IncludeDisabled": "true"})
	p := ec2.NewDescribeImagesPaginator(s.ec2(), &ec2.DescribeImagesInput{
		Owners: []string{"self"}, IncludeDisabled: aws.Bool(true), MaxResults: aws.Int32(ec2Page),
	})
	return pages(ctx, t, "ec2:DescribeImages", p, func(page *ec2.DescribeImagesOutput) error {
		t.Listed(len(page.Images))
		for _, v := range page.Images {
			id := aws.ToString(v.ImageId)
			// An image's ARN names no account.
			sub := subject("arn:"+s.partition+":ec2:"+s.cfg.Region+"::image/"+id, aws.ToString(v.Name))
			sub.Tags = ec2Tags(v.Tags)
			if err := s.emit(ctx, t, sub, ImageDoc{v}); err != nil {
				return err
			}
		}
		return nil
	})
}
