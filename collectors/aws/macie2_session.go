package aws

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/macie2"
	"github.com/aws/aws-sdk-go-v2/service/macie2/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// MacieDoc is Macie in one region, with the jobs that look for sensitive data. The subject exists in every region;
// Status is absent where Macie was never switched on.
type MacieDoc struct {
	Status                     types.MacieStatus
	CreatedAt                  *time.Time
	UpdatedAt                  *time.Time
	FindingPublishingFrequency types.FindingPublishingFrequency
	ServiceRole                *string
	ClassificationJobs         []types.JobSummary
}

func macie2Session() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.macie2.session",
			Title: "Macie in a region",
			Doc:   evidence.ShapeOf[MacieDoc](),
			Volatile: []string{
				"/ClassificationJobs/*/JobStatus", "/ClassificationJobs/*/LastRunErrorStatus",
			},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{
				Name: "macie2:GetMacieSession", Permissions: []string{"macie2:GetMacieSession"},
				Absent: []string{switchedOff},
			},
			{
				Name: "macie2:ListClassificationJobs", Permissions: []string{"macie2:ListClassificationJobs"},
				Absent: []string{switchedOff},
			},
		},
		Collect: collect.Typed(collectMacie),
	}
}

func (s *session) macie2() *macie2.Client {
	return client(s, "macie2", func() *macie2.Client { return macie2.NewFromConfig(s.cfg) })
}

func collectMacie(ctx context.Context, s *session, t *collect.Task) error {
	var doc MacieDoc
	sub := subject(s.arn("macie2", "session"), s.cfg.Region)
	out, on, err := askSwitch(ctx, t, "macie2:GetMacieSession",
		func(ctx context.Context) (*macie2.GetMacieSessionOutput, error) {
			return s.macie2().GetMacieSession(ctx, &macie2.GetMacieSessionInput{})
		})
	if err != nil {
		return err
	}
	if on {
		doc = MacieDoc{
			Status: out.Status, CreatedAt: out.CreatedAt, UpdatedAt: out.UpdatedAt,
			FindingPublishingFrequency: out.FindingPublishingFrequency, ServiceRole: out.ServiceRole,
		}
		p := macie2.NewListClassificationJobsPaginator(s.macie2(), &macie2.ListClassificationJobsInput{
			MaxResults: aws.Int32(200),
		})
		doc.ClassificationJobs, err = whole(ctx, t, "macie2:ListClassificationJobs", p,
			func(page *macie2.ListClassificationJobsOutput) []types.JobSummary { return page.Items })
		if err := t.Miss(&sub, "ClassificationJobs", err); err != nil {
			return err
		}
	}
	t.Listed(1)
	return s.emit(ctx, t, sub, doc)
}
