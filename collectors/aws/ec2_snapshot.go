package aws

import (
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
	}
}
