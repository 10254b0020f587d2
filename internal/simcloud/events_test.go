package simcloud

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

// TestLookupEvents looks up the demo's events as CloudTrail does: what has happened, for 90 days, by one attribute and by time.
func TestLookupEvents(t *testing.T) {
	c := start(t, demo(t), Options{PageSize: 2})
	look := func(day int, region string, key types.LookupAttributeKey, value string, from time.Time) []string {
		if err := c.SetDay(day); err != nil {
			t.Fatal(err)
		}
		client := cloudtrail.NewFromConfig(awsConfig(c, prod, region))
		in := &cloudtrail.LookupEventsInput{LookupAttributes: []types.LookupAttribute{{AttributeKey: key, AttributeValue: aws.String(value)}}}
		if !from.IsZero() {
			in.StartTime = aws.Time(from)
		}
		var got []string
		for p := cloudtrail.NewLookupEventsPaginator(client, in); p.HasMorePages(); {
			page := next(t, p.NextPage)
			if len(page.Events) > 2 {
				t.Errorf("%d events on a page of two", len(page.Events))
			}
			for _, e := range page.Events {
				var record struct{ EventID, EventTime string }
				if err := json.Unmarshal([]byte(*e.CloudTrailEvent), &record); err != nil {
					t.Fatal(err)
				}
				if record.EventID != *e.EventId || record.EventTime != e.EventTime.UTC().Format(time.RFC3339) {
					t.Errorf("the record %+v stands under %s at %s", record, *e.EventId, e.EventTime)
				}
				got = append(got, fmt.Sprint(*e.EventName, " ", aws.ToString(e.Username), " ", record.EventTime[:10]))
			}
		}
		return got
	}
	base := demo(t).Base
	for _, tt := range []struct {
		name, region string
		day          int
		key          types.LookupAttributeKey
		value        string
		from         time.Time
		want         string
	}{
		{"what has not happened yet is not told", "eu-west-1", 19, types.LookupAttributeKeyEventName, "RevokeSecurityGroupIngress", time.Time{}, "[]"},
		{"it is told once it has", "eu-west-1", 27, types.LookupAttributeKeyEventName, "RevokeSecurityGroupIngress", time.Time{},
			"[RevokeSecurityGroupIngress  2026-07-29]"},
		{"the newest first, over pages, failures too", "eu-west-1", 27, types.LookupAttributeKeyEventName, "AuthorizeSecurityGroupIngress", time.Time{},
			"[AuthorizeSecurityGroupIngress  2026-07-22 AuthorizeSecurityGroupIngress  2026-07-22 AuthorizeSecurityGroupIngress  2026-06-03]"},
		{"since a time", "eu-west-1", 27, types.LookupAttributeKeyEventName, "AuthorizeSecurityGroupIngress", base,
			"[AuthorizeSecurityGroupIngress  2026-07-22 AuthorizeSecurityGroupIngress  2026-07-22]"},
		{"90 days and no longer", "eu-west-1", 70, types.LookupAttributeKeyEventName, "AuthorizeSecurityGroupIngress", time.Time{},
			"[AuthorizeSecurityGroupIngress  2026-07-22 AuthorizeSecurityGroupIngress  2026-07-22]"},
		{"another region", "eu-central-1", 27, types.LookupAttributeKeyEventName, "AuthorizeSecurityGroupIngress", time.Time{}, "[]"},
		{"by user", "us-east-1", 27, types.LookupAttributeKeyUsername, "root", time.Time{}, "[ConsoleLogin root 2026-07-07]"},
		{"by service", "us-east-1", 5, types.LookupAttributeKeyEventSource, "signin.amazonaws.com", time.Time{}, "[ConsoleLogin root 2026-07-07]"},
	} {
		if got := fmt.Sprint(look(tt.day, tt.region, tt.key, tt.value, tt.from)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
