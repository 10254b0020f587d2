package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// DBClusterDoc is a database cluster: Aurora, Multi-AZ, DocumentDB or Neptune. What it says goes for all its members.
type DBClusterDoc struct{ types.DBCluster }

func rdsCluster() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:   "aws.rds.db-cluster",
			Title:  "Database cluster",
			Doc:    evidence.ShapeOf[DBClusterDoc](),
			Secret: []string{"/MasterUsername", "/PendingModifiedValues/MasterUserPassword"},
			Volatile: []string{
				"/BacktrackConsumedChangeRecords", "/Capacity", "/EarliestBacktrackTime", "/EarliestRestorableTime",
				"/LatestRestorableTime", "/PercentProgress", "/Status", "/StatusInfos",
			},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "rds:DescribeDBClusters", Permissions: []string{"rds:DescribeDBClusters"}},
		},
		Collect: collect.Typed(collectDBClusters),
	}
}

func collectDBClusters(ctx context.Context, s *session, t *collect.Task) error {
	p := rds.NewDescribeDBClustersPaginator(s.rds(), &rds.DescribeDBClustersInput{MaxRecords: aws.Int32(rdsPage)})
	return pages(ctx, t, "rds:DescribeDBClusters", p, func(page *rds.DescribeDBClustersOutput) error {
		t.Listed(len(page.DBClusters))
		for _, v := range page.DBClusters {
			sub := subject(aws.ToString(v.DBClusterArn), aws.ToString(v.DBClusterIdentifier))
			sub.Tags = rdsTags(v.TagList)
			if err := s.emit(ctx, t, sub, DBClusterDoc{v}); err != nil {
				return err
			}
		}
		return nil
	})
}
