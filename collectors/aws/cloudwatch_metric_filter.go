package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// MetricFilterDoc is a metric filter with what happens when it counts something: the alarms on its metrics, and the
// topics that those alarms tell with whom the topics reach.
type MetricFilterDoc struct {
	types.MetricFilter
	Alarms []cwtypes.MetricAlarm
	Topics []AlarmTopic
}

// AlarmTopic is an SNS topic that an alarm tells. Subscriptions is absent when the topic does not exist.
type AlarmTopic struct {
	TopicArn      string
	Subscriptions []snstypes.Subscription
}

func cloudwatchMetricFilter() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:   "aws.cloudwatch.metric-filter",
			Title:  "Metric filter with its alarms",
			Doc:    evidence.ShapeOf[MetricFilterDoc](),
			Secret: []string{"/Topics/*/Subscriptions/*/Endpoint"},
			Volatile: []string{
				"/Alarms/*/StateValue", "/Alarms/*/StateReason", "/Alarms/*/StateReasonData",
				"/Alarms/*/StateUpdatedTimestamp", "/Alarms/*/StateTransitionedTimestamp", "/Alarms/*/EvaluationState",
			},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "cloudwatchlogs:DescribeMetricFilters", Permissions: []string{"logs:DescribeMetricFilters"}},
			{Name: "cloudwatch:DescribeAlarms", Permissions: []string{"cloudwatch:DescribeAlarms"}},
			{
				Name: "sns:ListSubscriptionsByTopic", Permissions: []string{"sns:ListSubscriptionsByTopic"},
				Absent: []string{"NotFound"},
			},
		},
		Collect: collect.Typed(collectMetricFilters),
	}
}

// metric names a metric.
type metric struct{ namespace, name string }

// collectMetricFilters lists the filters, then all alarms of the region once, and asks each topic that one of the
// filters' alarms tells for its subscriptions.
func collectMetricFilters(ctx context.Context, s *session, t *collect.Task) error {
	var filters []types.MetricFilter
	p := cloudwatchlogs.NewDescribeMetricFiltersPaginator(s.cloudwatchlogs(), &cloudwatchlogs.DescribeMetricFiltersInput{
		Limit: aws.Int32(logsPage),
	})
	err := pages(ctx, t, "cloudwatchlogs:DescribeMetricFilters", p,
		func(page *cloudwatchlogs.DescribeMetricFiltersOutput) error {
			t.Listed(len(page.MetricFilters))
			filters = append(filters, page.MetricFilters...)
			return nil
		})
	if err != nil || len(filters) == 0 {
		return err
	}
	alarms, unknown := s.alarmsOn(ctx, t, filters)
	if unknown != nil && ctx.Err() != nil {
		return unknown
	}
	topics := s.topicsOf(ctx, t, alarms)
	return collect.Each(ctx, filters, func(ctx context.Context, f types.MetricFilter) error {
		group, name := aws.ToString(f.LogGroupName), aws.ToString(f.FilterName)
		sub := subject(s.arn("logs", "log-group:"+group+":metric-filter:"+name), name)
		doc := MetricFilterDoc{MetricFilter: f}
		if unknown != nil {
			for _, key := range []string{"Alarms", "Topics"} {
				if err := t.Miss(&sub, key, unknown); err != nil {
					return err
				}
			}
			return s.emit(ctx, t, sub, doc)
		}
		doc.Alarms = alarmsOf(f, alarms)
		var err error
		if doc.Topics, err = topicsTold(doc.Alarms, topics); err != nil {
			doc.Topics = nil
			if err := t.Miss(&sub, "Topics", err); err != nil {
				return err
			}
		}
		return s.emit(ctx, t, sub, doc)
	})
}

// alarmsOn lists the region's alarms and keeps those on a metric of the filters, by metric.
func (s *session) alarmsOn(
	ctx context.Context, t *collect.Task, filters []types.MetricFilter,
) (map[metric][]cwtypes.MetricAlarm, error) {
	byMetric := map[metric][]cwtypes.MetricAlarm{}
	for _, f := range filters {
		for _, m := range f.MetricTransformations {
			byMetric[metric{aws.ToString(m.MetricNamespace), aws.ToString(m.MetricName)}] = nil
		}
	}
	p := cloudwatch.NewDescribeAlarmsPaginator(s.cloudwatch(), &cloudwatch.DescribeAlarmsInput{
		AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm}, MaxRecords: aws.Int32(100),
	})
	err := pages(ctx, t, "cloudwatch:DescribeAlarms", p, func(page *cloudwatch.DescribeAlarmsOutput) error {
		for _, a := range page.MetricAlarms {
			for _, m := range metricsOf(a) {
				if on, ok := byMetric[m]; ok {
					byMetric[m] = append(on, a)
				}
			}
		}
		return nil
	})
	return byMetric, err
}

// metricsOf names the metrics that an alarm watches, each once.
func metricsOf(a cwtypes.MetricAlarm) []metric {
	seen := map[metric]bool{}
	var all []metric
	add := func(namespace, name *string) {
		m := metric{aws.ToString(namespace), aws.ToString(name)}
		if name != nil && !seen[m] {
			seen[m] = true
			all = append(all, m)
		}
	}
	add(a.Namespace, a.MetricName)
	for _, q := range a.Metrics {
		if q.MetricStat != nil && q.MetricStat.Metric != nil {
			add(q.MetricStat.Metric.Namespace, q.MetricStat.Metric.MetricName)
		}
	}
	return all
}

// alarmsOf returns the alarms on a filter's metrics, each once.
func alarmsOf(f types.MetricFilter, byMetric map[metric][]cwtypes.MetricAlarm) []cwtypes.MetricAlarm {
	all := []cwtypes.MetricAlarm{}
	seen := map[string]bool{}
	for _, m := range f.MetricTransformations {
		for _, a := range byMetric[metric{aws.ToString(m.MetricNamespace), aws.ToString(m.MetricName)}] {
			if arn := aws.ToString(a.AlarmArn); !seen[arn] {
				seen[arn] = true
				all = append(all, a)
			}
		}
	}
	return all
}
