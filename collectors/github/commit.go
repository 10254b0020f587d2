package github

import (
	"context"
	"fmt"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// commit is a commit on a default branch with the pull requests that brought it there. The population is every commit of
// each repository's default branch within the source's window, by the date of the commit; one that is older and came to the
// branch within the window is known by its merge. GitHub lists a commit that was amended or rebased by its newer date.
//
// The commit at which a collection found a branch newly to stand has a Head: where it stood at the collection before, and
// whether it was rewritten since, because that commit is no longer in its history. What the branch lost stays in view.
func commit() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "github.commit",
			Title:      "Commit on a default branch",
			Population: true,
			Doc:        evidence.ShapeOf[commitDoc](),
			Ordered:    []string{"/parents"},
		},
		Version:    1,
		Events:     &collect.Events{Begin: sinceConfigured, Settling: settling, When: "committedDate"},
		Operations: []collect.Operation{listRepositories(), commitsQuery().operation()},
		Collect:    collect.Typed(collectCommits),
	}
}

// commitNode is a commit as queries show it.
type commitNode struct {
	OID             string    `json:"oid"`
	CommittedDate   time.Time `json:"committedDate"`
	CommittedViaWeb bool      `json:"committedViaWeb"`
	Authors         []actor   `json:"authors"`
	Committer       actor     `json:"committer"`
	Signature       struct {
		IsValid           bool   `json:"isValid"`
		State             string `json:"state"`
		WasSignedByGitHub bool   `json:"wasSignedByGitHub"`
	} `json:"signature"`
	Parents []string `json:"parents"`
}

type commitDoc struct {
	commitNode
	AssociatedPullRequests []struct {
		Number      int64     `json:"number"`
		MergedAt    time.Time `json:"mergedAt"`
		BaseRefName string    `json:"baseRefName"`
		MergeCommit oid       `json:"mergeCommit"`
		Repository  struct {
			NameWithOwner string `json:"nameWithOwner"`
		} `json:"repository"`
	} `json:"associatedPullRequests"`
	Repository graphRepository
	Head       branchHead
}

// branchHead is what a collection found of a branch at the commit where it stood.
type branchHead struct {
	SeenAt    time.Time `json:"seenAt"`
	Before    string    `json:"before,omitempty"` // absent when no collection before knew the branch
	Rewritten bool      `json:"rewritten"`
}

// plainCommit makes a commit's lists plain and its people accounts, and returns the keys of lists that are not whole.
func plainCommit(doc map[string]any) (short []string, err error) {
	for key, of := range map[string]func(map[string]any) any{"authors": only("user"), "parents": only("oid")} {
		c, err := plain(doc, key, of)
		if err != nil {
			return nil, err
		}
		if !c.whole() {
			short = append(short, key)
		}
	}
	if committer, ok := doc["committer"].(map[string]any); ok {
		doc["committer"] = committer["user"]
	}
	return short, nil
}

// commitsQuery lists the commits of repositories' default branches, as git log does.
func commitsQuery() query {
	return query{"graphql.commits", `query commits($ids: [ID!]!, $first: Int!, $after: String, $since: GitTimestamp!) {
  nodes(ids: $ids) {
    ... on Repository {
      ` + repositoryFields + `
      branch: defaultBranchRef {
        target {
          ... on Commit {
            oid
            history(first: $first, after: $after, since: $since) {
              pageInfo { hasNextPage endCursor }
              nodes {
                ...commit
                associatedPullRequests(first: 20) {
                  totalCount nodes { number mergedAt baseRefName mergeCommit { oid } repository { nameWithOwner } }
                }
              }
            }
          }
        }
      }
    }
  }
  ` + rateLimit + `
}` + commitFields + actorFields, []string{"Contents: read", "Pull requests: read"}}
}

func collectCommits(ctx context.Context, s *session, t *collect.Task) error {
	known, err := knownCommits(t)
	if err != nil {
		return err
	}
	since := s.since.UTC().Format(time.RFC3339)
	t.Params("graphql.commits", map[string]string{"since": since})
	l := list{query: commitsQuery(), path: []string{"branch", "target", "history"}, size: 2 * paged,
		variables: map[string]any{"since": since}}
	all := walks{known: known, all: map[string]*walk{}}
	return s.lists(ctx, t, l, func(ctx context.Context, p page) (bool, error) {
		w, err := all.of(p)
		if w == nil || err != nil {
			return false, err
		}
		fresh, old, more, err := w.read(p)
		if err != nil {
			return false, fmt.Errorf("read the commits of %s: %w", p.repo.FullName, err)
		}
		t.Listed(len(p.nodes))
		if old > 0 {
			t.Exclude("listed by an earlier collection", old)
		}
		for _, c := range fresh {
			if err := s.emitCommit(ctx, t, p, c); err != nil {
				return false, err
			}
		}
		if more && p.next != "" || w.listed == nil {
			return more, nil
		}
		w.listed.doc["Head"] = w.found(s.now())
		return false, s.emitCommit(ctx, t, w.page, *w.listed)
	})
}

// emitCommit emits one commit of a page.
func (s *session) emitCommit(ctx context.Context, t *collect.Task, p page, d listedCommit) error {
	q := commitsQuery()
	subject := evidence.Subject{ID: p.repo.FullName + "/commit/" + d.oid, Name: p.repo.FullName + "@" + d.oid[:min(len(d.oid), 10)]}
	lose(&subject, d.doc, q, d.faults)
	for _, key := range d.short {
		miss(&subject, d.doc, key, cutShort(q))
	}
	requests, err := plain(d.doc, "associatedPullRequests", nil)
	if err != nil {
		return fmt.Errorf("read %s: %w", subject.ID, err)
	}
	if d.doc["associatedPullRequests"] != nil && !requests.whole() {
		miss(&subject, d.doc, "associatedPullRequests", cutShort(q))
	}
	now := s.now()
	if len(requests.nodes) == 0 && d.doc["associatedPullRequests"] != nil && d.at.After(now.Add(-settling)) && !d.at.After(now) {
		miss(&subject, d.doc, "associatedPullRequests", unsettled(q))
	}
	d.doc["Repository"] = p.owner
	return emit(ctx, t, subject, d.doc)
}
