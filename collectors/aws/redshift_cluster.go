package aws

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshift"
	"github.com/aws/aws-sdk-go-v2/service/redshift/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// RedshiftDoc is a provisioned cluster.
type RedshiftDoc struct {
	types.Cluster
	LoggingStatus *RedshiftLogging
}

// RedshiftLogging is a cluster's audit logging.
type RedshiftLogging struct {
	BucketName                 *string
	LastFailureMessage         *string
	LastFailureTime            *time.Time
	LastSuccessfulDeliveryTime *time.Time
	LogDestinationType         types.LogDestinationType
	LogExports                 []string
	LoggingEnabled             *bool
	S3KeyPrefix                *string
}

func (s *session) redshift() *redshift.Client {
	return client(s, "redshift", func() *redshift.Client { return redshift.NewFromConfig(s.cfg) })
}

func redshiftCluster() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:   "aws.redshift.cluster",
			Title:  "Redshift cluster",
			Doc:    evidence.ShapeOf[RedshiftDoc](),
			Secret: []string{"/MasterUsername", "/PendingModifiedValues/MasterUserPassword"},
			Volatile: []string{
				"/ClusterAvailabilityStatus", "/ClusterStatus", "/DataTransferProgress", "/ExpectedNextSnapshotScheduleTime",
				"/LoggingStatus/LastSuccessfulDeliveryTime", "/NextMaintenanceWindowStartTime", "/ResizeInfo", "/RestoreStatus",
			},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "redshift:DescribeClusters", Permissions: []string{"redshift:DescribeClusters"}},
			{
				Name: "redshift:DescribeLoggingStatus", Permissions: []string{"redshift:DescribeLoggingStatus"},
				Absent: []string{"ClusterNotFound"},
			},
		},
		Collect: collect.Typed(collectRedshift),
	}
}

func collectRedshift(ctx context.Context, s *session, t *collect.Task) error {
	p := redshift.NewDescribeClustersPaginator(s.redshift(), &redshift.DescribeClustersInput{MaxRecords: aws.Int32(100)})
	return pages(ctx, t, "redshift:DescribeClusters", p, func(page *redshift.DescribeClustersOutput) error {
		t.Listed(len(page.Clusters))
		return collect.Each(ctx, page.Clusters, func(ctx context.Context, v types.Cluster) error {
			return s.warehouse(ctx, t, v)
		})
	})
}

// warehouse tells one cluster. Its ARN is in no answer; the one that is there names the data, not the cluster.
func (s *session) warehouse(ctx context.Context, t *collect.Task, v types.Cluster) error {
	id := aws.ToString(v.ClusterIdentifier)
	sub := subject(s.arn("redshift", "cluster:"+id), id)
	sub.Tags = tags(v.Tags, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
	doc := RedshiftDoc{Cluster: v}
	there, err := detail(ctx, t, &sub, "redshift:DescribeLoggingStatus", []string{"LoggingStatus"},
		func(ctx context.Context) error {
			out, err := s.redshift().DescribeLoggingStatus(ctx, &redshift.DescribeLoggingStatusInput{
				ClusterIdentifier: v.ClusterIdentifier,
			})
			if err == nil {
				doc.LoggingStatus = &RedshiftLogging{
					BucketName: out.BucketName, LastFailureMessage: out.LastFailureMessage, LastFailureTime: out.LastFailureTime,
					LastSuccessfulDeliveryTime: out.LastSuccessfulDeliveryTime, LogDestinationType: out.LogDestinationType,
					LogExports: out.LogExports, LoggingEnabled: out.LoggingEnabled, S3KeyPrefix: out.S3KeyPrefix,
				}
			}
			return err
		})
	if !there || err != nil {
		return err
	}
	return s.emit(ctx, t, sub, doc)
}
