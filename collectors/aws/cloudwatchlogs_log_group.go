package aws

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// LogGroupDoc is a log group: how long it keeps what, and under which key. What stands in the log is never read.
type LogGroupDoc struct{ types.LogGroup }

func cloudwatchlogsLogGroup() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "aws.cloudwatchlogs.log-group",
			Title:    "CloudWatch log group",
			Doc:      evidence.ShapeOf[LogGroupDoc](),
			Volatile: []string{"/StoredBytes"},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "cloudwatchlogs:DescribeLogGroups", Permissions: []string{"logs:DescribeLogGroups"}},
		},
		Collect: collect.Typed(collectLogGroups),
	}
}

func (s *session) cloudwatchlogs() *cloudwatchlogs.Client {
	return client(s, "cloudwatchlogs", func() *cloudwatchlogs.Client { return cloudwatchlogs.NewFromConfig(s.cfg) })
}

// logsPage is the largest page of CloudWatch Logs.
const logsPage = 50

func collectLogGroups(ctx context.Context, s *session, t *collect.Task) error {
	p := cloudwatchlogs.NewDescribeLogGroupsPaginator(s.cloudwatchlogs(), &cloudwatchlogs.DescribeLogGroupsInput{
		Limit: aws.Int32(logsPage),
	})
	return pages(ctx, t, "cloudwatchlogs:DescribeLogGroups", p, func(page *cloudwatchlogs.DescribeLogGroupsOutput) error {
		t.Listed(len(page.LogGroups))
		for _, g := range page.LogGroups {
			arn := aws.ToString(g.LogGroupArn)
			if arn == "" { // older answers have only the one that ends in what permissions are written for
				arn = strings.TrimSuffix(aws.ToString(g.Arn), ":*")
			}
			if err := s.emit(ctx, t, subject(arn, aws.ToString(g.LogGroupName)), LogGroupDoc{g}); err != nil {
				return err
			}
		}
		return nil
	})
}
