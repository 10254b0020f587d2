package gcp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

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
		Collect: collect.Typed(collectBuckets),
	}
}

func collectBuckets(ctx context.Context, s *session, t *collect.Task) error {
	query := url.Values{"project": {s.project}, "maxResults": {"1000"}}
	l := list{op: "storage.buckets.list", service: "storage", path: "/storage/v1/b", query: query, items: "items"}
	return s.pages(ctx, t, l, func(items []json.RawMessage) error {
		return collect.Each(ctx, items, func(ctx context.Context, raw json.RawMessage) error {
			return s.bucket(ctx, t, raw)
		})
	})
}

func (s *session) bucket(ctx context.Context, t *collect.Task, raw json.RawMessage) error {
	doc, name, labels, err := item(raw)
	if err != nil {
		return fmt.Errorf("read a bucket of %s: %w", s.project, err)
	}
	subject := evidence.Subject{ID: "//storage.googleapis.com/" + name, Name: name, Tags: labels}
	const op = "storage.buckets.getIamPolicy"
	var policy json.RawMessage
	ok, err := t.Part(ctx, &subject, "IamPolicy", op, func(ctx context.Context) error {
		path := "/storage/v1/b/" + url.PathEscape(name) + "/iam"
		query := url.Values{"optionsRequestedPolicyVersion": {"3"}}
		return never(s.get(ctx, "storage", path, query, &policy))
	})
	if err != nil {
		return err
	}
	if ok {
		doc["IamPolicy"] = policy
	}
	if subject.Doc, err = json.Marshal(doc); err != nil {
		return fmt.Errorf("encode bucket %s: %w", name, err)
	}
	return t.Emit(ctx, subject)
}
