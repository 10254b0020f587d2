package aws

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// DistributionDoc is a CloudFront distribution: what the list says of it, its configuration, and the deliveries by which
// its access logs leave. The values of headers for its origins are redacted.
type DistributionDoc struct {
	ARN, Id, DomainName, Status *string
	// Config is the distribution's whole configuration.
	Config *types.DistributionConfig
	// LogDeliveries are those of standard logging v2, which the configuration does not know.
	LogDeliveries []LogDelivery
}

func cloudfrontDistribution() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "aws.cloudfront.distribution",
			Title:    "CloudFront distribution",
			Doc:      evidence.ShapeOf[DistributionDoc](),
			Secret:   []string{"/Config/Origins/Items/*/CustomHeaders/Items/*/HeaderValue"},
			Volatile: []string{"/Status"},
		},
		Version: 1,
		Operations: append([]collect.Operation{
			{Name: "cloudfront:ListDistributions", Permissions: []string{"cloudfront:ListDistributions"}},
			{
				Name: "cloudfront:GetDistributionConfig", Permissions: []string{"cloudfront:GetDistributionConfig"},
				Absent: []string{"NoSuchDistribution"},
			},
		}, deliveryOperations()...),
		Collect: collect.Typed(collectDistributions),
	}
}

func (s *session) cloudfront() *cloudfront.Client {
	return client(s, "cloudfront", func() *cloudfront.Client { return cloudfront.NewFromConfig(s.cfg) })
}

func collectDistributions(ctx context.Context, s *session, t *collect.Task) error {
	p := cloudfront.NewListDistributionsPaginator(s.cloudfront(), &cloudfront.ListDistributionsInput{
		MaxItems: aws.Int32(100),
	})
	return pages(ctx, t, "cloudfront:ListDistributions", p, func(page *cloudfront.ListDistributionsOutput) error {
		if page.DistributionList == nil {
			return errors.New("malformed answer: there is no list in it")
		}
		t.Listed(len(page.DistributionList.Items))
		if len(page.DistributionList.Items) == 0 {
			return nil
		}
		deliveries, unknown := s.logDeliveries(ctx, t)
		return collect.Each(ctx, page.DistributionList.Items, func(ctx context.Context, d types.DistributionSummary) error {
			return s.distribution(ctx, t, d, deliveries, unknown)
		})
	})
}

func (s *session) distribution(
	ctx context.Context, t *collect.Task, d types.DistributionSummary, deliveries map[string][]LogDelivery, unknown error,
) error {
	sub := subject(aws.ToString(d.ARN), aws.ToString(d.DomainName))
	doc := DistributionDoc{ARN: d.ARN, Id: d.Id, DomainName: d.DomainName, Status: d.Status}
	const op = "cloudfront:GetDistributionConfig"
	out, err := ask(ctx, t, op, func(ctx context.Context) (*cloudfront.GetDistributionConfigOutput, error) {
		out, err := s.cloudfront().GetDistributionConfig(ctx, &cloudfront.GetDistributionConfigInput{Id: d.Id})
		if err == nil && out.DistributionConfig == nil {
			err = errors.New("the answer holds no configuration")
		}
		return out, err
	})
	if collect.IsAbsent(err) {
		t.Exclude(deleted, 1)
		return nil
	}
	if err == nil {
		doc.Config = out.DistributionConfig
	} else if err := t.Miss(&sub, "Config", err); err != nil {
		return err
	}
	if unknown == nil {
		doc.LogDeliveries = some(deliveries[aws.ToString(d.ARN)])
	} else if err := t.Miss(&sub, "LogDeliveries", unknown); err != nil {
		return err
	}
	return s.emit(ctx, t, sub, doc)
}
