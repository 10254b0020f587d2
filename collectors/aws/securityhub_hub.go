package aws

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// HubDoc is Security Hub in one region. The subject exists in every region; HubArn is absent where the service is off.
type HubDoc struct {
	HubArn                  *string
	SubscribedAt            *string
	AutoEnableControls      *bool
	ControlFindingGenerator types.ControlFindingGenerator
	StandardsSubscriptions  []types.StandardsSubscription
}

func securityhubHub() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.securityhub.hub",
			Title: "Security Hub in a region",
			Doc:   evidence.ShapeOf[HubDoc](),
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{
				Name: "securityhub:DescribeHub", Permissions: []string{"securityhub:DescribeHub"},
				Absent: []string{switchedOff},
			},
			{
				Name: "securityhub:GetEnabledStandards", Permissions: []string{"securityhub:GetEnabledStandards"},
				Absent: []string{switchedOff},
			},
		},
		Collect: collect.Typed(collectHub),
	}
}

func (s *session) securityhub() *securityhub.Client {
	return client(s, "securityhub", func() *securityhub.Client { return securityhub.NewFromConfig(s.cfg) })
}

func collectHub(ctx context.Context, s *session, t *collect.Task) error {
	var doc HubDoc
	sub := subject(s.arn("securityhub", "hub/default"), s.cfg.Region)
	out, on, err := askSwitch(ctx, t, "securityhub:DescribeHub",
		func(ctx context.Context) (*securityhub.DescribeHubOutput, error) {
			out, err := s.securityhub().DescribeHub(ctx, &securityhub.DescribeHubInput{})
			if err == nil && out.HubArn == nil {
				err = errors.New("malformed answer: it describes no hub")
			}
			return out, err
		})
	if err != nil {
		return err
	}
	if on {
		doc = HubDoc{
			HubArn: out.HubArn, SubscribedAt: out.SubscribedAt, AutoEnableControls: out.AutoEnableControls,
			ControlFindingGenerator: out.ControlFindingGenerator,
		}
		p := securityhub.NewGetEnabledStandardsPaginator(s.securityhub(), &securityhub.GetEnabledStandardsInput{
			MaxResults: aws.Int32(100),
		})
		doc.StandardsSubscriptions, err = whole(ctx, t, "securityhub:GetEnabledStandards", p,
			func(page *securityhub.GetEnabledStandardsOutput) []types.StandardsSubscription {
				return page.StandardsSubscriptions
			})
		if err := t.Miss(&sub, "StandardsSubscriptions", err); err != nil {
			return err
		}
	}
	t.Listed(1)
	return s.emit(ctx, t, sub, doc)
}
