package controls_test

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"exhibit/internal/evidence"
)

// TestAlarmsBreakAnywhere takes every alarm's passing cases and breaks one link of the chain from the trail to
// the person who is told. Each link decides.
func TestAlarmsBreakAnywhere(t *testing.T) {
	const trail, filter = "aws.cloudtrail.trail", "aws.cloudwatch.metric-filter"
	denied := func(key string) func(*evidence.Subject, map[string]any) {
		return func(s *evidence.Subject, doc map[string]any) {
			delete(doc, key)
			s.Missing = map[string]evidence.Missing{key: {Operation: "x:Ask", Outcome: evidence.OutcomeDenied}}
		}
	}
	set := func(key string, value any) func(*evidence.Subject, map[string]any) {
		return func(_ *evidence.Subject, doc map[string]any) { doc[key] = value }
	}
	alarm := func(value map[string]any) func(*evidence.Subject, map[string]any) { return set("Alarms", []any{value}) }
	topic := func(subscription string) func(*evidence.Subject, map[string]any) {
		return set("Topics", []any{map[string]any{"TopicArn": "oncall",
			"Subscriptions": []any{map[string]any{"SubscriptionArn": subscription}}}})
	}
	selectors := func(simple, advanced any) func(*evidence.Subject, map[string]any) {
		return func(_ *evidence.Subject, doc map[string]any) {
			doc["EventSelectors"], doc["AdvancedEventSelectors"] = []any{simple}, []any{advanced}
		}
	}
	type fields = map[string]any
	nothing := fields{"FieldSelectors": []any{}}
	management := fields{"Field": "eventCategory", "Equals": []any{"Management"}}
	tests := []struct {
		name, of string
		change   func(*evidence.Subject, map[string]any)
		want     evidence.Verdict
	}{
		{"the trail is stopped", trail, set("Status", fields{"IsLogging": false}), evidence.Fail},
		{"nothing says that the trail runs", trail, set("Status", fields{}), evidence.Fail},
		{"whether it runs was refused", trail, denied("Status"), evidence.Unknown},
		{"the trail cannot deliver", trail, set("Status",
			fields{"IsLogging": true, "LatestCloudWatchLogsDeliveryError": "AccessDenied"}), evidence.Fail},
		{"the trail has one region", trail, set("IsMultiRegionTrail", false), evidence.Fail},
		{"the trail delivers to another group", trail, set("CloudWatchLogsLogGroupArn",
			"arn:aws:logs:eu-central-1:111122223333:log-group:trail-2:*"), evidence.Fail},
		{"the trail delivers to a group whose name begins the same", trail, set("CloudWatchLogsLogGroupArn",
			"arn:aws:logs:eu-central-1:111122223333:log-group:tr:*"), evidence.Fail},
		{"the trail delivers to no group", trail, set("CloudWatchLogsLogGroupArn", ""), evidence.Fail},
		{"only writing is recorded", trail, selectors(fields{"IncludeManagementEvents": true, "ReadWriteType": "WriteOnly"},
			nothing), evidence.Fail},
		{"only data is recorded", trail, selectors(fields{"IncludeManagementEvents": false}, nothing), evidence.Fail},
		{"one service is recorded", trail, selectors(fields{}, fields{"FieldSelectors": []any{management,
			fields{"Field": "eventSource", "Equals": []any{"s3.amazonaws.com"}}}}), evidence.Fail},
		{"another category is recorded", trail, selectors(fields{}, fields{"FieldSelectors": []any{
			fields{"Field": "eventCategory", "Equals": []any{"Data"}}}}), evidence.Fail},
		{"the filter looks at some sources", filter, set("FieldSelectionCriteria", "@aws.account = 1"), evidence.Fail},
		{"the filter cannot be read", filter, set("FilterPattern", "[a, b]"), evidence.Unknown},
		{"the filter counts something else", filter, set("FilterPattern", "{ $.eventName = Other }"), evidence.Fail},
		{"there is no alarm", filter, set("Alarms", []any{}), evidence.Fail},
		{"the alarms were refused", filter, denied("Alarms"), evidence.Unknown},
		{"the alarm is muted", filter, alarm(fields{"ActionsEnabled": false, "AlarmActions": []any{"oncall"}}),
			evidence.Fail},
		{"the alarm does nothing", filter, alarm(fields{"ActionsEnabled": true}), evidence.Fail},
		{"the alarm tells somebody else", filter, alarm(fields{"ActionsEnabled": true, "AlarmActions": []any{"x"}}),
			evidence.Fail},
		{"the topic is gone", filter, set("Topics", []any{fields{"TopicArn": "oncall"}}), evidence.Fail},
		{"nobody has confirmed", filter, topic("PendingConfirmation"), evidence.Fail},
		{"the subscriptions were refused", filter, denied("Topics"), evidence.Unknown},
		{"nothing is wrong", filter, topic("arn:aws:sns:eu-central-1:111122223333:oncall:2"), evidence.Pass},
	}
	c := load(t)
	seen := map[string]bool{}
	for _, k := range c.Cases {
		if !strings.HasPrefix(k.Check, "aws.cloudwatch.alarm-") || k.Expect != evidence.Pass {
			continue
		}
		seen[k.Check] = true
		for _, tt := range tests {
			in := k.Input
			in.Related = slices.Clone(in.Related)
			for i := range in.Related {
				s := &in.Related[i]
				if s.Type != tt.of {
					continue
				}
				var doc map[string]any
				if err := json.Unmarshal(s.Doc, &doc); err != nil {
					t.Fatal(err)
				}
				tt.change(s, doc)
				raw, err := json.Marshal(doc)
				if err != nil {
					t.Fatal(err)
				}
				s.Doc = raw
			}
			o, err := c.Evaluator().Case(context.Background(), k.Check, in)
			if err != nil {
				t.Fatal(err)
			}
			if o.Verdict != tt.want {
				t.Errorf("%s, %s, but %s: %s (%s), want %s", k.Check, k.Name, tt.name, o.Verdict, o.Reason, tt.want)
			}
		}
	}
	if len(seen) != 15 {
		t.Errorf("%d alarms have passing cases: %v", len(seen), slices.Sorted(maps.Keys(seen)))
	}
}
