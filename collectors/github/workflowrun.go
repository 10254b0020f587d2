package github

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/go-github/v88/github"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const (
	opListRuns  = "actions.listWorkflowRunsForRepo"
	opGetReview = "actions.getReviewsForRun"
	// startable is how long after it was made a run can be started again.
	startable = 30 * day
)

// workflowRun is a run of a workflow as its last attempt left it: who started it (actor), who started it again
// (triggering_actor), from which commit of which branch, and the numbers of its pull requests. Of a run that was started
// again Approvals are all answers to its requests to deploy, whichever attempt made them; what a run's first attempt
// deployed stands with its approvals in github.deployment, and is not asked for twice.
//
// The population is every run made within the source's window that can change what is in use: runs that test what is yet
// to be merged are left out, unless they were started again. A run that had not come to an end is read again, and so is,
// for as long as it can be started again, one that was.
func workflowRun() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "github.workflow-run",
			Title:      "Workflow run",
			Population: true,
			Doc: with(trimmed(evidence.ShapeOf[github.WorkflowRun](), unkeptOfRuns()...), map[string]*evidence.Shape{
				"pull_requests": listOf(&evidence.Shape{Kind: evidence.ShapeInt, Name: "int64"}),
				"Approvals":     listOf(trimmed(evidence.ShapeOf[approval]())),
				"Repository":    evidence.ShapeOf[branchRepository](),
			}),
			Volatile: []string{"/updated_at"},
		},
		Version: 1,
		Events:  &collect.Events{Begin: sinceConfigured, Settling: settling, When: "created_at"},
		Operations: []collect.Operation{
			listRepositories(),
			{
				Name: opListRuns, Permissions: []string{"Actions: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/actions/runs",
			},
			{
				Name: opGetReview, Permissions: []string{"Actions: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/actions/runs/{run}/approvals",
			},
		},
		Collect: collect.Typed(collectRuns),
	}
}

// unkeptOfRuns is what a run repeats of other things, and what people typed.
func unkeptOfRuns() []string {
	return []string{"repository", "head_repository", "head_commit", "display_title", "check_suite_node_id"}
}

// unmerged are the events of a change that is yet to be merged.
func unmerged() []string {
	return []string{"merge_group", "pull_request", "pull_request_review", "pull_request_review_comment"}
}

// listedRun is what is needed of a run to tell whether it is to be read.
type listedRun struct {
	ID           int64     `json:"id"`
	Name         string    `json:"name"`
	Event        string    `json:"event"`
	Status       string    `json:"status"`
	RunNumber    int64     `json:"run_number"`
	RunAttempt   int64     `json:"run_attempt"`
	CreatedAt    time.Time `json:"created_at"`
	PullRequests []struct {
		Number int64 `json:"number"`
	} `json:"pull_requests"`
	raw json.RawMessage
}

// knownRun is what an earlier collection holds of a run.
type knownRun struct {
	attempt int64
	done    bool // it had come to an end, and is whole
}

// knownRuns are the runs of earlier collections that may be listed again.
type knownRuns struct {
	again time.Time            // those made before are not started again any more
	runs  map[string]knownRun  // by id of the subject
	floor map[string]time.Time // by repository: when the oldest was made that is not done
}

// readKnownRuns reads what earlier collections hold of the runs that were made since again, and of those that are not done.
func readKnownRuns(t *collect.Task, again time.Time) (knownRuns, error) {
	k := knownRuns{again, map[string]knownRun{}, map[string]time.Time{}}
	err := t.Earlier(func(s evidence.Subject) error {
		var doc struct {
			Status     string    `json:"status"`
			RunAttempt int64     `json:"run_attempt"`
			CreatedAt  time.Time `json:"created_at"`
		}
		if err := json.Unmarshal(s.Doc, &doc); err != nil {
			return fmt.Errorf("read %s of an earlier collection: %w", s.ID, err)
		}
		done := doc.Status == "completed" && len(s.Missing) == 0
		if done && doc.CreatedAt.Before(again) {
			return nil
		}
		k.runs[s.ID] = knownRun{doc.RunAttempt, done}
		repository, _, _ := strings.Cut(s.ID, "/actions/runs/")
		if first, ok := k.floor[repository]; !done && (!ok || doc.CreatedAt.Before(first)) {
			k.floor[repository] = doc.CreatedAt
		}
		return nil
	})
	return k, err
}

