package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// SecurityGroupDoc is a security group with its rules.
type SecurityGroupDoc struct{ types.SecurityGroup }

func ec2SecurityGroup() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.ec2.security-group",
			Title: "Security group",
			Doc:   evidence.ShapeOf[SecurityGroupDoc](),
		},
		Version:  1,
		Regional: true,
	}
}
