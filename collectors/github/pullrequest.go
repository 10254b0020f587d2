package github

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"time"

	"github.com/google/go-github/v88/github"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// pullRequest is a merged change: who made it, who reviewed which state of it when, and who merged it. The population is
// everything merged within the source's window.
func pullRequest() collect.Collector {
	doc := trimmed(evidence.ShapeOf[github.PullRequest](), "body")
	commit := trimmed(evidence.ShapeOf[github.RepositoryCommit]())
	delete(commit.At("/commit/verification").Fields, "payload")
	delete(commit.At("/commit/verification").Fields, "signature")
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "github.pull-request",
			Title:      "Merged pull request",
			Population: true,
			Doc: with(doc, map[string]*evidence.Shape{
				"Reviews": listOf(trimmed(evidence.ShapeOf[github.PullRequestReview](), "body")),
				"Commits": listOf(commit),
			}),
			Volatile: []string{"/updated_at", "/comments", "/review_comments", "/labels", "/mergeable", "/mergeable_state",
				"/rebaseable", "/author_association", "/Reviews/*/author_association"},
			Ordered: []string{"/Reviews", "/Commits"},
		},
		Version: 1,
		Operations: []collect.Operation{
			listRepositories(),
			{
				Name: "pulls.list", Permissions: []string{"Pull requests: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/pulls",
			},
			{
				Name: "pulls.get", Permissions: []string{"Pull requests: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/pulls/{number}",
			},
			{
				Name: "pulls.listReviews", Permissions: []string{"Pull requests: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/pulls/{number}/reviews",
			},
			{
				Name: "pulls.listCommits", Permissions: []string{"Pull requests: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/pulls/{number}/commits",
			},
		},
		Collect: collect.Typed(collectPullRequests),
	}
}

// listedPull is what the list of a repository says of a pull request.
type listedPull struct {
	Number    int        `json:"number"`
	Title     string     `json:"title"`
	UpdatedAt time.Time  `json:"updated_at"`
	MergedAt  *time.Time `json:"merged_at"`
	raw       json.RawMessage
}

func collectPullRequests(ctx context.Context, s *session, t *collect.Task) error {
	query := url.Values{"state": {"closed"}, "sort": {"updated"}, "direction": {"desc"}}
	t.Params("pulls.list", map[string]string{"state": "closed", "since": s.since.UTC().Format(time.RFC3339)})
	return s.eachRepository(ctx, t, func(ctx context.Context, r repo) error {
		return s.pages(ctx, t, "pulls.list", r.path()+"/pulls", query, func(items []json.RawMessage) (bool, error) {
			t.Listed(len(items))
			merged, more, err := s.merged(t, items)
			if err != nil {
				return false, fmt.Errorf("read the pull requests of %s: %w", r.FullName, err)
			}
			return more, collect.Each(ctx, merged, func(ctx context.Context, p listedPull) error {
				return s.pull(ctx, t, r, p)
			})
		})
	})
}

// merged returns the page's pull requests that were merged within the window. The list begins with the one changed last
// and nothing is merged after its last change, so a page of which all were last changed before the window ends the search.
func (s *session) merged(t *collect.Task, items []json.RawMessage) (merged []listedPull, more bool, err error) {
	for _, raw := range items {
		p := listedPull{raw: raw}
		if err := json.Unmarshal(raw, &p); err != nil {
			return nil, false, err
		}
		more = more || !p.UpdatedAt.Before(s.since)
		switch {
		case p.MergedAt == nil:
			t.Exclude("closed without a merge", 1)
		case p.MergedAt.Before(s.since):
			t.Exclude("merged before the window", 1)
		default:
			merged = append(merged, p)
		}
	}
	return merged, more, nil
}

// detailed are the keys of a pull request that only its own answer has.
func detailed() []string {
	return []string{"merged", "merged_by", "commits", "additions", "deletions", "changed_files", "comments",
		"review_comments", "maintainer_can_modify", "mergeable", "mergeable_state", "rebaseable"}
}

func (s *session) pull(ctx context.Context, t *collect.Task, r repo, p listedPull) error {
	number := strconv.Itoa(p.Number)
	path := r.path() + "/pulls/" + number
	subject := evidence.Subject{ID: r.FullName + "/pull/" + number, Name: r.FullName + "#" + number + " " + p.Title}
	raw := p.raw
	err := t.Call(ctx, "pulls.get", func(ctx context.Context) error {
		own, err := s.object(ctx, path)
		if err == nil {
			raw = own
		}
		return err
	})
	if err != nil {
		// Without the number of commits nobody knows whether the list of them is whole.
		for _, key := range append(detailed(), "Commits") {
			if err := t.Miss(&subject, key, err); err != nil {
				return err
			}
		}
	}
	doc, err := trim(raw, "body")
	if err != nil {
		return err
	}
	for _, side := range []string{"head", "base"} {
		if m, ok := doc[side].(map[string]any); ok {
			shorten(m)
		}
	}
	reviews, err := s.all(ctx, t, "pulls.listReviews", path+"/reviews", "body")
	if err == nil {
		doc["Reviews"] = reviews
	} else if err := t.Miss(&subject, "Reviews", err); err != nil {
		return err
	}
	if _, missing := subject.Missing["Commits"]; missing {
		return emit(ctx, t, subject, doc)
	}
	commits, err := s.all(ctx, t, "pulls.listCommits", path+"/commits")
	if err == nil {
		addCommits(&subject, doc, commits)
	} else if err := t.Miss(&subject, "Commits", err); err != nil {
		return err
	}
	return emit(ctx, t, subject, doc)
}

// addCommits adds the commits when they are all there: the API gives no more than 250.
func addCommits(subject *evidence.Subject, doc map[string]any, commits []map[string]any) {
	for _, c := range commits {
		if commit, ok := c["commit"].(map[string]any); ok {
			if v, ok := commit["verification"].(map[string]any); ok {
				delete(v, "payload")
				delete(v, "signature")
			}
		}
	}
	if n, ok := doc["commits"].(json.Number); ok && n.String() != strconv.Itoa(len(commits)) {
		if subject.Missing == nil {
			subject.Missing = map[string]evidence.Missing{}
		}
		subject.Missing["Commits"] = evidence.Missing{
			Operation: "pulls.listCommits", Outcome: evidence.OutcomeFailed, Code: "Truncated"}
		return
	}
	doc["Commits"] = commits
}

// shorten keeps of a pull request's side what tells the repository and its branch apart.
func shorten(side map[string]any) {
	repository, ok := side["repo"].(map[string]any)
	if !ok {
		return // a deleted fork is null
	}
	maps.DeleteFunc(repository, func(key string, _ any) bool {
		switch key {
		case "id", "full_name", "default_branch", "visibility", "private", "fork", "archived":
			return false
		}
		return true
	})
}
