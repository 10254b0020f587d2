package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	accounttypes "github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// RegionDoc is one region that the account could use, with whether it may.
type RegionDoc struct {
	types.Region
	// RegionOptStatus is whether the region is on by default, was switched on, or is being switched.
	RegionOptStatus accounttypes.RegionOptStatus
}

func accountRegion() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.account.region",
			Title: "AWS region enabled in the account",
			Doc:   evidence.ShapeOf[RegionDoc](),
		},
		Version: 2,
		Operations: []collect.Operation{
			{Name: "ec2:DescribeRegions", Permissions: []string{"ec2:DescribeRegions"}},
			{Name: "account:ListRegions", Permissions: []string{"account:ListRegions"}},
		},
		Collect: collect.Typed(collectRegions),
	}
}

func collectRegions(ctx context.Context, s *session, t *collect.Task) error {
	regions, err := s.allRegions(ctx, t)
	if err != nil {
		return err
	}
	status, unknown := s.regionStatus(ctx, t)
	t.Params("ec2:DescribeRegions", map[string]string{"AllRegions": "true"})
	t.Listed(len(regions))
	for _, r := range regions {
		if !enabled(r) {
			t.Exclude("region not enabled in the account", 1)
			continue
		}
		name := aws.ToString(r.RegionName)
		sub := subject("arn:"+s.partition+":account::"+s.account+":region/"+name, name)
		if err := t.Miss(&sub, "RegionOptStatus", unknown); err != nil {
			return err
		}
		if err := s.emit(ctx, t, sub, RegionDoc{r, status[name]}); err != nil {
			return err
		}
	}
	return nil
}

// regionStatus asks the account itself how its regions stand.
func (s *session) regionStatus(ctx context.Context, t *collect.Task) (map[string]accounttypes.RegionOptStatus, error) {
	c := client(s, "account", func() *account.Client { return account.NewFromConfig(s.cfg) })
	status := map[string]accounttypes.RegionOptStatus{}
	p := account.NewListRegionsPaginator(c, &account.ListRegionsInput{MaxResults: aws.Int32(50)})
	err := pages(ctx, t, "account:ListRegions", p, func(page *account.ListRegionsOutput) error {
		for _, r := range page.Regions {
			status[aws.ToString(r.RegionName)] = r.RegionOptStatus
		}
		return nil
	})
	return status, err
}
