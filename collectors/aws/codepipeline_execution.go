package aws

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// PipelineExecutionDoc is one run of a pipeline and what its actions did, approvals among them.
type PipelineExecutionDoc struct {
	types.PipelineExecutionSummary
	PipelineName *string
	Actions      []types.ActionExecutionDetail
}

// codepipelineExecution is the population of runs. CodePipeline tells of those that began within 12 months, of pipelines
// that are there still: what was collected of a pipeline before it was deleted is kept, what was not is lost.
//
// Texts that people wrote are left out: messages of commits, comments of approvals, why a run was stopped. Of an action's
// settings and variables only those are kept that say what was deployed where.
func codepipelineExecution() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "aws.codepipeline.execution",
			Title:      "CodePipeline execution",
			Doc:        evidence.ShapeOf[PipelineExecutionDoc](),
			Population: true,
			Volatile:   []string{"/LastUpdateTime"},
		},
		Version:  1,
		Regional: true,
		Events:   &collect.Events{View: pipelineHistory, Retention: pipelineHistory, Settling: 15 * time.Minute, When: "StartTime"},
		Operations: []collect.Operation{
			{Name: "codepipeline:ListPipelines", Permissions: []string{"codepipeline:ListPipelines"}},
			{
				Name: "codepipeline:ListPipelineExecutions", Permissions: []string{"codepipeline:ListPipelineExecutions"},
				Absent: []string{"PipelineNotFoundException"},
			},
			{
				Name: "codepipeline:ListActionExecutions", Permissions: []string{"codepipeline:ListActionExecutions"},
				Absent: []string{"PipelineNotFoundException", "PipelineExecutionNotFoundException"},
			},
		},
		Collect: collect.Typed(collectPipelineExecutions),
	}
}

// pipelineHistory is for how long CodePipeline keeps runs.
const pipelineHistory = 365 * 24 * time.Hour

// seenBefore is why something is left out that an earlier collection has.
const seenBefore = "not updated since the collection before"

func collectPipelineExecutions(ctx context.Context, s *session, t *collect.Task) error {
	t.Params("codepipeline:ListPipelineExecutions", map[string]string{"since": t.Since().UTC().Format(time.RFC3339)})
	all, err := s.pipelines(ctx, t)
	if err != nil {
		return err
	}
	return collect.Each(ctx, all, func(ctx context.Context, p types.PipelineSummary) error {
		pager := codepipeline.NewListPipelineExecutionsPaginator(s.codepipeline(), &codepipeline.ListPipelineExecutionsInput{
			PipelineName: p.Name, MaxResults: aws.Int32(100),
		})
		err := pages(ctx, t, "codepipeline:ListPipelineExecutions", pager,
			func(page *codepipeline.ListPipelineExecutionsOutput) error {
				t.Listed(len(page.PipelineExecutionSummaries))
				for _, e := range page.PipelineExecutionSummaries {
					if err := s.pipelineExecution(ctx, t, p.Name, e); err != nil {
						return err
					}
				}
				return nil
			})
		if collect.IsAbsent(err) {
			return nil // the pipeline was deleted since it was listed
		}
		return err
	})
}

// pipelineExecution emits a run that changed since the mark. One that goes on is always asked for again.
func (s *session) pipelineExecution(
	ctx context.Context, t *collect.Task, pipeline *string, e types.PipelineExecutionSummary,
) error {
	if aws.ToString(e.PipelineExecutionId) == "" || e.StartTime == nil {
		return errors.New("malformed answer: an execution without an id or a start")
	}
	going := e.Status == types.PipelineExecutionStatusInProgress || e.Status == types.PipelineExecutionStatusStopping
	if !going && e.LastUpdateTime != nil && e.LastUpdateTime.Before(t.Since()) {
		t.Exclude(seenBefore, 1)
		return nil
	}
	name := aws.ToString(pipeline) + "/" + aws.ToString(e.PipelineExecutionId)
	sub := subject(s.arn("codepipeline", name), name)
	pager := codepipeline.NewListActionExecutionsPaginator(s.codepipeline(), &codepipeline.ListActionExecutionsInput{
		PipelineName: pipeline, MaxResults: aws.Int32(100),
		Filter: &types.ActionExecutionFilter{PipelineExecutionId: e.PipelineExecutionId},
	})
	actions, err := whole(ctx, t, "codepipeline:ListActionExecutions", pager,
		func(page *codepipeline.ListActionExecutionsOutput) []types.ActionExecutionDetail {
			return page.ActionExecutionDetails
		})
	if collect.IsAbsent(err) {
		t.Exclude(deleted, 1)
		return nil
	}
	if err := t.Miss(&sub, "Actions", err); err != nil {
		return err
	}
	doc := PipelineExecutionDoc{PipelineExecutionSummary: e, PipelineName: pipeline, Actions: actions}
	doc.withoutTexts()
	return s.emit(ctx, t, sub, doc)
}

// deployedSettings are the settings of actions and the variables of sources that say what is deployed where.
func deployedSettings() []string {
	return []string{"ApplicationName", "BranchName", "Branch", "ClusterName", "CommitId", "ConnectionArn", "DeploymentGroupName",
		"EnvironmentName", "FullRepositoryId", "FullRepositoryName", "Owner", "ProjectName", "ProviderType", "Repo",
		"RepositoryName", "S3Bucket", "ServiceName", "StackName"}
}

// withoutTexts forgets what people wrote, and settings that may be secret.
func (d *PipelineExecutionDoc) withoutTexts() {
	d.StatusSummary, d.StopTrigger = nil, nil
	for i := range d.SourceRevisions {
		d.SourceRevisions[i].RevisionSummary = nil
	}
	withheld := func(key, _ string) bool { return !slices.Contains(deployedSettings(), key) }
	for _, a := range d.Actions {
		if a.Input != nil {
			maps.DeleteFunc(a.Input.Configuration, withheld)
			maps.DeleteFunc(a.Input.ResolvedConfiguration, withheld)
			if id := a.Input.ActionTypeId; id == nil || id.Owner == types.ActionOwnerCustom {
				a.Input.Configuration, a.Input.ResolvedConfiguration = nil, nil
			}
		}
		if a.Output == nil {
			continue
		}
		maps.DeleteFunc(a.Output.OutputVariables, withheld)
		if r := a.Output.ExecutionResult; r != nil {
			r.ExternalExecutionSummary = nil
			if r.ErrorDetails != nil {
				r.ErrorDetails.Message = nil
			}
		}
	}
}
