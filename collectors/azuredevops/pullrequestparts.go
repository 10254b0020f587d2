package azuredevops

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"exhibit/internal/collect"
)

// votes adds what Azure DevOps noted of votes. Whatever people wrote is left out.
func (s *session) votes(ctx context.Context, t *collect.Task, d *draft, path string) error {
	told := []voteDoc{}
	err := s.pages(ctx, t, ask{op: opListThreads, path: path}, func(items []json.RawMessage) error {
		for _, raw := range items {
			vote, ok, err := readVote(raw)
			if err != nil {
				return fmt.Errorf("read a thread of %s: %w", d.ID, err)
			}
			if ok {
				told = append(told, vote)
			}
		}
		return nil
	})
	slices.SortStableFunc(told, func(a, b voteDoc) int {
		return cmp.Or(cmp.Compare(a.PublishedDate, b.PublishedDate), cmp.Compare(a.ID, b.ID))
	})
	return d.put(t, "Threads", told, err)
}

// voteDoc is what is kept of a thread that Azure DevOps itself wrote about a vote.
type voteDoc struct {
	ID            int64        `json:"id"`
	Type          string       `json:"type"`
	PublishedDate string       `json:"publishedDate"`
	Author        *identityDoc `json:"author,omitempty"`
	Vote          *int         `json:"vote,omitempty"`
}

// thread is what is read of a thread. Its properties point into its identities.
type thread struct {
	ID            int64                  `json:"id"`
	PublishedDate string                 `json:"publishedDate"`
	Properties    map[string]property    `json:"properties"`
	Identities    map[string]identityDoc `json:"identities"`
	Comments      []struct {
		Author *identityDoc `json:"author"`
	} `json:"comments"`
}

// property is a value, with its type beside it or alone.
type property struct{ text string }

// UnmarshalJSON reads text or number, wrapped or not; whatever else it is counts as empty.
func (p *property) UnmarshalJSON(raw []byte) error {
	var wrapped struct {
		Value json.RawMessage `json:"$value"`
	}
	if json.Unmarshal(raw, &wrapped) == nil && wrapped.Value != nil {
		raw = wrapped.Value
	}
	if json.Unmarshal(raw, &p.text) == nil {
		return nil
	}
	var number json.Number
	if json.Unmarshal(raw, &number) == nil {
		p.text = number.String()
	}
	return nil
}

// readVote reads a thread; ok is false when it is about anything but votes.
func readVote(raw json.RawMessage) (vote voteDoc, ok bool, err error) {
	var th thread
	if err := json.Unmarshal(raw, &th); err != nil {
		return voteDoc{}, false, err
	}
	vote = voteDoc{ID: th.ID, Type: th.Properties["CodeReviewThreadType"].text, PublishedDate: th.PublishedDate}
	switch vote.Type {
	case "ResetMultipleVotes", "ResetAllVotes":
		vote.Author = th.identity("CodeReview" + vote.Type + "InitiatorIdentity")
		return vote, true, nil
	case "VoteUpdate":
		vote.Author = th.identity("CodeReviewVotedByIdentity")
		if vote.Author == nil && len(th.Comments) > 0 {
			vote.Author = th.Comments[0].Author
		}
		n, err := strconv.Atoi(th.Properties["CodeReviewVoteResult"].text)
		if err != nil {
			return voteDoc{}, false, fmt.Errorf("vote %q is no number", th.Properties["CodeReviewVoteResult"].text)
		}
		vote.Vote = &n
		return vote, true, nil
	}
	return voteDoc{}, false, nil
}

// identity is the one that a property points at.
func (th thread) identity(name string) *identityDoc {
	if found, ok := th.Identities[th.Properties[name].text]; ok {
		return &found
	}
	return nil
}

// iterations adds the pushes. Where there was one alone its commits are the pull request's, and whole says so.
func (s *session) iterations(ctx context.Context, t *collect.Task, d *draft, path string) (commits any, whole bool, err error) {
	found, err := s.all(ctx, t, ask{op: opListIterations, path: path, query: url.Values{"includeCommits": {"true"}},
		drop: []string{"description", "changeList"}})
	for _, one := range found {
		list, _ := one["commits"].([]any)
		trimCommits(list)
		if whole = len(found) == 1 && len(list) > 0 && one["hasMoreCommits"] != true; whole {
			commits = list
		}
		delete(one, "commits")
	}
	return commits, whole && err == nil, d.put(t, "Iterations", found, err)
}

// commits adds the pull request's commits.
func (s *session) commits(ctx context.Context, t *collect.Task, d *draft, path string) error {
	found, err := s.all(ctx, t, ask{op: opListCommits, path: path, query: url.Values{"$top": {strconv.Itoa(perPage)}}})
	for _, one := range found {
		trimCommit(one)
	}
	return d.put(t, "Commits", found, err)
}

func trimCommits(list []any) {
	for _, one := range list {
		if commit, ok := one.(map[string]any); ok {
			trimCommit(commit)
		}
	}
}

// trimCommit leaves out what people typed and what the commit is not needed for.
func trimCommit(commit map[string]any) {
	for _, key := range []string{"comment", "commentTruncated", "changes", "changeCounts", "workItems", "statuses"} {
		delete(commit, key)
	}
}
