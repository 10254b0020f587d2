package azuredevops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const opListDeployments = "azuredevops:taskagent.Client.GetEnvironmentDeploymentExecutionRecords"

// deployment is what one job of a pipeline did to an environment: the API's own record of it, and
//
//   - Environment, its id and name;
//   - Run, the pipeline's run: of which commit and repository, why, and by whom and for whom it was asked for;
//   - Repository, where the commit is, when that is one of the organisation's;
//   - Stage, the stage that the job is part of, with how often it was tried;
//   - Checks, what the stage had to pass before it began, by kind and result;
//   - Approvals, those of the stage with all their steps: who approved (actualApprover), when (lastModifiedOn), how many it
//     took, and who may not approve. An approval that somebody let the stage past without is not "approved".
//
// A run that was deleted has Run absent and not missing, and with it all that only the run tells. So have Checks and
// Approvals where the run tells of a later try of the stage. Comments and instructions are not kept, nor what a run was given
// as variables and parameters.
//
// One page of a hundred records is one call, and each run three: the records of a run share them.
func deployment() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "azuredevops.deployment",
			Title:      "Azure DevOps deployment",
			Population: true,
			Doc: with(evidence.ShapeOf[deploymentDoc](), map[string]*evidence.Shape{
				"Environment": evidence.ShapeOf[environmentBrief](),
				"Run":         evidence.ShapeOf[runDoc](),
				"Repository":  evidence.ShapeOf[repositoryBrief](),
				"Stage":       evidence.ShapeOf[stageDoc](),
				"Checks":      listOf(evidence.ShapeOf[passedCheckDoc]()),
				"Approvals":   listOf(evidence.ShapeOf[approvalDoc]()),
			}),
		},
		Version: 1,
		Events:  &collect.Events{Begin: windowBegin, Settling: settling, When: "queueTime"},
		Operations: []collect.Operation{
			listProjects(),
			{Name: opListEnvironments, Permissions: []string{manageEnvironments},
				Method: "GET", Path: "/{organization}/{project}/_apis/distributedtask/environments"},
			{Name: opListDeployments, Permissions: []string{manageEnvironments}, Method: "GET",
				Path: "/{organization}/{project}/_apis/distributedtask/environments/{environment}/environmentdeploymentrecords"},
			listRepositories(),
			{Name: opGetBuild, Permissions: []string{readBuilds}, Absent: []string{codeNoBuild},
				Method: "GET", Path: "/{organization}/{project}/_apis/build/builds/{build}"},
			{Name: opGetTimeline, Permissions: []string{readBuilds}, Absent: []string{codeNoBuild},
				Method: "GET", Path: "/{organization}/{project}/_apis/build/builds/{build}/timeline"},
			{Name: opListApprovals, Permissions: []string{readBuilds},
				Method: "GET", Path: "/{organization}/{project}/_apis/pipelines/approvals"},
		},
		Collect: collect.Typed(collectDeployments),
	}
}

// listedDeployment is a record of the list.
type listedDeployment struct {
	ID           json.Number `json:"id"`
	QueueTime    time.Time   `json:"queueTime"`
	StageName    string      `json:"stageName"`
	StageAttempt int64       `json:"stageAttempt"`
	Owner        struct {
		ID   json.Number `json:"id"`
		Name string      `json:"name"`
	} `json:"owner"`
	raw json.RawMessage
}

func collectDeployments(ctx context.Context, s *session, t *collect.Task) error {
	open, err := openDeployments(t)
	if err != nil {
		return err
	}
	t.Params(opListDeployments, map[string]string{"since": t.Since().UTC().Format(time.RFC3339)})
	return s.eachProject(ctx, t, func(ctx context.Context, p project) error {
		environments, err := s.environments(ctx, t, p)
		if err != nil {
			return err
		}
		return collect.Each(ctx, environments, func(ctx context.Context, e listedEnvironment) error {
			return s.deploymentsTo(ctx, t, p, e, open[p.environment(e)])
		})
	})
}

// errEnough ends a list before its last page.
var errEnough = errors.New("no more pages are asked for")

