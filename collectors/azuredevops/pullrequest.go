package azuredevops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const (
	opListPullRequests = "azuredevops:git.Client.GetPullRequestsByProject"
	opListThreads      = "azuredevops:git.Client.GetThreads"
	opListIterations   = "azuredevops:git.Client.GetPullRequestIterations"
	opListCommits      = "azuredevops:git.Client.GetPullRequestCommits"
	opListEvaluations  = "azuredevops:policy.Client.GetPolicyEvaluations"
)

// pullRequest is a completed pull request: the API's own document of it, and
//
//   - Repository, where it was merged: name, default branch and address;
//   - Threads, what Azure DevOps itself noted of votes, the oldest first: type VoteUpdate with who voted what (10 approves, 5
//     approves with suggestions, 0 takes a vote back, -5 waits, -10 rejects), and ResetMultipleVotes and ResetAllVotes, by
//     which a push took votes back;
//   - Iterations, the pushes, the oldest first: by whom, when, why (create, push, forcePush, rebase, retarget), and the head
//     of the source branch after each. A vote is for the last iteration before it;
//   - Commits, those that were merged, the newest first, without messages and addresses;
//   - PolicyEvaluations, how each policy stood, of one that was completed past its policies
//     (completionOptions.bypassPolicy); of others it is absent and not missing.
//
// reviewers[].vote are the votes that stand when it is collected. Reviewers that are groups (isContainer) vote through their
// members. lastMergeSourceCommit is the head that was merged, lastMergeCommit the commit on the target branch by which.
//
// Two calls are made for one of a single push, three for others: a single iteration's commits are those of the whole.
//
// The population is everything completed within the source's window. The list is by the time of completion, so that a vote
// after it is seen for as long as the mark stays behind, which is longer than a day.
func pullRequest() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "azuredevops.pull-request",
			Title:      "Completed pull request",
			Population: true,
			Doc: with(evidence.ShapeOf[pullRequestDoc](), map[string]*evidence.Shape{
				"Repository":        evidence.ShapeOf[repositoryBrief](),
				"Threads":           listOf(evidence.ShapeOf[voteDoc]()),
				"Iterations":        listOf(evidence.ShapeOf[iterationDoc]()),
				"Commits":           listOf(evidence.ShapeOf[commitDoc]()),
				"PolicyEvaluations": listOf(evidence.ShapeOf[evaluationDoc]()),
			}),
			Volatile: []string{"/mergeStatus", "/mergeFailureType", "/mergeFailureMessage", "/labels"},
			Ordered:  []string{"/Threads", "/Iterations", "/Commits"},
		},
		Version: 1,
		Events:  &collect.Events{Begin: windowBegin, Settling: settling, When: "closedDate"},
		Operations: []collect.Operation{
			{Name: opListPullRequests, Permissions: []string{readCode},
				Method: "GET", Path: "/{organization}/{project}/_apis/git/pullrequests"},
			listProjects(),
			listRepositories(),
			{Name: opListThreads, Permissions: []string{readCode}, Method: "GET",
				Path: "/{organization}/{project}/_apis/git/repositories/{repository}/pullRequests/{number}/threads"},
			{Name: opListIterations, Permissions: []string{readCode}, Method: "GET",
				Path: "/{organization}/{project}/_apis/git/repositories/{repository}/pullRequests/{number}/iterations"},
			{Name: opListCommits, Permissions: []string{readCode}, Method: "GET",
				Path: "/{organization}/{project}/_apis/git/repositories/{repository}/pullRequests/{number}/commits"},
			{Name: opListEvaluations, Permissions: []string{readCode},
				Method: "GET", Path: "/{organization}/{project}/_apis/policy/evaluations"},
		},
		Collect: collect.Typed(collectPullRequests),
	}
}

// settling is how far behind the present a mark stays. The list knows no time but that of completion: so long an approval
// may come after it and be seen.
const settling = 26 * time.Hour

// unkeptOfPullRequests are texts that people typed.
func unkeptOfPullRequests() []string {
	return []string{"title", "description", "commits", "workItemRefs"}
}

