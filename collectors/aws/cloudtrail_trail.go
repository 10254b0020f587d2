package aws

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
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
		Operations: []collect.Operation{
			{Name: "cloudtrail:DescribeTrails", Permissions: []string{"cloudtrail:DescribeTrails"}},
			{
				Name: "cloudtrail:GetTrailStatus", Permissions: []string{"cloudtrail:GetTrailStatus"},
				Absent: []string{"TrailNotFoundException"},
			},
			{
				Name: "cloudtrail:GetEventSelectors", Permissions: []string{"cloudtrail:GetEventSelectors"},
				Absent: []string{"TrailNotFoundException"},
			},
		},
		Collect: collect.Typed(collectTrails),
	}
}

func collectTrails(ctx context.Context, s *session, t *collect.Task) error {
	region := t.Scope().Region
	// Without shadow trails the answer would lack the organisation's trail in the accounts that are its members.
	t.Params("cloudtrail:DescribeTrails", map[string]string{"includeShadowTrails": "true"})
	out, err := ask(ctx, t, "cloudtrail:DescribeTrails", func(ctx context.Context) (*cloudtrail.DescribeTrailsOutput, error) {
		return s.cloudtrail(region).DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(true)})
	})
	if err != nil {
		return err
	}
	t.Listed(len(out.TrailList))
	return collect.Each(ctx, out.TrailList, func(ctx context.Context, trail types.Trail) error {
		home := aws.ToString(trail.HomeRegion)
		switch {
		case home == "":
			home = region
		case home != region && slices.Contains(s.collected, home):
			t.Exclude("told by its home region", 1)
			return nil
		case home != region && s.collected[0] != region:
			t.Exclude("told by the first of the regions, its home is none of them", 1)
			return nil
		}
		return s.trail(ctx, t.In(home), home, trail)
	})
}

// trail asks a trail's home region about it: its shadows know less.
func (s *session) trail(ctx context.Context, t *collect.Task, home string, trail types.Trail) error {
	sub := subject(aws.ToString(trail.TrailARN), aws.ToString(trail.Name))
	doc := TrailDoc{Trail: trail}
	err := t.Call(ctx, "cloudtrail:GetTrailStatus", func(ctx context.Context) error {
		out, err := s.cloudtrail(home).GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: trail.TrailARN})
		if err == nil {
			doc.Status = statusOf(out)
		}
		return err
	})
	if collect.IsAbsent(err) {
		t.Exclude(deleted, 1)
		return nil
	}
	if err := t.Miss(&sub, "Status", err); err != nil {
		return err
	}
	err = t.Call(ctx, "cloudtrail:GetEventSelectors", func(ctx context.Context) error {
		out, err := s.cloudtrail(home).GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: trail.TrailARN})
		if err == nil {
			doc.EventSelectors, doc.AdvancedEventSelectors = some(out.EventSelectors), some(out.AdvancedEventSelectors)
		}
		return err
	})
	for _, key := range []string{"EventSelectors", "AdvancedEventSelectors"} {
		if err := t.Miss(&sub, key, err); err != nil {
			return err
		}
	}
	return s.emit(ctx, t, sub, doc)
}

func statusOf(out *cloudtrail.GetTrailStatusOutput) *TrailStatus {
	return &TrailStatus{
		IsLogging:                         out.IsLogging,
		LatestCloudWatchLogsDeliveryError: out.LatestCloudWatchLogsDeliveryError,
		LatestCloudWatchLogsDeliveryTime:  out.LatestCloudWatchLogsDeliveryTime,
		LatestDeliveryError:               out.LatestDeliveryError,
		LatestDeliveryTime:                out.LatestDeliveryTime,
		LatestDigestDeliveryError:         out.LatestDigestDeliveryError,
		LatestDigestDeliveryTime:          out.LatestDigestDeliveryTime,
		LatestNotificationError:           out.LatestNotificationError,
		LatestNotificationTime:            out.LatestNotificationTime,
		StartLoggingTime:                  out.StartLoggingTime,
		StopLoggingTime:                   out.StopLoggingTime,
	}
}
