package gitlab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const opListCommits = "gitlab:Commits.ListCommits"

// commitSettling is how old the commits may be that a push brings: they are listed by the time that they tell
// themselves, and one that was made weeks before a fast-forward brought it to the branch must still be found.
const commitSettling = 30 * 24 * time.Hour

// commit is a commit on the default branch of a project, without its message and the addresses in it, and Project.
// Which merge request explains it stands in the merge requests: merge_commit_sha, squash_commit_sha, sha and Commits.
// The population is all that tells a time within the source's window.
func commit() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "gitlab.commit",
			Title:      "Commit on the default branch of a GitLab project",
			Population: true,
			Doc: with(trimmed(evidence.ShapeOf[gitlab.Commit](), unkeptOfCommits()...), map[string]*evidence.Shape{
				"Project": evidence.ShapeOf[projectBrief](),
			}),
			Ordered: []string{"/parent_ids"},
		},
		Version: 1,
		Events:  &collect.Events{Begin: windowBegin, Settling: commitSettling, When: "committed_date"},
		Operations: []collect.Operation{
			{Name: opListCommits, Permissions: []string{asReporter},
				Method: "GET", Path: "/projects/{project}/repository/commits"},
			listProjects(),
		},
		Collect: collect.Typed(collectCommits),
	}
}

func collectCommits(ctx context.Context, s *session, t *collect.Task) error {
	since := t.Since().UTC().Format(time.RFC3339)
	t.Params(opListCommits, map[string]string{"ref_name": "the default branch", "since": since})
	return s.eachProject(ctx, t, func(ctx context.Context, p listed) error {
		if p.EmptyRepo || p.DefaultBranch == "" {
			return nil
		}
		query := url.Values{"ref_name": {p.DefaultBranch}, "since": {since}}
		return s.pages(ctx, t, ask{op: opListCommits, path: p.path() + "/repository/commits", query: query},
			func(items []json.RawMessage) (bool, error) {
				t.Listed(len(items))
				for _, raw := range items {
					if err := s.commit(ctx, t, p, raw); err != nil {
						return false, err
					}
				}
				return true, nil
			})
	})
}

func (s *session) commit(ctx context.Context, t *collect.Task, p listed, raw json.RawMessage) error {
	doc, err := trim(raw, unkeptOfCommits()...)
	if err != nil {
		return fmt.Errorf("read the commits of %s: %w", p.FullPath, err)
	}
	id, _ := doc["id"].(string)
	if id == "" {
		return errors.New("read the commits of " + p.FullPath + ": one has no id")
	}
	doc["Project"] = p.brief()
	d := &draft{doc: doc}
	d.ID, d.Name = p.FullPath+"@"+id, p.FullPath+"@"+id[:min(len(id), 8)]
	return d.emit(ctx, t)
}
