package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/s3control/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// S3AccountDoc is what S3 holds for the whole account. PublicAccessBlock is absent when none is set.
type S3AccountDoc struct {
	PublicAccessBlock *types.PublicAccessBlockConfiguration
}

func s3Account() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.s3.account",
			Title: "S3 settings of the account",
			Doc:   evidence.ShapeOf[S3AccountDoc](),
		},
		Version: 1,
	}
}