func collectRuns(ctx context.Context, s *session, t *collect.Task) error {
	again := t.Since().Add(-startable)
	if again.Before(s.since) {
		again = s.since
	}
	known, err := readKnownRuns(t, again)
	if err != nil {
		return err
	}
	until := s.now().UTC().Truncate(time.Second)
	t.Params(opListRuns, map[string]string{"created": spanned(evidence.Window{From: again, To: until}),
		"left out": strings.Join(unmerged(), " ")})
	var counted atomic.Int64
	err = s.eachRepository(ctx, t, func(ctx context.Context, r repo) error {
		from := again
		if open, ok := known.floor[r.FullName]; ok && open.Before(from) {
			from = open
		}
		total, err := s.runs(ctx, t, r, evidence.Window{From: from, To: until}, func(items []json.RawMessage) error {
			return s.readRuns(ctx, t, r, known, items)
		})
		counted.Add(int64(total))
		return err
	})
	if err == nil {
		t.SecondCount(opListRuns, int(counted.Load()))
	}
	return err
}

// readRuns emits of a page what is new, what went on and what was started again.
func (s *session) readRuns(ctx context.Context, t *collect.Task, r repo, known knownRuns, items []json.RawMessage) error {
	t.Listed(len(items))
	var fresh []listedRun
	for _, raw := range items {
		run := listedRun{raw: raw}
		if err := json.Unmarshal(raw, &run); err != nil {
			return fmt.Errorf("read the runs of %s: %w", r.FullName, err)
		}
		if run.ID == 0 || run.CreatedAt.IsZero() {
			return fmt.Errorf("read the runs of %s: one has no id or no time", r.FullName)
		}
		before, ok := known.runs[runID(r, run.ID)]
		switch {
		case run.RunAttempt <= 1 && slices.Contains(unmerged(), run.Event):
			t.Exclude("tests what is yet to be merged", 1)
		case run.CreatedAt.Before(known.again) && !ok:
			t.Exclude("had come to an end before, and cannot be started again", 1)
		case run.CreatedAt.Before(t.Since()) && ok && before.done && before.attempt == run.RunAttempt:
			t.Exclude("had come to an end before, and was not started again", 1)
		default:
			fresh = append(fresh, run)
		}
	}
	return collect.Each(ctx, fresh, func(ctx context.Context, run listedRun) error { return s.workflowRun(ctx, t, r, run) })
}

func runID(r repo, id int64) string { return fmt.Sprintf("%s/actions/runs/%d", r.FullName, id) }

// workflowRun emits one run.
func (s *session) workflowRun(ctx context.Context, t *collect.Task, r repo, run listedRun) error {
	subject := evidence.Subject{ID: runID(r, run.ID), Name: fmt.Sprintf("%s %s #%d", r.FullName, run.Name, run.RunNumber)}
	doc, err := trim(run.raw, unkeptOfRuns()...)
	if err != nil {
		return fmt.Errorf("read %s: %w", subject.ID, err)
	}
	if _, ok := doc["pull_requests"].([]any); ok {
		numbers := make([]int64, len(run.PullRequests))
		for i, p := range run.PullRequests {
			numbers[i] = p.Number
		}
		doc["pull_requests"] = numbers
	}
	doc["Repository"] = r.brief()
	if run.RunAttempt > 1 {
		err := add(t, &subject, doc, "Approvals", func() (any, error) {
			return s.all(ctx, t, opGetReview, fmt.Sprintf("%s/actions/runs/%d/approvals", r.path(), run.ID), "comment")
		})
		if err != nil {
			return err
		}
	}
	return emit(ctx, t, subject, doc)
}
