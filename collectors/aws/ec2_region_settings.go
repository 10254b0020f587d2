package aws

import (
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
	}
}
