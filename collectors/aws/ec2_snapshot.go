package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// SnapshotDoc is an EBS snapshot that the account owns, with whom it is shared.
type SnapshotDoc struct {
	types.Snapshot
	CreateVolumePermissions []types.CreateVolumePermission
}

func ec2Snapshot() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "aws.ec2.snapshot",
			Title:    "EBS snapshot",
			Doc:      evidence.ShapeOf[SnapshotDoc](),
			Volatile: []string{"/Progress"},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "ec2:DescribeSnapshots", Permissions: []string{"ec2:DescribeSnapshots"}},
			{
				Name: "ec2:DescribeSnapshotAttribute", Permissions: []string{"ec2:DescribeSnapshotAttribute"},
				Absent: []string{"InvalidSnapshot.NotFound"},
			},
		},
		Collect: collect.Typed(collectSnapshots),
	}
}

func collectSnapshots(ctx context.Context, s *session, t *collect.Task) error {
	t.Params("ec2:DescribeSnapshots", map[string]string{"OwnerIds": "self"})
	p := ec2.NewDescribeSnapshotsPaginator(s.ec2(), &ec2.DescribeSnapshotsInput{
		OwnerIds: []string{"self"}, MaxResults: aws.Int32(ec2Page),
	})
	return pages(ctx, t, "ec2:DescribeSnapshots", p, func(page *ec2.DescribeSnapshotsOutput) error {
		t.Listed(len(page.Snapshots))
		return collect.Each(ctx, page.Snapshots, func(ctx context.Context, v types.Snapshot) error {
			return s.snapshot(ctx, t, v)
		})
	})
}

func (s *session) snapshot(ctx context.Context, t *collect.Task, v types.Snapshot) error {
	id := aws.ToString(v.SnapshotId)
	sub := subject(s.ec2ARN("snapshot", id), nameTag(v.Tags, id))
	sub.Tags = ec2Tags(v.Tags)
	doc := SnapshotDoc{Snapshot: v}
	err := t.Call(ctx, "ec2:DescribeSnapshotAttribute", func(ctx context.Context) error {
		out, err := s.ec2().DescribeSnapshotAttribute(ctx, &ec2.DescribeSnapshotAttributeInput{
			SnapshotId: v.SnapshotId, Attribute: types.SnapshotAttributeNameCreateVolumePermission,
		})
		if err == nil {
			doc.CreateVolumePermissions = some(out.CreateVolumePermissions)
		}
		return err
	})
	if collect.IsAbsent(err) {
		t.Exclude(deleted, 1)
		return nil
	}
	if err := t.Miss(&sub, "CreateVolumePermissions", err); err != nil {
		return err
	}
	return s.emit(ctx, t, sub, doc)
}
