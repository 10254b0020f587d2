package aws

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"

	"exhibit/internal/collect"
)

// cloudwatch returns a client that speaks JSON: of the protocols that the service understands it is the one that people
// can read in a recording.
func (s *session) cloudwatch() *cloudwatch.Client {
	return client(s, "cloudwatch", func() *cloudwatch.Client {
		return cloudwatch.NewFromConfig(s.cfg, func(o *cloudwatch.Options) {
			o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801)
		})
	})
}

// topic is what was answered about an SNS topic.
type topic struct {
	AlarmTopic
	err error
}

// topicsOf asks every topic that the alarms tell for its subscriptions, each once.
func (s *session) topicsOf(
	ctx context.Context, t *collect.Task, byMetric map[metric][]cwtypes.MetricAlarm,
) map[string]topic {
	asked := map[string]topic{}
	for _, alarms := range byMetric {
		for _, arn := range topicARNs(alarms) {
			asked[arn] = topic{}
		}
	}
	var mu sync.Mutex
	arns := slices.Sorted(maps.Keys(asked))
	err := collect.Each(ctx, arns, func(ctx context.Context, arn string) error {
		told := topic{AlarmTopic: AlarmTopic{TopicArn: arn}}
		told.Subscriptions, told.err = s.subscriptions(ctx, t, &arn)
		if collect.IsAbsent(told.err) {
			told.err = nil // there is no such topic
		}
		mu.Lock()
		defer mu.Unlock()
		asked[arn] = told
		return nil
	})
	for arn, told := range asked {
		if told.TopicArn == "" { // the run ended before it was asked
			asked[arn] = topic{err: err}
		}
	}
	return asked
}

// topicsTold returns the topics that alarms tell, in order of ARN. The error is that of the first that could not be
// asked.
func topicsTold(alarms []cwtypes.MetricAlarm, asked map[string]topic) ([]AlarmTopic, error) {
	told := []AlarmTopic{}
	for _, arn := range topicARNs(alarms) {
		if err := asked[arn].err; err != nil {
			return nil, err
		}
		told = append(told, asked[arn].AlarmTopic)
	}
	return told, nil
}

// topicARNs lists the SNS topics among the alarms' actions, sorted.
func topicARNs(alarms []cwtypes.MetricAlarm) []string {
	var arns []string
	for _, a := range alarms {
		for _, action := range a.AlarmActions {
			if parts := strings.SplitN(action, ":", 4); len(parts) == 4 && parts[2] == "sns" {
				arns = append(arns, action)
			}
		}
	}
	slices.Sort(arns)
	return slices.Compact(arns)
}
