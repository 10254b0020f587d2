package daemon

import (
	"context"
	"net/http"
	"sync/atomic"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"
)

// bareCalls is the program that BenchmarkCollectAWS compares with: the SDK and nothing else.
type bareCalls struct {
	iam *iam.Client
	ec2 *ec2.Client
	s3  *s3.Client
}

// bareClient sends and counts.
type bareClient struct {
	next     http.RoundTripper
	requests *atomic.Int64
}

// Do implements aws.HTTPClient.
func (c bareClient) Do(req *http.Request) (*http.Response, error) {
	c.requests.Add(1)
	return c.next.RoundTrip(req)
}

// bareWidth is how many items are asked about at once, as by a collector.
const bareWidth = 64

func bareEach[T any](ctx context.Context, items []T, f func(context.Context, T) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(bareWidth)
	for _, item := range items {
		g.Go(func() error { return f(ctx, item) })
	}
	return g.Wait()
}

func (b *bareCalls) details(ctx context.Context, kind iamtypes.EntityType,
	f func(*iam.GetAccountAuthorizationDetailsOutput) error) error {
	p := iam.NewGetAccountAuthorizationDetailsPaginator(b.iam, &iam.GetAccountAuthorizationDetailsInput{
		Filter: []iamtypes.EntityType{kind}, MaxItems: awssdk.Int32(500),
	})
	for p.HasMorePages() {
		page, err := p.NextPage(ctx)
		if err != nil {
			return err
		}
		if err := f(page); err != nil {
			return err
		}
	}
	return nil
}

func (b *bareCalls) users(ctx context.Context) error {
	if _, err := b.iam.GenerateCredentialReport(ctx, nil); err != nil {
		return err
	}
	if _, err := b.iam.GetCredentialReport(ctx, nil); err != nil {
		return err
	}
	return b.details(ctx, iamtypes.EntityTypeUser, func(page *iam.GetAccountAuthorizationDetailsOutput) error {
		return bareEach(ctx, page.UserDetailList, func(ctx context.Context, u iamtypes.UserDetail) error {
			if _, err := b.iam.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: u.UserName}); err != nil {
				return err
			}
			_, err := b.iam.ListMFADevices(ctx, &iam.ListMFADevicesInput{UserName: u.UserName})
			return err
		})
	})
}

func (b *bareCalls) roles(ctx context.Context) error {
	return b.details(ctx, iamtypes.EntityTypeRole, func(*iam.GetAccountAuthorizationDetailsOutput) error { return nil })
}

func (b *bareCalls) policies(ctx context.Context) error {
	return b.details(ctx, iamtypes.EntityTypeLocalManagedPolicy,
		func(*iam.GetAccountAuthorizationDetailsOutput) error { return nil })
}

func (b *bareCalls) buckets(ctx context.Context) error {
	p := s3.NewListBucketsPaginator(b.s3, &s3.ListBucketsInput{MaxBuckets: awssdk.Int32(1000)})
	for p.HasMorePages() {
		page, err := p.NextPage(ctx)
		if err != nil {
			return err
		}
		if err := bareEach(ctx, page.Buckets, b.bucket); err != nil {
			return err
		}
	}
	return nil
}

// bucket asks all that is asked of a bucket. "Not configured" is an error to the SDK, and an answer here.
func (b *bareCalls) bucket(ctx context.Context, v s3types.Bucket) error {
	n := v.Name
	b.s3.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: n})
	b.s3.GetBucketPolicyStatus(ctx, &s3.GetBucketPolicyStatusInput{Bucket: n})
	b.s3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: n})
	b.s3.GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: n})
	b.s3.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: n})
	b.s3.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: n})
	b.s3.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: n})
	b.s3.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: n})
	b.s3.GetBucketLogging(ctx, &s3.GetBucketLoggingInput{Bucket: n})
	b.s3.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: n})
	b.s3.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: n})
	return ctx.Err()
}

func (b *bareCalls) groups(ctx context.Context) error {
	p := ec2.NewDescribeSecurityGroupsPaginator(b.ec2, &ec2.DescribeSecurityGroupsInput{MaxResults: awssdk.Int32(500)})
	for p.HasMorePages() {
		if _, err := p.NextPage(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (b *bareCalls) volumes(ctx context.Context) error {
	p := ec2.NewDescribeVolumesPaginator(b.ec2, &ec2.DescribeVolumesInput{MaxResults: awssdk.Int32(500)})
	for p.HasMorePages() {
		if _, err := p.NextPage(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (b *bareCalls) snapshots(ctx context.Context) error {
	p := ec2.NewDescribeSnapshotsPaginator(b.ec2, &ec2.DescribeSnapshotsInput{
		OwnerIds: []string{"self"}, MaxResults: awssdk.Int32(500),
	})
	for p.HasMorePages() {
		page, err := p.NextPage(ctx)
		if err != nil {
			return err
		}
		err = bareEach(ctx, page.Snapshots, func(ctx context.Context, s ec2types.Snapshot) error {
			_, err := b.ec2.DescribeSnapshotAttribute(ctx, &ec2.DescribeSnapshotAttributeInput{
				SnapshotId: s.SnapshotId, Attribute: ec2types.SnapshotAttributeNameCreateVolumePermission,
			})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
