package github

import (
	"context"
	"fmt"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// releaseDoc is the node of the GraphQL API. Its name and its text are not asked for.
type releaseDoc struct {
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
	Repository   graphRepository
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
	q := releasesQuery()
	t.Params(q.name, map[string]string{"since": s.since.UTC().Format(time.RFC3339)})
	l := list{query: q, path: []string{"releases"}, size: 2 * paged, first: 20}
	return s.lists(ctx, t, l, func(ctx context.Context, p page) (more bool, err error) {
		t.Listed(len(p.nodes))
		for i, node := range p.nodes {
			id := number(node["databaseId"])
			if id == "" {
				return false, fmt.Errorf("read the releases of %s: one has no id", p.repo.FullName)
			}
			if !touched(node, s.since) {
				t.Exclude("before the window", 1)
				continue
			}
			more = true // a page without one that lies within the window ends the search
			tag, _ := node["tagName"].(string)
			subject := evidence.Subject{ID: p.repo.FullName + "/releases/" + id, Name: p.repo.FullName + " " + tag}
			lose(&subject, node, q, p.faults[i])
			node["Repository"] = p.owner
			if err := emit(ctx, t, subject, node); err != nil {
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
