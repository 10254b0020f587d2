package aws

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// DeploymentDoc is one deployment to a deployment group.
type DeploymentDoc struct{ types.DeploymentInfo }

// codedeployDeployment is the population of deployments of a year, by when they were created. Those that had not ended when
// they were seen are asked for again. Descriptions, messages and the text of AppSpecs are left out.
func codedeployDeployment() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "aws.codedeploy.deployment",
			Title:      "CodeDeploy deployment",
			Doc:        evidence.ShapeOf[DeploymentDoc](),
			Population: true,
		},
		Version:  1,
		Regional: true,
		Events:   &collect.Events{View: 365 * 24 * time.Hour, Settling: 15 * time.Minute, When: "CreateTime"},
		Operations: []collect.Operation{
			{Name: "codedeploy:ListDeployments", Permissions: []string{"codedeploy:ListDeployments"}},
			{
				Name: "codedeploy:BatchGetDeployments", Permissions: []string{"codedeploy:BatchGetDeployments"},
			},
		},
		Collect: collect.Typed(collectDeployments),
	}
}

// deploymentsAsked is how many deployments one question may name.
const deploymentsAsked = 25

func collectDeployments(ctx context.Context, s *session, t *collect.Task) error {
	since := t.Since()
	t.Params("codedeploy:ListDeployments", map[string]string{"createTimeRange.start": since.UTC().Format(time.RFC3339)})
	going, err := deploymentsGoing(t)
	if err != nil {
		return err
	}
	p := codedeploy.NewListDeploymentsPaginator(s.codedeploy(), &codedeploy.ListDeploymentsInput{
		CreateTimeRange: &types.TimeRange{Start: aws.Time(since)},
	})
	ids, err := whole(ctx, t, "codedeploy:ListDeployments", p,
		func(page *codedeploy.ListDeploymentsOutput) []string { return page.Deployments })
	if err != nil {
		return err
	}
	for _, id := range going {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	t.Listed(len(ids))
	return collect.Each(ctx, slices.Collect(slices.Chunk(ids, deploymentsAsked)), func(ctx context.Context, ids []string) error {
		return s.deployments(ctx, t, ids)
	})
}

// ended reports whether a deployment's document will not change any more.
func ended(s types.DeploymentStatus) bool {
	return s == types.DeploymentStatusSucceeded || s == types.DeploymentStatusFailed || s == types.DeploymentStatusStopped
}

// deploymentsGoing are the ids of the deployments that had not ended when they were seen last.
func deploymentsGoing(t *collect.Task) ([]string, error) {
	var ids []string
	var mu sync.Mutex
	err := t.Earlier(func(sub evidence.Subject) error {
		var d struct {
			DeploymentID string                 `json:"DeploymentId"`
			Status       types.DeploymentStatus `json:"Status"`
		}
		if err := json.Unmarshal(sub.Doc, &d); err != nil {
			return fmt.Errorf("read deployment %s of an earlier snapshot: %w", sub.ID, err)
		}
		if d.DeploymentID != "" && !ended(d.Status) {
			mu.Lock()
			defer mu.Unlock()
			ids = append(ids, d.DeploymentID)
		}
		return nil
	})
	return ids, err
}

// deployments asks about some deployments. Those that are not told of were deleted with their application.
func (s *session) deployments(ctx context.Context, t *collect.Task, ids []string) error {
	out, err := ask(ctx, t, "codedeploy:BatchGetDeployments",
		func(ctx context.Context) (*codedeploy.BatchGetDeploymentsOutput, error) {
			return s.codedeploy().BatchGetDeployments(ctx, &codedeploy.BatchGetDeploymentsInput{DeploymentIds: ids})
		})
	if err != nil {
		return err
	}
	told := map[string]bool{}
	for _, d := range out.DeploymentsInfo {
		id := aws.ToString(d.DeploymentId)
		if !slices.Contains(ids, id) || told[id] || d.CreateTime == nil {
			return errors.New("malformed answer: deployment " + id + " was not asked for, or has no time")
		}
		told[id] = true
		doc := DeploymentDoc{d}
		doc.withoutTexts()
		name := aws.ToString(d.ApplicationName) + "/" + aws.ToString(d.DeploymentGroupName) + "/" + id
		if err := s.emit(ctx, t, subject(s.arn("codedeploy", "deployment:"+id), name), doc); err != nil {
			return err
		}
	}
	if gone := len(ids) - len(told); gone > 0 {
		t.Exclude(deleted, gone)
	}
	return nil
}

// withoutTexts forgets what people and their scripts wrote.
func (d *DeploymentDoc) withoutTexts() {
	d.Description, d.AdditionalDeploymentStatusInfo, d.DeploymentStatusMessages = nil, nil, nil
	if d.ErrorInformation != nil {
		d.ErrorInformation.Message = nil
	}
	if d.RollbackInfo != nil {
		d.RollbackInfo.RollbackMessage = nil
	}
	for _, r := range []*types.RevisionLocation{d.Revision, d.PreviousRevision} {
		if r == nil {
			continue
		}
		if r.AppSpecContent != nil {
			r.AppSpecContent.Content = nil
		}
		if r.String_ != nil {
			r.String_.Content = nil
		}
	}
}
