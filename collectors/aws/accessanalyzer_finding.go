package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// FindingDoc is what an analyzer found about one resource, with which analyzer it was.
type FindingDoc struct {
	types.FindingSummaryV2
	AnalyzerArn  *string
	AnalyzerType types.Type
}

// accessanalyzerFinding collects what is open or was archived. What an analyzer calls resolved is left to the analyzer.
func accessanalyzerFinding() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "aws.accessanalyzer.finding",
			Title:    "Finding of IAM Access Analyzer",
			Doc:      evidence.ShapeOf[FindingDoc](),
			Volatile: []string{"/AnalyzedAt", "/UpdatedAt"},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			analyzersOperation(),
			{
				Name: "accessanalyzer:ListFindingsV2", Permissions: []string{"access-analyzer:ListFindings"},
				Absent: []string{"ResourceNotFoundException"},
			},
		},
		Collect: collect.Typed(collectFindings),
	}
}

func collectFindings(ctx context.Context, s *session, t *collect.Task) error {
	const op = "accessanalyzer:ListFindingsV2"
	analyzers, err := s.analyzers(ctx, t)
	if err != nil {
		return err
	}
	t.Params(op, map[string]string{"filter": "status is not RESOLVED"})
	for _, a := range analyzers {
		p := accessanalyzer.NewListFindingsV2Paginator(s.accessanalyzer(), &accessanalyzer.ListFindingsV2Input{
			AnalyzerArn: a.Arn,
			Filter:      map[string]types.Criterion{"status": {Neq: []string{string(types.FindingStatusResolved)}}},
		})
		err := pages(ctx, t, op, p, func(page *accessanalyzer.ListFindingsV2Output) error {
			t.Listed(len(page.Findings))
			for _, f := range page.Findings {
				sub := subject(aws.ToString(a.Arn)+"/finding/"+aws.ToString(f.Id), aws.ToString(f.Resource))
				if err := s.emit(ctx, t, sub, FindingDoc{f, a.Arn, a.Type}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil && !collect.IsAbsent(err) { // an analyzer that is gone has no findings
			return err
		}
	}
	return nil
}
