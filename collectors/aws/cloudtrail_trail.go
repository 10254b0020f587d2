package aws

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// TrailDoc is a trail as its home region tells it.
type TrailDoc struct {
	types.Trail
	Status                 *TrailStatus
	EventSelectors         []types.EventSelector
	AdvancedEventSelectors []types.AdvancedEventSelector
}

// TrailStatus is whether a trail delivers.
type TrailStatus struct {
	IsLogging                         *bool
	LatestCloudWatchLogsDeliveryError *string
	LatestCloudWatchLogsDeliveryTime  *time.Time
	LatestDeliveryError               *string
	LatestDeliveryTime                *time.Time
	LatestDigestDeliveryError         *string
	LatestDigestDeliveryTime          *time.Time
	LatestNotificationError           *string
	LatestNotificationTime            *time.Time
	StartLoggingTime                  *time.Time
	StopLoggingTime                   *time.Time
}

func cloudtrailTrail() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.cloudtrail.trail",
			Title: "CloudTrail trail",
			Doc:   evidence.ShapeOf[TrailDoc](),
			Volatile: []string{
				"/Status/LatestCloudWatchLogsDeliveryTime", "/Status/LatestDeliveryTime",
				"/Status/LatestDigestDeliveryTime", "/Status/LatestNotificationTime",
			},
		},
		Version:  1,
		Regional: true,
	}
}
