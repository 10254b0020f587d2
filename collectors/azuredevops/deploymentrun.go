package azuredevops

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"exhibit/internal/collect"
)

const (
	opGetBuild      = "azuredevops:build.Client.GetBuild"
	opGetTimeline   = "azuredevops:build.Client.GetBuildTimeline"
	opListApprovals = "azuredevops:pipelinesapproval.Client.QueryApprovals"
)

// codeNoBuild is the API's name for a run that is no more.
const codeNoBuild = "BuildNotFoundException"

// approvalsAsked is how many approvals one question may name: the address stays short enough for every server.
const approvalsAsked = 40

// keptOfRuns are the members that are kept of a run. Others hold what it was given, which may be secret, and texts.
func keptOfRuns() []string {
	return []string{"id", "buildNumber", "status", "result", "reason", "queueTime", "startTime", "finishTime", "sourceBranch",
		"sourceVersion", "requestedBy", "requestedFor", "definition", "repository", "retainedByRelease"}
}

// run puts the run that made a deployment into its document, with the repository of its commit. there is false when it was
// deleted.
func (s *session) run(ctx context.Context, t *collect.Task, d *draft, p project, id string) (there bool, err error) {
	run, err := collect.Once(ctx, t, "run "+p.ID+" "+id, func(ctx context.Context) (map[string]any, error) {
		whole, err := s.object(ctx, t, ask{op: opGetBuild, path: s.within(p.ID, "build", "builds", url.PathEscape(id))})
		kept := map[string]any{}
		for _, key := range keptOfRuns() {
			if v, ok := whole[key]; ok {
				kept[key] = v
			}
		}
		for _, key := range []string{"definition", "repository"} {
			if thing, ok := kept[key].(map[string]any); ok {
				maps.DeleteFunc(thing, func(k string, _ any) bool { return k != "id" && k != "name" && k != "type" })
			}
		}
		return kept, err
	})
	if collect.IsAbsent(err, codeNoBuild) {
		return false, nil
	}
	if err != nil { // nothing else tells which repository it is of
		return true, cmp.Or(t.Miss(&d.Subject, "Run", err), t.Miss(&d.Subject, "Repository", err))
	}
	d.doc["Run"] = run
	from, _ := run["repository"].(map[string]any)
	if from["type"] != "TfsGit" {
		return true, nil
	}
	repositories, err := s.repositories(ctx, t)
	if err != nil {
		return true, t.Miss(&d.Subject, "Repository", err)
	}
	if i := slices.IndexFunc(repositories, func(r repository) bool { return r.ID == from["id"] }); i >= 0 {
		d.doc["Repository"] = repositories[i].brief()
	}
	return true, nil
}

// timelineRecord is what is read of a step of a run.
type timelineRecord struct {
	ID         string `json:"id"`
	ParentID   string `json:"parentId,omitempty"`
	Type       string `json:"type"`
	Name       string `json:"name"`
	Identifier string `json:"identifier,omitempty"`
	State      string `json:"state"`
	Result     string `json:"result,omitempty"`
	StartTime  string `json:"startTime,omitempty"`
	FinishTime string `json:"finishTime,omitempty"`
	Attempt    int64  `json:"attempt,omitempty"`
}

// The types of the records that are kept: stages, the point where a stage waits, and the checks there.
const (
	typeStage    = "Stage"
	typePoint    = "Checkpoint"
	typeApproval = "Checkpoint.Approval"
)

// timeline is what is kept of a run's steps.
func (s *session) timeline(ctx context.Context, t *collect.Task, p project, id string) ([]timelineRecord, error) {
	return collect.Once(ctx, t, "timeline "+p.ID+" "+id, func(ctx context.Context) ([]timelineRecord, error) {
		var kept []timelineRecord
		err := t.Call(ctx, opGetTimeline, func(ctx context.Context) error {
			var answer struct {
				Records []timelineRecord `json:"records"`
			}
			kept = nil
			_, err := ask{op: opGetTimeline, path: s.within(p.ID, "build", "builds", url.PathEscape(id), "timeline")}.
				get(ctx, s, nil, &answer)
			for _, r := range answer.Records {
				if r.Type == typeStage || r.Type == typePoint || strings.HasPrefix(r.Type, typePoint+".") {
					kept = append(kept, r)
				}
			}
			return err
		})
		return kept, err
	})
}

