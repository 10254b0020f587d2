package aws

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// BucketDoc is a bucket's configuration. A part that is absent was answered "not configured".
type BucketDoc struct {
	Name              *string
	CreationDate      *time.Time
	Region            *string
	PublicAccessBlock *types.PublicAccessBlockConfiguration
	PolicyStatus      *types.PolicyStatus
	Policy            *string // the policy's JSON text
	Acl               *BucketAcl
	Encryption        *types.ServerSideEncryptionConfiguration
	Versioning        *BucketVersioning
	Logging           *BucketLogging
	Ownership         *types.OwnershipControls
	ObjectLock        *types.ObjectLockConfiguration
	Tags              []types.Tag
}

// BucketAcl is a bucket's access control list.
type BucketAcl struct {
	Owner  *types.Owner
	Grants []types.Grant
}

// BucketVersioning is a bucket's versioning; both are absent when it was never set.
type BucketVersioning struct {
	Status    types.BucketVersioningStatus
	MFADelete types.MFADeleteStatus
}

// BucketLogging is a bucket's server access logging; LoggingEnabled is absent when it is off.
type BucketLogging struct {
	LoggingEnabled *types.LoggingEnabled
}

func s3Bucket() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.s3.bucket",
			Title: "S3 bucket",
			Doc:   evidence.ShapeOf[BucketDoc](),
		},
		Version: 1,
	}
}
