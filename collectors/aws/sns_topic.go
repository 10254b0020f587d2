package aws

import (
	"context"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// TopicDoc is a topic with who hears it. Attributes have the names and the text that SNS gives them.
type TopicDoc struct {
	TopicArn      *string
	Policy        *string // JSON text, which stands in Attributes no more
	Attributes    map[string]string
	Subscriptions []types.Subscription
}

func (s *session) sns() *sns.Client {
	return client(s, "sns", func() *sns.Client { return sns.NewFromConfig(s.cfg) })
}

func snsTopic() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:   "aws.sns.topic",
			Title:  "SNS topic",
			Doc:    evidence.ShapeOf[TopicDoc](),
			Secret: []string{"/Subscriptions/*/Endpoint"},
			Volatile: []string{
				"/Attributes/SubscriptionsConfirmed", "/Attributes/SubscriptionsDeleted", "/Attributes/SubscriptionsPending",
			},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "sns:ListTopics", Permissions: []string{"sns:ListTopics"}},
			{Name: "sns:GetTopicAttributes", Permissions: []string{"sns:GetTopicAttributes"}, Absent: []string{"NotFound"}},
			{
				Name: "sns:ListSubscriptionsByTopic", Permissions: []string{"sns:ListSubscriptionsByTopic"},
				Absent: []string{"NotFound"},
			},
			{
				Name: "sns:ListTagsForResource", Permissions: []string{"sns:ListTagsForResource"},
				Absent: []string{"ResourceNotFound"},
			},
		},
		Collect: collect.Typed(collectTopics),
	}
}

func collectTopics(ctx context.Context, s *session, t *collect.Task) error {
	p := sns.NewListTopicsPaginator(s.sns(), &sns.ListTopicsInput{}) // pages have a fixed size
	return pages(ctx, t, "sns:ListTopics", p, func(page *sns.ListTopicsOutput) error {
		t.Listed(len(page.Topics))
		return collect.Each(ctx, page.Topics, func(ctx context.Context, v types.Topic) error {
			return s.topic(ctx, t, v.TopicArn)
		})
	})
}

func (s *session) topic(ctx context.Context, t *collect.Task, arn *string) error {
	id := aws.ToString(arn)
	sub := subject(id, id[strings.LastIndexByte(id, ':')+1:])
	doc := TopicDoc{TopicArn: arn}
	there, err := detail(ctx, t, &sub, "sns:GetTopicAttributes", []string{"Attributes", "Policy"},
		func(ctx context.Context) error {
			out, err := s.sns().GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: arn})
			if err == nil && len(out.Attributes) == 0 {
				err = errNoResult
			}
			if err == nil {
				doc.Policy, doc.Attributes = attribute(out.Attributes, "Policy"), maps.Clone(out.Attributes)
				delete(doc.Attributes, "Policy")
			}
			return err
		})
	if !there || err != nil {
		return err
	}
	doc.Subscriptions, err = s.subscriptions(ctx, t, arn)
	if err := t.Miss(&sub, "Subscriptions", err); err != nil {
		return err
	}
	_, err = t.Part(ctx, &sub, "Tags", "sns:ListTagsForResource", func(ctx context.Context) error {
		out, err := s.sns().ListTagsForResource(ctx, &sns.ListTagsForResourceInput{ResourceArn: arn})
		if err == nil {
			sub.Tags = tags(out.Tags, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.emit(ctx, t, sub, doc)
}

// subscriptions lists a topic's, once for all collectors, and those of other accounts too, which the list of all
// subscriptions of the account leaves out.
func (s *session) subscriptions(ctx context.Context, t *collect.Task, arn *string) ([]types.Subscription, error) {
	const op = "sns:ListSubscriptionsByTopic"
	all, err := collect.Once(ctx, t, op+" "+*arn, func(ctx context.Context) ([]types.Subscription, error) {
		all := []types.Subscription{}
		p := sns.NewListSubscriptionsByTopicPaginator(s.sns(), &sns.ListSubscriptionsByTopicInput{TopicArn: arn})
		err := pages(ctx, t, op, p, func(page *sns.ListSubscriptionsByTopicOutput) error {
			all = append(all, page.Subscriptions...)
			return nil
		})
		return all, err
	})
	if err == nil {
		t.Relies(op)
	}
	return all, err
}
