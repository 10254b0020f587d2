package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"exhibit/internal/collect"
)

// cloudtrailSecurityGroupChange is every change of a security group or its rules.
func cloudtrailSecurityGroupChange() collect.Collector {
	return history{
		typ: "aws.cloudtrail.security-group-change", title: "Change of a security group", regional: true,
		source: "ec2.amazonaws.com", attribute: types.LookupAttributeKeyEventName,
		values: []string{
			"CreateSecurityGroup", "DeleteSecurityGroup", "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress",
			"RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress", "ModifySecurityGroupRules",
		},
	}.collector()
}
