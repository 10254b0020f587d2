package aws

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
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
	ObjectLock        *types.ObjectLockConfiguration // not asked for where versioning was never on, which it needs
	Lifecycle         *BucketLifecycle
	Ownership         *types.OwnershipControls
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

// BucketLifecycle is what becomes of a bucket's objects as they age.
type BucketLifecycle struct {
	Rules []types.LifecycleRule
}

func s3Bucket() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.s3.bucket",
			Title: "S3 bucket",
			Doc:   evidence.ShapeOf[BucketDoc](),
		},
		Version: 2,
		Operations: []collect.Operation{
			{Name: "s3:ListBuckets", Permissions: []string{"s3:ListAllMyBuckets"}},
			{Name: "s3:GetBucketLocation", Permissions: []string{"s3:GetBucketLocation"}, Absent: gone()},
			{
				Name: "s3:GetPublicAccessBlock", Permissions: []string{"s3:GetBucketPublicAccessBlock"},
				Absent: gone("NoSuchPublicAccessBlockConfiguration"),
			},
			{
				Name: "s3:GetBucketPolicyStatus", Permissions: []string{"s3:GetBucketPolicyStatus"},
				Absent: gone("NoSuchBucketPolicy"),
			},
			{
				Name: "s3:GetBucketPolicy", Permissions: []string{"s3:GetBucketPolicy"},
				Absent: gone("NoSuchBucketPolicy"),
			},
			{Name: "s3:GetBucketAcl", Permissions: []string{"s3:GetBucketAcl"}, Absent: gone()},
			{
				Name: "s3:GetBucketEncryption", Permissions: []string{"s3:GetEncryptionConfiguration"},
				Absent: gone("ServerSideEncryptionConfigurationNotFoundError"),
			},
			{Name: "s3:GetBucketVersioning", Permissions: []string{"s3:GetBucketVersioning"}, Absent: gone()},
			{
				Name: "s3:GetObjectLockConfiguration", Permissions: []string{"s3:GetBucketObjectLockConfiguration"},
				Absent: gone("ObjectLockConfigurationNotFoundError"),
			},
			{
				Name: "s3:GetBucketLifecycleConfiguration", Permissions: []string{"s3:GetLifecycleConfiguration"},
				Absent: gone("NoSuchLifecycleConfiguration"),
			},
			{Name: "s3:GetBucketLogging", Permissions: []string{"s3:GetBucketLogging"}, Absent: gone()},
			{
				Name: "s3:GetBucketOwnershipControls", Permissions: []string{"s3:GetBucketOwnershipControls"},
				Absent: gone("OwnershipControlsNotFoundError"),
			},
			{Name: "s3:GetBucketTagging", Permissions: []string{"s3:GetBucketTagging"}, Absent: gone("NoSuchTagSet")},
		},
		Collect: collect.Typed(collectBuckets),
	}
}

// noSuchBucket is the code of a bucket that was deleted since it was listed.
const noSuchBucket = "NoSuchBucket"

func gone(absent ...string) []string { return append(absent, noSuchBucket) }

// bucketPage keeps pages of buckets small: each costs some ten further calls.
const bucketPage = 1000

func collectBuckets(ctx context.Context, s *session, t *collect.Task) error {
	// Only an answer to a paginated request tells the buckets' regions.
	p := s3.NewListBucketsPaginator(s.s3(""), &s3.ListBucketsInput{MaxBuckets: aws.Int32(bucketPage)})
	return pages(ctx, t, "s3:ListBuckets", p, func(page *s3.ListBucketsOutput) error {
		t.Listed(len(page.Buckets))
		return collect.Each(ctx, page.Buckets, func(ctx context.Context, b types.Bucket) error {
			return s.bucket(ctx, t, b)
		})
	})
}

func (s *session) bucket(ctx context.Context, t *collect.Task, b types.Bucket) error {
	name := aws.ToString(b.Name)
	sub := subject("arn:"+s.partition+":s3:::"+name, name)
	q := bucketQuestions{s: s, t: t, sub: &sub, name: b.Name, region: aws.ToString(b.BucketRegion)}
	q.doc = BucketDoc{Name: b.Name, CreationDate: b.CreationDate}
	there := true
	var err error
	if q.region == "" {
		there, err = q.locate(ctx)
	}
	if q.region != "" && there && err == nil {
		q.doc.Region = &q.region
		there, err = q.askAll(ctx)
	}
	switch {
	case err != nil:
		return err
	case !there:
		t.Exclude(deleted, 1)
		return nil
	}
	return s.emit(ctx, t, sub, q.doc)
}
