package aws

import (
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
	}
}
