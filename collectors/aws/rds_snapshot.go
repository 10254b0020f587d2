package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// DBSnapshotDoc is a manual snapshot of an instance, with whom it is shared.
type DBSnapshotDoc struct {
	types.DBSnapshot
	Attributes []types.DBSnapshotAttribute
}

// DBClusterSnapshotDoc is a manual snapshot of a cluster, with whom it is shared.
type DBClusterSnapshotDoc struct {
	types.DBClusterSnapshot
	Attributes []types.DBClusterSnapshotAttribute
}

// anyDBSnapshot has the members of both kinds of snapshot.
type anyDBSnapshot struct {
	DBSnapshotDoc
	DBClusterSnapshotDoc
}

// manualSnapshots is the only kind of snapshot that can be shared.
const manualSnapshots = "manual"

func rdsSnapshot() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "aws.rds.db-snapshot",
			Title:    "Manual database snapshot",
			Doc:      evidence.ShapeOf[anyDBSnapshot](),
			Secret:   []string{"/MasterUsername"},
			Volatile: []string{"/PercentProgress"},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "rds:DescribeDBSnapshots", Permissions: []string{"rds:DescribeDBSnapshots"}},
			{Name: "rds:DescribeDBClusterSnapshots", Permissions: []string{"rds:DescribeDBClusterSnapshots"}},
			{
				Name: "rds:DescribeDBSnapshotAttributes", Permissions: []string{"rds:DescribeDBSnapshotAttributes"},
				Absent: []string{"DBSnapshotNotFound"},
			},
			{
				Name: "rds:DescribeDBClusterSnapshotAttributes", Permissions: []string{"rds:DescribeDBClusterSnapshotAttributes"},
				Absent: []string{"DBClusterSnapshotNotFoundFault"},
			},
		},
		Collect: collect.Typed(collectDBSnapshots),
	}
}

// collectDBSnapshots lists the two kinds one after the other. Each is asked for though the other was refused.
func collectDBSnapshots(ctx context.Context, s *session, t *collect.Task) error {
	first := s.instanceSnapshots(ctx, t)
	if ctx.Err() != nil {
		return first
	}
	if err := s.clusterSnapshots(ctx, t); first == nil {
		return err
	}
	return first
}

func (s *session) instanceSnapshots(ctx context.Context, t *collect.Task) error {
	const op = "rds:DescribeDBSnapshots"
	t.Params(op, map[string]string{"SnapshotType": manualSnapshots})
	p := rds.NewDescribeDBSnapshotsPaginator(s.rds(), &rds.DescribeDBSnapshotsInput{
		SnapshotType: aws.String(manualSnapshots), MaxRecords: aws.Int32(rdsPage),
	})
	return pages(ctx, t, op, p, func(page *rds.DescribeDBSnapshotsOutput) error {
		t.Listed(len(page.DBSnapshots))
		return collect.Each(ctx, page.DBSnapshots, func(ctx context.Context, v types.DBSnapshot) error {
			return s.instanceSnapshot(ctx, t, v)
		})
	})
}

func (s *session) instanceSnapshot(ctx context.Context, t *collect.Task, v types.DBSnapshot) error {
	sub := subject(aws.ToString(v.DBSnapshotArn), aws.ToString(v.DBSnapshotIdentifier))
	sub.Tags = rdsTags(v.TagList)
	doc := DBSnapshotDoc{DBSnapshot: v}
	there, err := detail(ctx, t, &sub, "rds:DescribeDBSnapshotAttributes", []string{"Attributes"},
		func(ctx context.Context) error {
			out, err := s.rds().DescribeDBSnapshotAttributes(ctx, &rds.DescribeDBSnapshotAttributesInput{
				DBSnapshotIdentifier: v.DBSnapshotIdentifier,
			})
			if err == nil && out.DBSnapshotAttributesResult == nil {
				err = errNoResult
			}
			if err == nil {
				doc.Attributes = some(out.DBSnapshotAttributesResult.DBSnapshotAttributes)
			}
			return err
		})
	if !there || err != nil {
		return err
	}
	return s.emit(ctx, t, sub, doc)
}

func (s *session) clusterSnapshots(ctx context.Context, t *collect.Task) error {
	const op = "rds:DescribeDBClusterSnapshots"
	t.Params(op, map[string]string{"SnapshotType": manualSnapshots})
	p := rds.NewDescribeDBClusterSnapshotsPaginator(s.rds(), &rds.DescribeDBClusterSnapshotsInput{
		SnapshotType: aws.String(manualSnapshots), MaxRecords: aws.Int32(rdsPage),
	})
	return pages(ctx, t, op, p, func(page *rds.DescribeDBClusterSnapshotsOutput) error {
		t.Listed(len(page.DBClusterSnapshots))
		return collect.Each(ctx, page.DBClusterSnapshots, func(ctx context.Context, v types.DBClusterSnapshot) error {
			return s.clusterSnapshot(ctx, t, v)
		})
	})
}

func (s *session) clusterSnapshot(ctx context.Context, t *collect.Task, v types.DBClusterSnapshot) error {
	sub := subject(aws.ToString(v.DBClusterSnapshotArn), aws.ToString(v.DBClusterSnapshotIdentifier))
	sub.Tags = rdsTags(v.TagList)
	doc := DBClusterSnapshotDoc{DBClusterSnapshot: v}
	there, err := detail(ctx, t, &sub, "rds:DescribeDBClusterSnapshotAttributes", []string{"Attributes"},
		func(ctx context.Context) error {
			out, err := s.rds().DescribeDBClusterSnapshotAttributes(ctx, &rds.DescribeDBClusterSnapshotAttributesInput{
				DBClusterSnapshotIdentifier: v.DBClusterSnapshotIdentifier,
			})
			if err == nil && out.DBClusterSnapshotAttributesResult == nil {
				err = errNoResult
			}
			if err == nil {
				doc.Attributes = some(out.DBClusterSnapshotAttributesResult.DBClusterSnapshotAttributes)
			}
			return err
		})
	if !there || err != nil {
		return err
	}
	return s.emit(ctx, t, sub, doc)
}
