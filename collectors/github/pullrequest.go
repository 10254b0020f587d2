package github

import (
	"context"
	"fmt"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// settling is how long it may take until all that GitHub says of a change agrees.
const settling = 15 * time.Minute

// sinceConfigured is from when on the source's configuration wants populations.
func sinceConfigured(s any, _ time.Time) time.Time { return s.(*session).since }

// pullRequest is a merged change: who made it, who reviewed which state of it when, and who merged it. The population is
// everything merged within the source's window. A change is asked for again whenever GitHub says that it was updated, so
// that what is added to it after the merge is seen.
//
// The document is the node of the GraphQL API. Its lists are plain lists, whole or missing; a commit stands for itself, its
// authors and its committer are the accounts, null where nobody has the e-mail address of the commit. An actor that is null
// is a deleted account. Texts, and the names and e-mail addresses in commits, are not asked for.
func pullRequest() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "github.pull-request",
			Title:      "Merged pull request",
			Population: true,
			Doc:        evidence.ShapeOf[pullDoc](),
			Volatile:   []string{"/updatedAt", "/totalCommentsCount", "/labels", "/statusCheckRollup"},
			Ordered:    []string{"/reviews", "/commits", "/commits/*/parents", "/timelineItems"},
		},
		Version:    2,
		Events:     &collect.Events{Begin: sinceConfigured, Settling: settling, When: "mergedAt"},
		Operations: []collect.Operation{listRepositories(), pullsQuery().operation(), pullsAgainQuery().operation()},
		Collect:    collect.Typed(collectPullRequests),
	}
}

// actor is somebody as GraphQL tells of them: a User, a Bot, a Mannequin, an Organization or an EnterpriseUserAccount.
type actor struct {
	Typename   string `json:"__typename"`
	Login      string `json:"login"`
	DatabaseID int64  `json:"databaseId"`
}

// oid is a commit by its hash alone.
type oid struct {
	OID string `json:"oid"`
}

// pullDoc is the document of a pull request. A review's databaseId is text: it has more than 32 bits.
type pullDoc struct {
	Number            int64     `json:"number"`
	URL               string    `json:"url"`
	State             string    `json:"state"`
	IsDraft           bool      `json:"isDraft"`
	CreatedAt         time.Time `json:"createdAt"`
	UpdatedAt         time.Time `json:"updatedAt"`
	MergedAt          time.Time `json:"mergedAt"`
	Merged            bool      `json:"merged"`
	BaseRefName       string    `json:"baseRefName"`
	HeadRefName       string    `json:"headRefName"`
	HeadRefOid        string    `json:"headRefOid"`
	IsCrossRepository bool      `json:"isCrossRepository"`
	MergeCommit       oid       `json:"mergeCommit"`
	Author            actor     `json:"author"`
	MergedBy          actor     `json:"mergedBy"`
	AutoMergeRequest  struct {
		EnabledAt   time.Time `json:"enabledAt"`
		EnabledBy   actor     `json:"enabledBy"`
		MergeMethod string    `json:"mergeMethod"`
	} `json:"autoMergeRequest"`
	ReviewDecision          string   `json:"reviewDecision"`
	TotalCommentsCount      int64    `json:"totalCommentsCount"`
	Labels                  []string `json:"labels"`
	ClosingIssuesReferences []struct {
		Number int64  `json:"number"`
		URL    string `json:"url"`
	} `json:"closingIssuesReferences"`
	Reviews           []pullReview `json:"reviews"`
	Commits           []commitNode `json:"commits"`
	TimelineItems     []pullEvent  `json:"timelineItems"`
	StatusCheckRollup struct {
		State string `json:"state"`
	} `json:"statusCheckRollup"`
	Repository graphRepository
}

type pullReview struct {
	DatabaseID  string    `json:"databaseId"`
	Author      actor     `json:"author"`
	State       string    `json:"state"`
	SubmittedAt time.Time `json:"submittedAt"`
	Commit      oid       `json:"commit"`
}

// pullEvent is something that happened to a pull request; each __typename has the members that are its own.
type pullEvent struct {
	Typename            string    `json:"__typename"`
	CreatedAt           time.Time `json:"createdAt"`
	Actor               actor     `json:"actor"`
	PreviousReviewState string    `json:"previousReviewState"`
	Review              struct {
		DatabaseID string `json:"databaseId"`
		Author     actor  `json:"author"`
	} `json:"review"`
	BeforeCommit    oid    `json:"beforeCommit"`
	AfterCommit     oid    `json:"afterCommit"`
	Commit          oid    `json:"commit"`
	PreviousRefName string `json:"previousRefName"`
	CurrentRefName  string `json:"currentRefName"`
	Label           struct {
		Name string `json:"name"`
	} `json:"label"`
}

func collectPullRequests(ctx context.Context, s *session, t *collect.Task) error {
	q := pullsQuery()
	since := t.Since()
	t.Params(q.name, map[string]string{"states": "MERGED", "since": since.UTC().Format(time.RFC3339)})
	l := list{query: q, path: []string{"pullRequests"}, size: paged, variables: map[string]any{"commits": glanceCommits}}
	return s.lists(ctx, t, l, func(ctx context.Context, p page) (more bool, err error) {
		var pulls []*pull
		t.Listed(len(p.nodes))
		// The list begins with the one updated last: all after one that was updated before the mark are known.
		for i, node := range p.nodes {
			pull, err := readPull(p, i, node)
			if err != nil {
				return false, err
			}
			if more = !pull.updatedAt.Before(since); !more {
				t.Exclude(notUpdated, len(p.nodes)-i)
				break
			}
			if pull.mergedAt.Before(s.since) {
				t.Exclude("merged before the window", 1)
				continue
			}
			pulls = append(pulls, pull)
		}
		if err := s.settle(ctx, t, pulls); err != nil {
			return false, err
		}
		for _, p := range pulls {
			delete(p.doc, "id")
			if err := emit(ctx, t, p.subject, p.doc); err != nil {
				return false, err
			}
		}
		return more, nil
	})
}

// notUpdated is why something is left out that an earlier collection has.
const notUpdated = "not updated since the collection before, or before the window"

// timeOf reads a time of a document.
func timeOf(doc map[string]any, key string) (time.Time, error) {
	text, _ := doc[key].(string)
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, fmt.Errorf("%s: %w", key, err)
	}
	return at, nil
}
