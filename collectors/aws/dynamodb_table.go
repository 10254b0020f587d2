package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// TableDoc is a table's description; no item of it is read.
type TableDoc struct {
	*types.TableDescription
	ContinuousBackups *types.ContinuousBackupsDescription
	Tags              []types.Tag
}

func (s *session) dynamodb() *dynamodb.Client {
	return client(s, "dynamodb", func() *dynamodb.Client {
		return dynamodb.NewFromConfig(s.cfg, func(o *dynamodb.Options) {
			o.AccountIDEndpointMode = aws.AccountIDEndpointModeDisabled // one host in a region, as all other services have
		})
	})
}

func dynamodbTable() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.dynamodb.table",
			Title: "DynamoDB table",
			Doc:   evidence.ShapeOf[TableDoc](),
			Volatile: []string{
				"/ContinuousBackups/PointInTimeRecoveryDescription/EarliestRestorableDateTime",
				"/ContinuousBackups/PointInTimeRecoveryDescription/LatestRestorableDateTime",
				"/GlobalSecondaryIndexes/*/IndexSizeBytes", "/GlobalSecondaryIndexes/*/ItemCount",
				"/ItemCount", "/LocalSecondaryIndexes/*/IndexSizeBytes", "/LocalSecondaryIndexes/*/ItemCount",
				"/ProvisionedThroughput", "/TableSizeBytes", "/TableStatus", "/WarmThroughput",
			},
			Ordered: []string{"/KeySchema"},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "dynamodb:ListTables", Permissions: []string{"dynamodb:ListTables"}},
			{
				Name: "dynamodb:DescribeTable", Permissions: []string{"dynamodb:DescribeTable"},
				Absent: []string{"ResourceNotFoundException"},
			},
			{
				Name: "dynamodb:DescribeContinuousBackups", Permissions: []string{"dynamodb:DescribeContinuousBackups"},
			},
			{Name: "dynamodb:ListTagsOfResource", Permissions: []string{"dynamodb:ListTagsOfResource"}},
		},
		Collect: collect.Typed(collectTables),
	}
}

func collectTables(ctx context.Context, s *session, t *collect.Task) error {
	p := dynamodb.NewListTablesPaginator(s.dynamodb(), &dynamodb.ListTablesInput{Limit: aws.Int32(100)})
	return pages(ctx, t, "dynamodb:ListTables", p, func(page *dynamodb.ListTablesOutput) error {
		t.Listed(len(page.TableNames))
		return collect.Each(ctx, page.TableNames, func(ctx context.Context, name string) error {
			return s.table(ctx, t, name)
		})
	})
}

func (s *session) table(ctx context.Context, t *collect.Task, name string) error {
	sub := subject(s.arn("dynamodb", "table/"+name), name)
	var doc TableDoc
	err := t.Call(ctx, "dynamodb:DescribeTable", func(ctx context.Context) error {
		out, err := s.dynamodb().DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
		if err == nil && out.Table == nil {
			err = errNoResult
		}
		if err == nil {
			doc.TableDescription = out.Table
		}
		return err
	})
	if collect.IsAbsent(err) {
		t.Exclude(deleted, 1)
		return nil
	}
	if err := missAll[types.TableDescription](t, &sub, err); err != nil {
		return err
	}
	if err := s.tableParts(ctx, t, &sub, &doc); err != nil {
		return err
	}
	return s.emit(ctx, t, sub, doc)
}

// tableParts asks what DescribeTable does not tell.
func (s *session) tableParts(ctx context.Context, t *collect.Task, sub *evidence.Subject, doc *TableDoc) error {
	_, err := t.Part(ctx, sub, "ContinuousBackups", "dynamodb:DescribeContinuousBackups",
		func(ctx context.Context) error {
			out, err := s.dynamodb().DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{
				TableName: &sub.Name,
			})
			if err == nil && out.ContinuousBackupsDescription == nil {
				err = errNoResult
			}
			if err == nil {
				doc.ContinuousBackups = out.ContinuousBackupsDescription
			}
			return err
		})
	if err != nil {
		return err
	}
	_, err = t.Part(ctx, sub, "Tags", "dynamodb:ListTagsOfResource", func(ctx context.Context) error {
		// A table has 50 tags at most, which is one page.
		out, err := s.dynamodb().ListTagsOfResource(ctx, &dynamodb.ListTagsOfResourceInput{ResourceArn: &sub.ID})
		if err == nil {
			doc.Tags = some(out.Tags)
			sub.Tags = tags(out.Tags, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
		}
		return err
	})
	return err
}
