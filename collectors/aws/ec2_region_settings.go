package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// RegionSettingsDoc is what EC2 holds for the whole account in one region.
type RegionSettingsDoc struct {
	EbsEncryptionByDefault    *bool
	SnapshotBlockPublicAccess *SnapshotBlockPublicAccess
}

// SnapshotBlockPublicAccess is whether snapshots may be shared with everyone.
type SnapshotBlockPublicAccess struct {
	State types.SnapshotBlockPublicAccessState
}

func ec2RegionSettings() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.ec2.region-settings",
			Title: "EC2 settings of a region",
			Doc:   evidence.ShapeOf[RegionSettingsDoc](),
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "ec2:GetEbsEncryptionByDefault", Permissions: []string{"ec2:GetEbsEncryptionByDefault"}},
			{
				Name:        "ec2:GetSnapshotBlockPublicAccessState",
				Permissions: []string{"ec2:GetSnapshotBlockPublicAccessState"},
			},
		},
		Collect: collect.Typed(collectRegionSettings),
	}
}

func collectRegionSettings(ctx context.Context, s *session, t *collect.Task) error {
	sub := subject(s.ec2ARN("region-settings", t.Scope().Region), t.Scope().Region)
	var doc RegionSettingsDoc
	_, err := t.Part(ctx, &sub, "EbsEncryptionByDefault", "ec2:GetEbsEncryptionByDefault", func(ctx context.Context) error {
		out, err := s.ec2().GetEbsEncryptionByDefault(ctx, &ec2.GetEbsEncryptionByDefaultInput{})
		if err == nil {
			doc.EbsEncryptionByDefault = out.EbsEncryptionByDefault
		}
		return err
	})
	if err != nil {
		return err
	}
	_, err = t.Part(ctx, &sub, "SnapshotBlockPublicAccess", "ec2:GetSnapshotBlockPublicAccessState",
		func(ctx context.Context) error {
			out, err := s.ec2().GetSnapshotBlockPublicAccessState(ctx, &ec2.GetSnapshotBlockPublicAccessStateInput{})
			if err == nil && out.State != "" {
				doc.SnapshotBlockPublicAccess = &SnapshotBlockPublicAccess{State: out.State}
			}
			return err
		})
	if err != nil {
		return err
	}
	t.Listed(1)
	return s.emit(ctx, t, sub, doc)
}
