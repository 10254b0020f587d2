package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// RegionDoc is one region that the account could use, with whether it may.
type RegionDoc struct{ types.Region }

func accountRegion() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.account.region",
			Title: "AWS region enabled in the account",
			Doc:   evidence.ShapeOf[RegionDoc](),
		},
		Version: 1,
		Operations: []collect.Operation{
			{Name: "ec2:DescribeRegions", Permissions: []string{"ec2:DescribeRegions"}},
		},
		Collect: collect.Typed(collectRegions),
	}
}

func collectRegions(ctx context.Context, s *session, t *collect.Task) error {
	regions, err := s.allRegions(ctx, t)
	if err != nil {
		return err
	}
	t.Params("ec2:DescribeRegions", map[string]string{"AllRegions": "true"})
	t.Listed(len(regions))
	for _, r := range regions {
		if !enabled(r) {
			t.Exclude("region not enabled in the account", 1)
			continue
		}
		name := aws.ToString(r.RegionName)
		sub := subject("arn:"+s.partition+":account::"+s.account+":region/"+name, name)
		if err := s.emit(ctx, t, sub, RegionDoc{r}); err != nil {
			return err
		}
	}
	return nil
}
