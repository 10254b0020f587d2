package aws

import (
	"context"
	"path"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// QueueDoc is a queue's configuration. Attributes have the names and the text that SQS gives them.
type QueueDoc struct {
	QueueUrl             *string
	Policy               *string // JSON text, absent when there is none
	KmsMasterKeyId       *string
	SqsManagedSseEnabled *string
}

func (s *session) sqs() *sqs.Client {
	return client(s, "sqs", func() *sqs.Client { return sqs.NewFromConfig(s.cfg) })
}

func sqsQueue() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.sqs.queue",
			Title: "SQS queue",
			Doc:   evidence.ShapeOf[QueueDoc](),
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "sqs:ListQueues", Permissions: []string{"sqs:ListQueues"}},
			{
				Name: "sqs:GetQueueAttributes", Permissions: []string{"sqs:GetQueueAttributes"},
				Absent: goneQueue(),
			},
			{Name: "sqs:ListQueueTags", Permissions: []string{"sqs:ListQueueTags"}, Absent: goneQueue()},
		},
		Collect: collect.Typed(collectQueues),
	}
}

// goneQueue lists the codes of a queue that was deleted since it was listed.
func goneQueue() []string {
	return []string{"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}
}

// queueAttributes are those of a queue's that are asked for; the rest are mostly counters.
func queueAttributes() []types.QueueAttributeName {
	return []types.QueueAttributeName{
		types.QueueAttributeNamePolicy, types.QueueAttributeNameKmsMasterKeyId,
		types.QueueAttributeNameSqsManagedSseEnabled,
	}
}

func collectQueues(ctx context.Context, s *session, t *collect.Task) error {
	// Only an answer to a request with MaxResults says that there is more.
	p := sqs.NewListQueuesPaginator(s.sqs(), &sqs.ListQueuesInput{MaxResults: aws.Int32(1000)})
	return pages(ctx, t, "sqs:ListQueues", p, func(page *sqs.ListQueuesOutput) error {
		t.Listed(len(page.QueueUrls))
		return collect.Each(ctx, page.QueueUrls, func(ctx context.Context, url string) error {
			return s.queue(ctx, t, url)
		})
	})
}

func (s *session) queue(ctx context.Context, t *collect.Task, url string) error {
	name := path.Base(url)
	sub := subject(s.arn("sqs", name), name)
	doc := QueueDoc{QueueUrl: &url}
	err := t.Call(ctx, "sqs:GetQueueAttributes", func(ctx context.Context) error {
		out, err := s.sqs().GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
			QueueUrl: &url, AttributeNames: queueAttributes(),
		})
		if err == nil {
			doc.Policy = attribute(out.Attributes, "Policy")
			doc.KmsMasterKeyId = attribute(out.Attributes, "KmsMasterKeyId")
			doc.SqsManagedSseEnabled = attribute(out.Attributes, "SqsManagedSseEnabled")
		}
		return err
	})
	if collect.IsAbsent(err) {
		t.Exclude(deleted, 1)
		return nil
	}
	for _, key := range queueAttributes() {
		if err := t.Miss(&sub, string(key), err); err != nil {
			return err
		}
	}
	err = t.Call(ctx, "sqs:ListQueueTags", func(ctx context.Context) error {
		out, err := s.sqs().ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: &url})
		if err == nil {
			sub.Tags = out.Tags
		}
		return err
	})
	if err := t.Miss(&sub, "Tags", err); err != nil {
		return err
	}
	return s.emit(ctx, t, sub, doc)
}

// attribute returns one of a service's text attributes, nil when it is not set.
func attribute(all map[string]string, name string) *string {
	if v := all[name]; v != "" {
		return &v
	}
	return nil
}
