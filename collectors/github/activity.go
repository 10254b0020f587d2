package github

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/google/go-github/v88/github"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// activity is a move of a default branch: a push past all pull requests, a forced push, a merge, a deletion. It says who
// moved the branch from which commit to which, and when, which a commit's own dates do not.
func activity() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "github.activity",
			Title:      "Move of a default branch",
			Population: true,
			Doc: with(trimmed(evidence.ShapeOf[github.RepositoryActivity]()), map[string]*evidence.Shape{
				"Repository": evidence.ShapeOf[branchRepository](),
			}),
		},
		Version: 1,
		// GitHub keeps the activity of a repository for as long as there is any, and tells of a year.
		Events: &collect.Events{Begin: sinceConfigured, Retention: 365 * day, Settling: settling, When: "timestamp"},
		Operations: []collect.Operation{
			listRepositories(),
			{
				Name: "repos.listActivities", Permissions: []string{"Contents: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/activity",
			},
		},
		Collect: collect.Typed(collectActivity),
	}
}

func collectActivity(ctx context.Context, s *session, t *collect.Task) error {
	const op = "repos.listActivities"
	span := periodSince([]period{{"day", day}, {"week", 7 * day}, {"month", 28 * day}, {"quarter", 89 * day}, {"year", 365 * day}},
		t.Since(), s.now())
	t.Params(op, map[string]string{"ref": "the default branch", "time_period": span, "since": t.Since().UTC().Format(time.RFC3339)})
	return s.eachRepository(ctx, t, func(ctx context.Context, r repo) error {
		if r.DefaultBranch == "" || !pushed(t, r) {
			return nil
		}
		query := url.Values{"ref": {"refs/heads/" + r.DefaultBranch}, "time_period": {span}, "direction": {"desc"}}
		return s.events(ctx, t, op, r.path()+"/activity", query, "timestamp", func(ctx context.Context, raw json.RawMessage) error {
			subject, doc, err := eventSubject(r, "activity", r.DefaultBranch, raw)
			if err != nil {
				return err
			}
			if kind, ok := doc["activity_type"].(string); ok {
				subject.Name = fmt.Sprintf("%s %s %s", r.FullName, kind, r.DefaultBranch)
			}
			return emit(ctx, t, subject, doc)
		})
	})
}
