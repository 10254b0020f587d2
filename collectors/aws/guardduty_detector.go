package aws

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/guardduty/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// DetectorDoc is GuardDuty in one region. The subject exists in every region: where GuardDuty was never switched on,
// DetectorIds is empty and all the rest absent.
type DetectorDoc struct {
	DetectorIds []string // a region has one at most
	Detector    *Detector
	// Administrator is the account that manages the detector; absent when this account does.
	Administrator *types.Administrator
}

// Detector is a detector's configuration.
type Detector struct {
	Status                     types.DetectorStatus
	CreatedAt                  *string
	UpdatedAt                  *string
	FindingPublishingFrequency types.FindingPublishingFrequency
	ServiceRole                *string
	DataSources                *types.DataSourceConfigurationsResult
	Features                   []types.DetectorFeatureConfigurationResult
	Tags                       map[string]string
}

func guarddutyDetector() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.guardduty.detector",
			Title: "GuardDuty in a region",
			Doc:   evidence.ShapeOf[DetectorDoc](),
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "guardduty:ListDetectors", Permissions: []string{"guardduty:ListDetectors"}},
			{Name: "guardduty:GetDetector", Permissions: []string{"guardduty:GetDetector"}},
			{
				Name: "guardduty:GetAdministratorAccount", Permissions: []string{"guardduty:GetAdministratorAccount"},
			},
		},
		Collect: collect.Typed(collectDetector),
	}
}

func (s *session) guardduty() *guardduty.Client {
	return client(s, "guardduty", func() *guardduty.Client { return guardduty.NewFromConfig(s.cfg) })
}

func collectDetector(ctx context.Context, s *session, t *collect.Task) error {
	doc := DetectorDoc{DetectorIds: []string{}}
	p := guardduty.NewListDetectorsPaginator(s.guardduty(), &guardduty.ListDetectorsInput{MaxResults: aws.Int32(50)})
	err := pages(ctx, t, "guardduty:ListDetectors", p, func(page *guardduty.ListDetectorsOutput) error {
		if page.DetectorIds == nil {
			return errors.New("malformed answer: it lists no detectors, not even none")
		}
		doc.DetectorIds = append(doc.DetectorIds, page.DetectorIds...)
		return nil
	})
	if err != nil {
		return err
	}
	sub := subject(s.arn("guardduty", "detector"), s.cfg.Region)
	if len(doc.DetectorIds) > 0 {
		if err := s.detector(ctx, t, &sub, &doc); err != nil {
			return err
		}
	}
	t.Listed(1)
	return s.emit(ctx, t, sub, doc)
}

// detector asks how the region's detector is set up and who manages it.
func (s *session) detector(ctx context.Context, t *collect.Task, sub *evidence.Subject, doc *DetectorDoc) error {
	id := &doc.DetectorIds[0]
	_, err := t.Part(ctx, sub, "Detector", "guardduty:GetDetector", func(ctx context.Context) error {
		out, err := s.guardduty().GetDetector(ctx, &guardduty.GetDetectorInput{DetectorId: id})
		if err == nil {
			doc.Detector = &Detector{
				Status: out.Status, CreatedAt: out.CreatedAt, UpdatedAt: out.UpdatedAt,
				FindingPublishingFrequency: out.FindingPublishingFrequency, ServiceRole: out.ServiceRole,
				DataSources: out.DataSources, Features: out.Features, Tags: out.Tags,
			}
			sub.Tags = out.Tags
		}
		return err
	})
	if err != nil {
		return err
	}
	_, err = t.Part(ctx, sub, "Administrator", "guardduty:GetAdministratorAccount", func(ctx context.Context) error {
		out, err := s.guardduty().GetAdministratorAccount(ctx, &guardduty.GetAdministratorAccountInput{DetectorId: id})
		if err == nil && out.Administrator != nil && out.Administrator.AccountId != nil {
			doc.Administrator = out.Administrator
		}
		return err
	})
	return err
}
