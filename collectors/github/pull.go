package github

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const (
	// again is how many pull requests are asked about together once more.
	again = 10
	// calm is how long GitHub is given before it is asked once more for what does not agree.
	calm = 5 * time.Second
	// rounds is how many pages a list of one pull request is read to.
	rounds = 20
)

// pull is a pull request on its way to a subject.
type pull struct {
	subject             evidence.Subject
	id                  string // of the node
	updatedAt, mergedAt time.Time
	doc                 map[string]any
	short               map[string]string // lists that are not whole, with the cursor of what comes next; empty is none
	odd                 bool              // what is said of it does not agree yet
}

// pullLists are a pull request's lists with how their nodes are shown.
func pullLists() map[string]func(map[string]any) any {
	return map[string]func(map[string]any) any{
		"labels": only("name"), "closingIssuesReferences": nil, "reviews": nil, "timelineItems": nil, "commits": only("commit"),
	}
}

// readPull takes one node of a page.
func readPull(p page, i int, node map[string]any) (*pull, error) {
	number, ok := node["number"].(json.Number)
	if !ok {
		return nil, fmt.Errorf("read the pull requests of %s: one has no number", p.repo.FullName)
	}
	title, _ := node["title"].(string)
	out := &pull{subject: evidence.Subject{
		ID:   p.repo.FullName + "/pull/" + number.String(),
		Name: p.repo.FullName + "#" + number.String() + " " + title,
	}}
	out.id, _ = node["id"].(string)
	var err error
	if out.updatedAt, err = timeOf(node, "updatedAt"); err == nil {
		out.mergedAt, err = timeOf(node, "mergedAt")
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", out.subject.ID, err)
	}
	return out, out.take(node, p.faults[i], pullsQuery(), p.owner)
}

// take makes the node the document.
func (p *pull) take(node map[string]any, faults []fault, q query, repository any) error {
	delete(node, "title") // it is the subject's name
	delete(node, "id")
	node["Repository"] = repository
	p.doc, p.short, p.odd, p.subject.Missing = node, map[string]string{}, false, nil
	lose(&p.subject, node, q, faults)
	for key, of := range pullLists() {
		c, err := plain(node, key, of)
		if err != nil {
			return fmt.Errorf("read %s: %w", p.subject.ID, err)
		}
		if !c.whole() {
			p.short[key] = c.next
		}
	}
	return p.plainCommits()
}

// plainCommits makes plain lists of what the commits hold.
func (p *pull) plainCommits() error {
	commits, _ := p.doc["commits"].([]any)
	for _, v := range commits {
		commit, ok := v.(map[string]any)
		if !ok {
			return fmt.Errorf("read %s: a commit is no object", p.subject.ID)
		}
		short, err := plainCommit(commit)
		if err != nil {
			return fmt.Errorf("read a commit of %s: %w", p.subject.ID, err)
		}
		if len(short) > 0 {
			p.short["commits"] = "" // and reading on would not mend it
		}
	}
	return nil
}

// oddOf reports whether what GitHub says of a change that was merged a moment ago does not agree yet, and
// which part is missing then.
func (s *session) oddOf(p *pull) (key string, odd bool) {
	if !p.mergedAt.After(s.now().Add(-settling)) {
		return "", false
	}
	if _, ok := p.doc["mergeCommit"].(map[string]any); !ok {
		return "mergeCommit", true
	}
	reviews, whole := p.doc["reviews"].([]any)
	approved := slices.ContainsFunc(reviews, func(v any) bool {
		review, ok := v.(map[string]any)
		return ok && review["state"] == "APPROVED"
	})
	return "reviews", whole && p.doc["reviewDecision"] == "APPROVED" && !approved
}

