package aws

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// bucketQuestions asks one bucket's region about its configuration.
type bucketQuestions struct {
	s      *session
	t      *collect.Task
	sub    *evidence.Subject
	name   *string
	region string
	doc    BucketDoc
}

// question is one part of a bucket's configuration.
type question struct {
	key, op string
	ask     func(ctx context.Context, c *s3.Client, in *bucketQuestions) error
}

func questions() []question {
	return []question{
		{"PublicAccessBlock", "s3:GetPublicAccessBlock", func(ctx context.Context, c *s3.Client, q *bucketQuestions) error {
			out, err := c.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: q.name})
			if err == nil {
				q.doc.PublicAccessBlock = out.PublicAccessBlockConfiguration
			}
			return err
		}},
		{"PolicyStatus", "s3:GetBucketPolicyStatus", func(ctx context.Context, c *s3.Client, q *bucketQuestions) error {
			out, err := c.GetBucketPolicyStatus(ctx, &s3.GetBucketPolicyStatusInput{Bucket: q.name})
			if err == nil {
				q.doc.PolicyStatus = out.PolicyStatus
			}
			return err
		}},
		{"Policy", "s3:GetBucketPolicy", func(ctx context.Context, c *s3.Client, q *bucketQuestions) error {
			out, err := c.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: q.name})
			if err == nil && !json.Valid([]byte(aws.ToString(out.Policy))) {
				return errors.New("malformed answer: the policy is no JSON") // the SDK hands on whatever text came
			}
			if err == nil {
				q.doc.Policy = out.Policy
			}
			return err
		}},
		{"Acl", "s3:GetBucketAcl", func(ctx context.Context, c *s3.Client, q *bucketQuestions) error {
			out, err := c.GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: q.name})
			if err == nil {
				q.doc.Acl = &BucketAcl{Owner: out.Owner, Grants: some(out.Grants)}
			}
			return err
		}},
		{"Encryption", "s3:GetBucketEncryption", func(ctx context.Context, c *s3.Client, q *bucketQuestions) error {
			out, err := c.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: q.name})
			if err == nil {
				q.doc.Encryption = out.ServerSideEncryptionConfiguration
			}
			return err
		}},
		{"Versioning", "s3:GetBucketVersioning", func(ctx context.Context, c *s3.Client, q *bucketQuestions) error {
			out, err := c.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: q.name})
			if err == nil {
				q.doc.Versioning = &BucketVersioning{Status: out.Status, MFADelete: types.MFADeleteStatus(out.MFADelete)}
			}
			return err
		}},
		{"ObjectLock", "s3:GetObjectLockConfiguration", func(ctx context.Context, c *s3.Client, q *bucketQuestions) error {
			out, err := c.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: q.name})
			if err == nil {
				q.doc.ObjectLock = out.ObjectLockConfiguration
			}
			return err
		}},
		{"Lifecycle", "s3:GetBucketLifecycleConfiguration",
			func(ctx context.Context, c *s3.Client, q *bucketQuestions) error {
				out, err := c.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: q.name})
				if err == nil {
					q.doc.Lifecycle = &BucketLifecycle{Rules: some(out.Rules)}
				}
				return err
			}},
		{"Logging", "s3:GetBucketLogging", func(ctx context.Context, c *s3.Client, q *bucketQuestions) error {
			out, err := c.GetBucketLogging(ctx, &s3.GetBucketLoggingInput{Bucket: q.name})
			if err == nil {
				q.doc.Logging = &BucketLogging{LoggingEnabled: out.LoggingEnabled}
			}
			return err
		}},
		{"Ownership", "s3:GetBucketOwnershipControls", func(ctx context.Context, c *s3.Client, q *bucketQuestions) error {
			out, err := c.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: q.name})
			if err == nil {
				q.doc.Ownership = out.OwnershipControls
			}
			return err
		}},
		{"Tags", "s3:GetBucketTagging", func(ctx context.Context, c *s3.Client, q *bucketQuestions) error {
			out, err := c.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: q.name})
			if err == nil {
				q.doc.Tags = out.TagSet
				q.sub.Tags = tags(out.TagSet, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
			}
			return err
		}},
	}
}

// askAll asks everything about the bucket, one question after the other: many buckets are asked at once. It reports
// whether the bucket is still there.
func (q *bucketQuestions) askAll(ctx context.Context) (bool, error) {
	c, t := q.s.s3(q.region), q.t.In(q.region)
	for _, part := range questions() {
		if part.key == "ObjectLock" && q.doc.Versioning != nil && q.doc.Versioning.Status == "" {
			continue
		}
		err := t.Call(ctx, part.op, func(ctx context.Context) error { return part.ask(ctx, c, q) })
		if collect.IsAbsent(err, noSuchBucket) {
			return false, nil
		}
		if err := t.Miss(q.sub, part.key, err); err != nil {
			return false, err
		}
	}
	return true, nil
}

// locate finds the region of a bucket whose listing did not name it. Without it nothing can be asked: every part is
// missing for the same reason. It reports whether the bucket is still there.
func (q *bucketQuestions) locate(ctx context.Context) (bool, error) {
	const op = "s3:GetBucketLocation"
	out, err := ask(ctx, q.t, op, func(ctx context.Context) (*s3.GetBucketLocationOutput, error) {
		return q.s.s3("").GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: q.name})
	})
	if err == nil {
		switch q.region = string(out.LocationConstraint); q.region {
		case "":
			q.region = "us-east-1"
		case "EU":
			q.region = "eu-west-1"
		}
		return true, nil
	}
	if collect.IsAbsent(err, noSuchBucket) {
		return false, nil
	}
	keys := []string{"Region"}
	for _, part := range questions() {
		keys = append(keys, part.key)
	}
	for _, key := range keys {
		if err := q.t.Miss(q.sub, key, err); err != nil {
			return false, err
		}
	}
	return true, nil
}
