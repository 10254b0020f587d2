package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// VPCDoc is a VPC with the flow logs on it as a whole.
type VPCDoc struct {
	types.Vpc
	FlowLogs []types.FlowLog
}

func ec2VPC() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.ec2.vpc",
			Title: "VPC",
			Doc:   evidence.ShapeOf[VPCDoc](),
		},
		Version:  1,
		Regional: true,
	}
}
