package aws

import (
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
	}
}