// deploymentsTo collects what was deployed to an environment. The list is by number, the newest first, and knows no times:
// pages are read until one ends with what an earlier collection has told of, and to the end where the order is another.
func (s *session) deploymentsTo(ctx context.Context, t *collect.Task, p project, e listedEnvironment, open map[string]time.Time,
) error {
	floor := t.Since()
	for _, at := range open {
		if at.Before(floor) {
			floor = at
		}
	}
	before, newestFirst := int64(0), true
	err := s.pages(ctx, t, ask{op: opListDeployments, preview: true, query: url.Values{"top": {"100"}},
		path: s.within(p.ID, "distributedtask", "environments", e.ID.String(), "environmentdeploymentrecords")},
		func(items []json.RawMessage) error {
			t.Listed(len(items))
			var fresh []listedDeployment
			var oldest time.Time
			for _, raw := range items {
				d := listedDeployment{raw: raw}
				if err := json.Unmarshal(raw, &d); err != nil {
					return fmt.Errorf("read a deployment of the list: %w", err)
				}
				number, err := d.ID.Int64()
				if err != nil || d.QueueTime.IsZero() {
					return errors.New("read a deployment of the list: it has no number or no time")
				}
				newestFirst = newestFirst && (before == 0 || number < before)
				before, oldest = number, d.QueueTime
				_, waited := open[p.deployment(e, d)]
				if d.QueueTime.Before(t.Since()) && !waited {
					t.Exclude("had come to an end before, or is older than the window", 1)
					continue
				}
				fresh = append(fresh, d)
			}
			err := collect.Each(ctx, fresh, func(ctx context.Context, d listedDeployment) error {
				return s.deployment(ctx, t, p, e, d)
			})
			if err == nil && newestFirst && len(items) > 0 && oldest.Before(floor) {
				return errEnough
			}
			return err
		})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// deployment gathers what belongs to one record.
func (s *session) deployment(ctx context.Context, t *collect.Task, p project, e listedEnvironment, l listedDeployment) error {
	doc, err := trim(l.raw)
	if err != nil {
		return err
	}
	number, err := e.ID.Int64()
	if err != nil {
		return fmt.Errorf("read the id of environment %s: %w", p.environment(e), err)
	}
	doc["Environment"] = environmentBrief{number, e.Name}
	d := &draft{Subject: evidence.Subject{ID: p.deployment(e, l), Name: p.Name + "/" + e.Name + " " + l.Owner.Name}, doc: doc}
	if l.Owner.ID == "" {
		return d.emit(ctx, t) // no run made it
	}
	if there, err := s.run(ctx, t, d, p, l.Owner.ID.String()); err != nil {
		return err
	} else if !there {
		return d.emit(ctx, t)
	}
	if err := s.stage(ctx, t, d, p, l); err != nil {
		return err
	}
	return d.emit(ctx, t)
}

// environment and deployment name things of a project among all of the organisation's.
func (p project) environment(e listedEnvironment) string {
	return p.Name + "/environments/" + e.ID.String()
}

func (p project) deployment(e listedEnvironment, d listedDeployment) string {
	return p.environment(e) + "/deployments/" + d.ID.String()
}

// openDeployments are the deployments of earlier collections that had not come to an end or are not whole, by environment and
// id, with when they were queued.
func openDeployments(t *collect.Task) (map[string]map[string]time.Time, error) {
	open := map[string]map[string]time.Time{}
	err := t.Earlier(func(s evidence.Subject) error {
		var d struct {
			QueueTime time.Time `json:"queueTime"`
			Result    string    `json:"result"`
		}
		if err := json.Unmarshal(s.Doc, &d); err != nil {
			return fmt.Errorf("read %s of an earlier snapshot: %w", s.ID, err)
		}
		if len(s.Missing) == 0 && d.Result != "" {
			return nil
		}
		environment, _, _ := strings.Cut(s.ID, "/deployments/")
		if open[environment] == nil {
			open[environment] = map[string]time.Time{}
		}
		open[environment][s.ID] = d.QueueTime
		return nil
	})
	return open, err
}
