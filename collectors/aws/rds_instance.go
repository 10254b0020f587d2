package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// DBInstanceDoc is a database instance. DocumentDB and Neptune answer in the same list; Engine tells them apart. What
// an instance shares with the other members of its cluster is the cluster's, an aws.rds.db-cluster.
type DBInstanceDoc struct{ types.DBInstance }

// rdsPage is the size of RDS's pages, which is the largest.
const rdsPage = 100

func (s *session) rds() *rds.Client {
	return client(s, "rds", func() *rds.Client { return rds.NewFromConfig(s.cfg) })
}

func rdsInstance() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:   "aws.rds.db-instance",
			Title:  "Database instance",
			Doc:    evidence.ShapeOf[DBInstanceDoc](),
			Secret: []string{"/MasterUsername", "/PendingModifiedValues/MasterUserPassword"},
			Volatile: []string{
				"/DBInstanceStatus", "/LatestRestorableTime", "/PercentProgress", "/StatusInfos",
				"/StorageOperationPercentProgress",
			},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "rds:DescribeDBInstances", Permissions: []string{"rds:DescribeDBInstances"}},
		},
		Collect: collect.Typed(collectDBInstances),
	}
}

func collectDBInstances(ctx context.Context, s *session, t *collect.Task) error {
	p := rds.NewDescribeDBInstancesPaginator(s.rds(), &rds.DescribeDBInstancesInput{MaxRecords: aws.Int32(rdsPage)})
	return pages(ctx, t, "rds:DescribeDBInstances", p, func(page *rds.DescribeDBInstancesOutput) error {
		t.Listed(len(page.DBInstances))
		for _, v := range page.DBInstances {
			sub := subject(aws.ToString(v.DBInstanceArn), aws.ToString(v.DBInstanceIdentifier))
			sub.Tags = rdsTags(v.TagList)
			if err := s.emit(ctx, t, sub, DBInstanceDoc{v}); err != nil {
				return err
			}
		}
		return nil
	})
}

func rdsTags(list []types.Tag) map[string]string {
	return tags(list, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
}
