package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// AnalyzersDoc is what IAM Access Analyzer does in a region: nothing where there is no analyzer.
type AnalyzersDoc struct {
	Region    string
	Analyzers []types.AnalyzerSummary
}

// accessanalyzerAnalyzer emits one subject for a region, so that a region without an analyzer is a fact.
func accessanalyzerAnalyzer() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "aws.accessanalyzer.analyzer",
			Title:    "IAM Access Analyzer in a region",
			Doc:      evidence.ShapeOf[AnalyzersDoc](),
			Volatile: []string{"/Analyzers/*/LastResourceAnalyzed", "/Analyzers/*/LastResourceAnalyzedAt"},
		},
		Version:    1,
		Regional:   true,
		Operations: []collect.Operation{analyzersOperation()},
		Collect:    collect.Typed(collectAnalyzers),
	}
}

func collectAnalyzers(ctx context.Context, s *session, t *collect.Task) error {
	analyzers, err := s.analyzers(ctx, t)
	if err != nil {
		return err
	}
	region := t.Scope().Region
	sub := subject("arn:"+s.partition+":access-analyzer:"+region+":"+s.account+":analyzers", region)
	t.Listed(1)
	return s.emit(ctx, t, sub, AnalyzersDoc{Region: region, Analyzers: some(analyzers)})
}

func analyzersOperation() collect.Operation {
	return collect.Operation{
		Name: "accessanalyzer:ListAnalyzers", Permissions: []string{"access-analyzer:ListAnalyzers"},
	}
}

// analyzers lists the region's analyzers once for all collectors.
func (s *session) analyzers(ctx context.Context, t *collect.Task) ([]types.AnalyzerSummary, error) {
	const op = "accessanalyzer:ListAnalyzers"
	list, err := collect.Once(ctx, t, "analyzers", func(ctx context.Context) ([]types.AnalyzerSummary, error) {
		var list []types.AnalyzerSummary
		p := accessanalyzer.NewListAnalyzersPaginator(s.accessanalyzer(), &accessanalyzer.ListAnalyzersInput{})
		err := pages(ctx, t, op, p, func(page *accessanalyzer.ListAnalyzersOutput) error {
			list = append(list, page.Analyzers...)
			return nil
		})
		return list, err
	})
	if err == nil {
		t.Relies(op)
	}
	return list, err
}

func (s *session) accessanalyzer() *accessanalyzer.Client {
	return client(s, "accessanalyzer", func() *accessanalyzer.Client { return accessanalyzer.NewFromConfig(s.cfg) })
}
