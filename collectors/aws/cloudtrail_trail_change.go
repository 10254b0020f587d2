package aws

import (
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"exhibit/internal/collect"
)

// cloudtrailTrailChange is every change of what is logged.
func cloudtrailTrailChange() collect.Collector {
	return history{
		typ: "aws.cloudtrail.trail-change", title: "Change of a trail", regional: true,
		source: "cloudtrail.amazonaws.com", attribute: types.LookupAttributeKeyEventName,
		values: []string{
			"CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging", "PutEventSelectors",
		},
	}.collector()
}
