package aws

import (
	"context"
	"sort"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"exhibit/internal/collect"
)

// LogDelivery is a delivery of CloudWatch Logs from a resource to a destination.
type LogDelivery struct {
	Id, DeliverySourceName, DeliveryDestinationArn *string
	DeliveryDestinationType                        types.DeliveryDestinationType
	LogType                                        *string
}

func deliveryOperations() []collect.Operation {
	return []collect.Operation{
		{Name: "cloudwatchlogs:DescribeDeliverySources", Permissions: []string{"logs:DescribeDeliverySources"}},
		{Name: "cloudwatchlogs:DescribeDeliveries", Permissions: []string{"logs:DescribeDeliveries"}},
	}
}

// deliveryRegion is where the deliveries of CloudFront's logs are kept, whatever region they go to. Other partitions
// have no such region.
func (s *session) deliveryRegion() string {
	if s.partition == "aws" {
		return "us-east-1"
	}
	return s.cfg.Region
}

func (s *session) deliveryLogs() *cloudwatchlogs.Client {
	region := s.deliveryRegion()
	return client(s, "cloudwatchlogs|"+region, func() *cloudwatchlogs.Client {
		return cloudwatchlogs.NewFromConfig(s.cfg, func(o *cloudwatchlogs.Options) { o.Region = region })
	})
}

// logDeliveries asks once for the deliveries that begin at CloudFront, by the resource that they begin at.
func (s *session) logDeliveries(ctx context.Context, t *collect.Task) (map[string][]LogDelivery, error) {
	return collect.Once(ctx, t, "cloudfront-deliveries", func(ctx context.Context) (map[string][]LogDelivery, error) {
		t := t.In(s.deliveryRegion())
		sources := map[string]types.DeliverySource{}
		p := cloudwatchlogs.NewDescribeDeliverySourcesPaginator(s.deliveryLogs(),
			&cloudwatchlogs.DescribeDeliverySourcesInput{Limit: aws.Int32(deliveryPage)})
		err := pages(ctx, t, "cloudwatchlogs:DescribeDeliverySources", p,
			func(page *cloudwatchlogs.DescribeDeliverySourcesOutput) error {
				for _, source := range page.DeliverySources {
					sources[aws.ToString(source.Name)] = source
				}
				return nil
			})
		if err != nil {
			return nil, err
		}
		byResource := map[string][]LogDelivery{}
		q := cloudwatchlogs.NewDescribeDeliveriesPaginator(s.deliveryLogs(),
			&cloudwatchlogs.DescribeDeliveriesInput{Limit: aws.Int32(deliveryPage)})
		err = pages(ctx, t, "cloudwatchlogs:DescribeDeliveries", q, func(page *cloudwatchlogs.DescribeDeliveriesOutput) error {
			for _, d := range page.Deliveries {
				source := sources[aws.ToString(d.DeliverySourceName)]
				for _, arn := range source.ResourceArns {
					byResource[arn] = append(byResource[arn], LogDelivery{
						d.Id, d.DeliverySourceName, d.DeliveryDestinationArn, d.DeliveryDestinationType, source.LogType,
					})
				}
			}
			return nil
		})
		for _, list := range byResource {
			sort.Slice(list, func(i, j int) bool { return aws.ToString(list[i].Id) < aws.ToString(list[j].Id) })
		}
		return byResource, err
	})
}

// deliveryPage is the largest page of deliveries and their sources.
const deliveryPage = 50
