package github

import (
	"context"
	"fmt"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// releaseNode is the node of the GraphQL API. Its name and its text are not asked for.
type releaseNode struct {
	DatabaseID   int64     `json:"databaseId"`
	URL          string    `json:"url"`
	TagName      string    `json:"tagName"`
	TagCommit    oid       `json:"tagCommit"` // null for a draft whose tag is yet to be made
	CreatedAt    time.Time `json:"createdAt"`
	PublishedAt  time.Time `json:"publishedAt"` // null for a draft
	UpdatedAt    time.Time `json:"updatedAt"`
	IsDraft      bool      `json:"isDraft"`
	IsPrerelease bool      `json:"isPrerelease"`
	IsLatest     bool      `json:"isLatest"`
	Author       actor     `json:"author"`
}

type releaseDoc struct {
	releaseNode
	Repository graphRepository
}

// release is a release of a repository. The population is every release that was made, published or changed within the
// source's window; it is listed whole each time, because a draft is published long after it was made. One that twenty newer
// ones lie between which the window has passed by is not looked for.
func release() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "github.release",
			Title:      "Release",
			Population: true,
			Doc:        evidence.ShapeOf[releaseDoc](),
			Volatile:   []string{"/isLatest"},
		},
		Version:    1,
		Operations: []collect.Operation{listRepositories(), releasesQuery().operation()},
		Collect:    collect.Typed(collectReleases),
	}
}

// releasesQuery lists the releases of repositories, the one that was made last first.
func releasesQuery() query {
	return query{"graphql.releases", `query releases($ids: [ID!]!, $first: Int!, $after: String) {
  nodes(ids: $ids) {
    ... on Repository {
      ` + repositoryFields + `
      releases(first: $first, after: $after, orderBy: {field: CREATED_AT, direction: DESC}) {
        pageInfo { hasNextPage endCursor }
        nodes {
          databaseId url tagName tagCommit { oid } createdAt publishedAt updatedAt isDraft isPrerelease isLatest
          author { ...actor }
        }
      }
    }
  }
  ` + rateLimit + `
}` + actorFields, []string{"Contents: read"}}
}

func collectReleases(ctx context.Context, s *session, t *collect.Task) error {
	return s.releases(ctx, t, func(ctx context.Context, r listedRelease) error {
		t.Listed(1)
		if !r.recent {
			t.Exclude("before the window", 1)
			return nil
		}
		r.doc["Repository"] = r.owner
		return emit(ctx, t, r.subject, r.doc)
	})
}

// listedRelease is a release of a list.
type listedRelease struct {
	subject evidence.Subject
	id      string
	recent  bool // it was made, published or changed within the window
	doc     map[string]any
	repo    repo
	owner   map[string]any // what the list says of the repository
}

// releases hands over the releases of all repositories, down to the first page of one that has none within the window.
func (s *session) releases(ctx context.Context, t *collect.Task, each func(context.Context, listedRelease) error) error {
	q := releasesQuery()
	t.Params(q.name, map[string]string{"since": s.since.UTC().Format(time.RFC3339)})
	l := list{query: q, path: []string{"releases"}, size: 2 * paged, first: 20}
	return s.lists(ctx, t, l, func(ctx context.Context, p page) (more bool, err error) {
		for i, node := range p.nodes {
			id := number(node["databaseId"])
			if id == "" {
				return false, fmt.Errorf("read the releases of %s: one has no id", p.repo.FullName)
			}
			recent := touched(node, s.since)
			more = more || recent
			tag, _ := node["tagName"].(string)
			r := listedRelease{id: id, recent: recent, doc: node, repo: p.repo, owner: p.owner, subject: evidence.Subject{
				ID: p.repo.FullName + "/releases/" + id, Name: p.repo.FullName + " " + tag}}
			lose(&r.subject, node, q, p.faults[i])
			if err := each(ctx, r); err != nil {
				return false, err
			}
		}
		return more, nil
	})
}

// touched reports whether a release was made, published or changed since a time. One that does not say when is.
func touched(node map[string]any, since time.Time) bool {
	said := false
	for _, key := range []string{"createdAt", "publishedAt", "updatedAt"} {
		if at, err := timeOf(node, key); err == nil {
			if said = true; !at.Before(since) {
				return true
			}
		}
	}
	return !said
}