// settle asks once more about the changes whose lists go on or whose parts do not agree yet. What cannot be had is missing.
func (s *session) settle(ctx context.Context, t *collect.Task, pulls []*pull) error {
	var more []*pull
	wait := false
	for _, p := range pulls {
		if _, p.odd = s.oddOf(p); p.odd || len(p.short) > 0 {
			more = append(more, p)
		}
		wait = wait || p.odd
	}
	if wait {
		select {
		case <-time.After(calm):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return collect.Each(ctx, slices.Collect(slices.Chunk(more, again)), func(ctx context.Context, some []*pull) error {
		if err := s.pullsAgain(ctx, t, some); err != nil {
			return err
		}
		return collect.Each(ctx, some, func(ctx context.Context, p *pull) error { return s.readRest(ctx, t, p) })
	})
}

// pullsAgain asks about some pull requests with longer lists.
func (s *session) pullsAgain(ctx context.Context, t *collect.Task, some []*pull) error {
	q := pullsAgainQuery()
	ids := make([]string, len(some))
	for i, p := range some {
		ids[i] = p.id
	}
	var data struct{ Nodes []map[string]any }
	faults, err := s.ask(ctx, t, q, map[string]any{"ids": ids, "commits": paged * 2}, 2, &data)
	if err == nil && len(data.Nodes) != len(some) {
		err = fmt.Errorf("read the answer of %s: %d pull requests where %d are asked for", q.name, len(data.Nodes), len(some))
	}
	for i, p := range some {
		if err != nil {
			if err := p.lost(t, err); err != nil {
				return err
			}
			continue
		}
		node := data.Nodes[i]
		if node["id"] != p.id {
			return fmt.Errorf("read the answer of %s: it is not about %s", q.name, p.subject.ID)
		}
		if err := p.take(node, under(faults, "nodes", i), q, p.doc["Repository"]); err != nil {
			return err
		}
		if key, odd := s.oddOf(p); odd {
			miss(&p.subject, p.doc, key, unsettled(q))
		}
	}
	return nil
}

// lost records that what a pull request lacks could not be asked, and what of it did not agree.
func (p *pull) lost(t *collect.Task, err error) error {
	keys := slices.Collect(maps.Keys(p.short))
	if p.odd {
		keys = append(keys, "mergeCommit", "mergedBy", "reviews", "timelineItems")
	}
	for _, key := range keys {
		delete(p.doc, key)
		if err := t.Miss(&p.subject, key, err); err != nil {
			return err
		}
	}
	p.short = nil
	return nil
}

// readRest reads the lists of one pull request to their end.
func (s *session) readRest(ctx context.Context, t *collect.Task, p *pull) error {
	q := pullsAgainQuery()
	for round := 0; len(p.short) > 0; round++ {
		variables := map[string]any{"ids": []string{p.id}, "commits": paged * 2}
		for key, next := range p.short {
			if next == "" || round == rounds {
				miss(&p.subject, p.doc, key, cutShort(q))
				delete(p.short, key)
				continue
			}
			variables[key+"After"] = next
		}
		if len(p.short) == 0 {
			return nil
		}
		var data struct{ Nodes []map[string]any }
		faults, err := s.ask(ctx, t, q, variables, 2, &data)
		if err != nil {
			return p.lost(t, err)
		}
		if len(data.Nodes) != 1 || data.Nodes[0]["id"] != p.id {
			return fmt.Errorf("read the answer of %s: it is not about %s", q.name, p.subject.ID)
		}
		rest := &pull{subject: evidence.Subject{ID: p.subject.ID}}
		if err := rest.take(data.Nodes[0], under(faults, "nodes", 0), q, nil); err != nil {
			return err
		}
		for key, last := range p.short {
			if why, ok := rest.subject.Missing[key]; ok {
				miss(&p.subject, p.doc, key, why)
				delete(p.short, key)
				continue
			}
			had, _ := p.doc[key].([]any)
			got, _ := rest.doc[key].([]any)
			p.doc[key] = append(had, got...)
			next, short := rest.short[key]
			if next == last {
				next = "" // a page that names itself as the next leads no further
			}
			if delete(p.short, key); short {
				p.short[key] = next
			}
		}
	}
	return nil
}
