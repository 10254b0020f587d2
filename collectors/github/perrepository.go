package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"exhibit/internal/collect"
)

// eachAnswer asks a query about many repositories at a time and hands each one's answer over, with what could not be answered
// of it. Parts of an answer that are no deeper than depth, counted from the repository, must be answered: a repository of
// which they are not does not keep the others from being read, and the first such failure is returned when all are done.
func (s *session) eachAnswer(ctx context.Context, t *collect.Task, q query, repos []repo, depth int,
	each func(ctx context.Context, r repo, answer map[string]any, faults []fault) error) error {
	var failed failure
	err := collect.Each(ctx, slices.Collect(slices.Chunk(repos, looked)), func(ctx context.Context, some []repo) error {
		err := s.answers(ctx, t, q, some, depth, each)
		var u *unanswered
		if len(some) > 1 && errors.As(err, &u) && len(u.Path) > 1 {
			// One that cannot be read takes the others' answers with it: each is asked for alone.
			for _, r := range some {
				if err := failed.keep(s.answers(ctx, t, q, []repo{r}, depth, each)); err != nil {
					return err
				}
			}
			return nil
		}
		return failed.keep(err)
	})
	return cmp.Or(err, failed.first)
}

// answers asks about some repositories at once.
func (s *session) answers(ctx context.Context, t *collect.Task, q query, repos []repo, depth int,
	each func(context.Context, repo, map[string]any, []fault) error) error {
	ids := make([]string, len(repos))
	for i, r := range repos {
		ids[i] = r.NodeID
	}
	var data struct{ Nodes []map[string]any }
	faults, err := s.ask(ctx, t, q, map[string]any{"ids": ids}, 2+depth, &data) // nodes, which
	if err != nil {
		return err
	}
	if len(data.Nodes) != len(repos) {
		return fmt.Errorf("read the answer of %s: %d repositories where %d are asked for", q.name, len(data.Nodes), len(repos))
	}
	for i, answer := range data.Nodes {
		if answer["id"] != repos[i].NodeID {
			return fmt.Errorf("read the answer of %s: it is not about %s", q.name, repos[i].FullName)
		}
		delete(answer, "id")
		if err := each(ctx, repos[i], answer, under(faults, "nodes", i)); err != nil {
			return err
		}
	}
	return nil
}
