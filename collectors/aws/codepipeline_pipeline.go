package aws

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// PipelineDoc is a pipeline as it is set up.
type PipelineDoc struct {
	types.PipelineSummary
	Pipeline *types.PipelineDeclaration
	Metadata *types.PipelineMetadata
}

func codepipelinePipeline() collect.Collector {
	action := "/Pipeline/Stages/*/Actions/*/"
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "aws.codepipeline.pipeline",
			Title: "CodePipeline pipeline",
			Doc:   evidence.ShapeOf[PipelineDoc](),
			Secret: []string{
				action + "Configuration/OAuthToken", action + "Configuration/ParameterOverrides",
				action + "Configuration/EnvironmentVariables", action + "Configuration/UserParameters",
				action + "EnvironmentVariables/*/Value",
			},
			Ordered: []string{"/Pipeline/Stages"},
		},
		Version:  1,
		Regional: true,
		Operations: []collect.Operation{
			{Name: "codepipeline:ListPipelines", Permissions: []string{"codepipeline:ListPipelines"}},
			{
				Name: "codepipeline:GetPipeline", Permissions: []string{"codepipeline:GetPipeline"},
				Absent: []string{"PipelineNotFoundException"},
			},
		},
		Collect: collect.Typed(collectPipelines),
	}
}

func (s *session) codepipeline() *codepipeline.Client {
	return client(s, "codepipeline", func() *codepipeline.Client { return codepipeline.NewFromConfig(s.cfg) })
}

// pipelines lists the pipelines of a region, once for all who need them.
func (s *session) pipelines(ctx context.Context, t *collect.Task) ([]types.PipelineSummary, error) {
	const op = "codepipeline:ListPipelines"
	asked := false
	all, err := collect.Once(ctx, t, op+" "+s.cfg.Region, func(ctx context.Context) ([]types.PipelineSummary, error) {
		asked = true
		p := codepipeline.NewListPipelinesPaginator(s.codepipeline(), &codepipeline.ListPipelinesInput{
			MaxResults: aws.Int32(1000),
		})
		return whole(ctx, t, op, p, func(page *codepipeline.ListPipelinesOutput) []types.PipelineSummary { return page.Pipelines })
	})
	if err == nil && !asked {
		t.Relies(op)
	}
	return all, err
}

func collectPipelines(ctx context.Context, s *session, t *collect.Task) error {
	all, err := s.pipelines(ctx, t)
	if err != nil {
		return err
	}
	t.Listed(len(all))
	return collect.Each(ctx, all, func(ctx context.Context, p types.PipelineSummary) error {
		return s.pipeline(ctx, t, p)
	})
}

// withoutInputs forgets what a pipeline hands to others as they like it: the defaults of its variables, what goes into
// stacks and state machines, commands, and all settings of actions that are not AWS's. Secrets stand there in plain words.
func withoutInputs(p *types.PipelineDeclaration) {
	for i := range p.Variables {
		p.Variables[i].DefaultValue = nil
	}
	for _, stage := range p.Stages {
		for i := range stage.Actions {
			a := &stage.Actions[i]
			a.Commands = nil
			if a.ActionTypeId != nil && a.ActionTypeId.Owner == types.ActionOwnerCustom {
				a.Configuration = nil
			}
			delete(a.Configuration, "Parameters")
			delete(a.Configuration, "Input")
		}
	}
}

func (s *session) pipeline(ctx context.Context, t *collect.Task, p types.PipelineSummary) error {
	sub := subject(s.arn("codepipeline", aws.ToString(p.Name)), aws.ToString(p.Name))
	doc := PipelineDoc{PipelineSummary: p}
	err := t.Call(ctx, "codepipeline:GetPipeline", func(ctx context.Context) error {
		out, err := s.codepipeline().GetPipeline(ctx, &codepipeline.GetPipelineInput{Name: p.Name})
		if err == nil && out.Pipeline == nil {
			err = errors.New("malformed answer: it describes no pipeline")
		}
		if err == nil {
			doc.Pipeline, doc.Metadata = out.Pipeline, out.Metadata
			withoutInputs(doc.Pipeline)
		}
		return err
	})
	if collect.IsAbsent(err) {
		t.Exclude(deleted, 1)
		return nil
	}
	for _, key := range []string{"Pipeline", "Metadata"} {
		if err := t.Miss(&sub, key, err); err != nil {
			return err
		}
	}
	return s.emit(ctx, t, sub, doc)
}