// stage puts the stage of a deployment with its checks and approvals into the document. A run tells of the last try of a
// stage: what an earlier one had to pass is left out.
func (s *session) stage(ctx context.Context, t *collect.Task, d *draft, p project, l listedDeployment) error {
	run := l.Owner.ID.String()
	steps, err := s.timeline(ctx, t, p, run)
	if err != nil {
		for _, key := range []string{"Stage", "Checks", "Approvals"} {
			if err := t.Miss(&d.Subject, key, err); err != nil {
				return err
			}
		}
		return nil
	}
	stage, found := stageOf(steps, l.StageName)
	if !found {
		return nil
	}
	d.doc["Stage"] = stage
	if l.StageAttempt != 0 && stage.Attempt != 0 && l.StageAttempt != stage.Attempt {
		return nil
	}
	checks := checksOf(steps, stage)
	d.doc["Checks"] = checks
	approvals, err := s.approvals(ctx, t, p, run, steps)
	mine := []map[string]any{}
	for _, c := range checks {
		if a, ok := approvals[c.ID]; ok && c.Type == typeApproval {
			mine = append(mine, a)
		}
	}
	return d.put(t, "Approvals", mine, err)
}

// stageOf finds a stage by its identifier, and by its name where none has that for one.
func stageOf(steps []timelineRecord, name string) (timelineRecord, bool) {
	for _, key := range []func(timelineRecord) string{
		func(r timelineRecord) string { return r.Identifier }, func(r timelineRecord) string { return r.Name }} {
		i := slices.IndexFunc(steps, func(r timelineRecord) bool { return r.Type == typeStage && key(r) == name })
		if i >= 0 {
			return steps[i], true
		}
	}
	return timelineRecord{}, false
}

// checksOf are the checks that a stage had to pass, in the order of their ids.
func checksOf(steps []timelineRecord, stage timelineRecord) []timelineRecord {
	points := map[string]bool{stage.ID: true}
	for _, r := range steps {
		if r.Type == typePoint && r.ParentID == stage.ID {
			points[r.ID] = true
		}
	}
	out := []timelineRecord{}
	for _, r := range steps {
		if strings.HasPrefix(r.Type, typePoint+".") && points[r.ParentID] {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b timelineRecord) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// approvals are all approvals of a run, by their ids.
func (s *session) approvals(ctx context.Context, t *collect.Task, p project, run string, steps []timelineRecord,
) (map[string]map[string]any, error) {
	return collect.Once(ctx, t, "approvals "+p.ID+" "+run, func(ctx context.Context) (map[string]map[string]any, error) {
		var ids []string
		for _, r := range steps {
			if r.Type == typeApproval {
				ids = append(ids, r.ID)
			}
		}
		slices.Sort(ids)
		out := map[string]map[string]any{}
		for some := range slices.Chunk(slices.Compact(ids), approvalsAsked) {
			found, err := s.askApprovals(ctx, t, p, some)
			if err != nil {
				return nil, err
			}
			for id, a := range found {
				out[id] = a
			}
		}
		return out, nil
	})
}

// askApprovals asks for some approvals, of which every one has to be told.
func (s *session) askApprovals(ctx context.Context, t *collect.Task, p project, ids []string) (map[string]map[string]any, error) {
	var out map[string]map[string]any
	err := t.Call(ctx, opListApprovals, func(ctx context.Context) error {
		var answer list
		out = map[string]map[string]any{}
		_, err := ask{op: opListApprovals, preview: true, path: s.within(p.ID, "pipelines", "approvals"),
			query: url.Values{"approvalIds": {strings.Join(ids, ",")}, "$expand": {"steps"}}}.get(ctx, s, nil, &answer)
		if err != nil {
			return err
		}
		for _, raw := range answer.Value {
			a, err := trimApproval(raw)
			if err != nil {
				return err
			}
			id, _ := a["id"].(string)
			out[id] = a
		}
		for _, id := range ids {
			if out[id] == nil {
				return errors.New("read the answer: it leaves out approval " + id + ", which was asked for")
			}
		}
		return nil
	})
	return out, err
}

// trimApproval forgets what people wrote.
func trimApproval(raw json.RawMessage) (map[string]any, error) {
	a, err := trim(raw, "instructions", "pipeline")
	if err != nil {
		return nil, fmt.Errorf("read an approval: %w", err)
	}
	steps, _ := a["steps"].([]any)
	for _, v := range steps {
		if step, ok := v.(map[string]any); ok {
			delete(step, "comment")
			delete(step, "history")
		}
	}
	return a, nil
}