// listedPullRequest is what the list says of a pull request.
type listedPullRequest struct {
	ID         int64     `json:"pullRequestId"`
	Title      string    `json:"title"`
	ClosedDate time.Time `json:"closedDate"`
	Repository struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"repository"`
	Options struct {
		BypassPolicy bool `json:"bypassPolicy"`
	} `json:"completionOptions"`
	raw json.RawMessage
}

func collectPullRequests(ctx context.Context, s *session, t *collect.Task) error {
	repositories, err := s.repositories(ctx, t)
	if err != nil {
		return err
	}
	byID := map[string]repository{}
	for _, r := range repositories {
		byID[r.ID] = r
	}
	query := url.Values{"searchCriteria.status": {"completed"}, "searchCriteria.queryTimeRangeType": {"closed"},
		"searchCriteria.minTime": {t.Since().UTC().Format(time.RFC3339)},
		"searchCriteria.maxTime": {s.until.UTC().Format(time.RFC3339)}} // what is completed meanwhile would move the pages
	params := map[string]string{}
	for key := range query {
		params[key] = query.Get(key)
	}
	t.Params(opListPullRequests, params)
	return s.eachProject(ctx, t, func(ctx context.Context, p project) error {
		seen := map[int64]bool{}
		return s.pages(ctx, t, ask{op: opListPullRequests, path: s.within(p.ID, "git", "pullrequests"), query: query, skips: true},
			func(items []json.RawMessage) error {
				var completed []listedPullRequest
				for _, raw := range items {
					m := listedPullRequest{raw: raw}
					if err := json.Unmarshal(raw, &m); err != nil {
						return fmt.Errorf("read a pull request of the list: %w", err)
					}
					if m.ID == 0 || m.Repository.ID == "" || m.Repository.Name == "" {
						return errors.New("read a pull request of the list: it has no number or no repository")
					}
					if !seen[m.ID] { // a list that moved tells of some again
						seen[m.ID] = true
						completed = append(completed, m)
					}
				}
				t.Listed(len(completed))
				return collect.Each(ctx, completed, func(ctx context.Context, m listedPullRequest) error {
					r, known := byID[m.Repository.ID]
					if !known {
						r = repository{ID: m.Repository.ID, Name: m.Repository.Name, Project: p}
					}
					return s.pullRequest(ctx, t, p, r, m)
				})
			})
	})
}

func (s *session) pullRequest(ctx context.Context, t *collect.Task, p project, r repository, m listedPullRequest) error {
	number := strconv.FormatInt(m.ID, 10)
	doc, err := trim(m.raw, unkeptOfPullRequests()...)
	if err != nil {
		return err
	}
	if options, ok := doc["completionOptions"].(map[string]any); ok {
		delete(options, "mergeCommitMessage")
	}
	for _, key := range []string{"lastMergeSourceCommit", "lastMergeTargetCommit", "lastMergeCommit"} {
		if commit, ok := doc[key].(map[string]any); ok {
			trimCommit(commit)
		}
	}
	doc["Repository"] = r.brief()
	id := r.id() + "!" + number
	d := &draft{Subject: evidence.Subject{ID: id, Name: id + " " + m.Title}, doc: doc}
	place := func(part string) string {
		return s.within(p.ID, "git", "repositories", url.PathEscape(r.ID), "pullRequests", number, part)
	}
	if err := s.votes(ctx, t, d, place("threads")); err != nil {
		return err
	}
	commits, whole, err := s.iterations(ctx, t, d, place("iterations"))
	if err != nil {
		return err
	}
	if whole {
		d.doc["Commits"] = commits
	} else if err := s.commits(ctx, t, d, place("commits")); err != nil {
		return err
	}
	if m.Options.BypassPolicy {
		err := s.list(ctx, t, d, "PolicyEvaluations", ask{op: opListEvaluations, path: s.within(p.ID, "policy", "evaluations"),
			query: url.Values{"artifactId": {"vstfs:///CodeReview/CodeReviewId/" + p.ID + "/" + number}},
			skips: true, preview: true, drop: []string{"context", "artifactId"}})
		if err != nil {
			return err
		}
	}
	return d.emit(ctx, t)
}
