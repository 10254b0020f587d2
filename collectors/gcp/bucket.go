package gcp

import (
	"google.golang.org/api/storage/v1"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// bucketDoc is the bucket as listed and the answer of the call about its policy.
type bucketDoc struct {
	storage.Bucket
	IamPolicy *storage.Policy
}

// bucket is a Cloud Storage bucket with its IAM policy. Bucket ACLs show in the policy as legacy roles.
func bucket() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "gcp.storage.bucket",
			Title: "Cloud Storage bucket",
			Doc:   evidence.ShapeOf[bucketDoc](),
			Volatile: []string{"/etag", "/metageneration", "/updated", "/IamPolicy/etag",
				"/iamConfiguration/uniformBucketLevelAccess/lockedTime"},
		},
		Version: 1,
		Operations: []collect.Operation{
			{
				Name: "storage.buckets.list", Permissions: []string{"storage.buckets.list"},
				Method: "GET", Path: "/storage/v1/b",
			},
			{
				Name: "storage.buckets.getIamPolicy", Permissions: []string{"storage.buckets.getIamPolicy"},
				Method: "GET", Path: "/storage/v1/b/{bucket}/iam",
			},
		},
	}
}
