package argocd

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// deployment is one synchronisation that succeeded: an entry of an application's history, with the application that it
// brought up to date. initiatedBy is a user, or automated when Argo CD followed the source on its own. revision is the
// commit, or the version of a chart; an application of several sources has revisions, one for each of sources. A user is
// named by the login, which single sign-on may make of an e-mail address: it is kept, being who did it.
//
// Argo CD keeps ten entries of an application, unless it is told otherwise, and numbers them without a hole. Those that
// were seen stay in evidence. Numbers that were forgotten before they were seen are a gap of the coverage, between the times
// of their neighbours. A synchronisation that failed has no entry.
func deployment() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "argocd.deployment",
			Title:      "Argo CD deployment",
			Population: true,
			Doc:        evidence.ShapeOf[deploymentDoc](),
			Ordered:    []string{"/sources", "/revisions"},
		},
		Version:    1,
		Events:     &collect.Events{Begin: windowBegin, Settling: settling, When: "deployedAt"},
		Operations: []collect.Operation{listApplications(), canI(mayGetApplications)},
		Collect:    collect.Typed(collectDeployments),
	}
}

// historyDoc is what is kept of an entry of an application's history.
type historyDoc struct {
	ID              int64       `json:"id"`
	Revision        string      `json:"revision"`
	Revisions       []string    `json:"revisions"`
	Source          *sourceDoc  `json:"source"`
	Sources         []sourceDoc `json:"sources"`
	DeployStartedAt string      `json:"deployStartedAt"`
	DeployedAt      string      `json:"deployedAt"`
	InitiatedBy     initiator   `json:"initiatedBy"`
}

// deploymentDoc is an entry and what a check of it needs to know of the application, as it was when it was seen.
type deploymentDoc struct {
	historyDoc
	Application applicationBrief `json:"Application"`
}

type applicationBrief struct {
	Name        string      `json:"name"`
	Namespace   string      `json:"namespace"`
	UID         string      `json:"uid"`
	Project     string      `json:"project"`
	Destination destination `json:"destination"`
}

// entry is an entry of a history.
type entry struct {
	ID         json.Number `json:"id"`
	DeployedAt time.Time   `json:"deployedAt"`
	number     int64
	doc        map[string]any
}

// newest is the newest entry of an application that earlier collections saw.
type newest struct {
	number int64
	at     time.Time
}

func collectDeployments(ctx context.Context, s *session, t *collect.Task) error {
	list, _, err := s.applications(ctx, t)
	if err != nil {
		return err
	}
	seen := map[string]newest{} // by uid: an application that was made anew counts from the start
	err = t.Earlier(func(earlier evidence.Subject) error {
		var doc struct {
			entry
			Application applicationBrief `json:"Application"`
		}
		if err := json.Unmarshal(earlier.Doc, &doc); err != nil {
			return fmt.Errorf("read the earlier %s: %w", earlier.ID, err)
		}
		n, err := doc.ID.Int64()
		if last, ok := seen[doc.Application.UID]; err == nil && (!ok || n > last.number) {
			seen[doc.Application.UID] = newest{n, doc.DeployedAt}
		}
		return err
	})
	if err != nil {
		return err
	}
	shape := evidence.ShapeOf[deploymentDoc]()
	for _, a := range list {
		if err := s.deployments(ctx, t, a, seen[a.uid], shape); err != nil {
			return err
		}
	}
	return nil
}

// deployments hands on the entries of one application.
func (s *session) deployments(ctx context.Context, t *collect.Task, a listed, last newest, shape *evidence.Shape) error {
	entries, err := a.history()
	if err != nil {
		return fmt.Errorf("read the history of %s: %w", a.id(), err)
	}
	t.Listed(len(entries))
	before := newest{number: -1, at: s.since} // the numbers begin with 0
	if !last.at.IsZero() {
		before = last
	}
	spec, _ := a.answer["spec"].(map[string]any)
	for _, e := range entries {
		if e.number > before.number+1 {
			t.Gap(before.at, e.DeployedAt, "deployments of "+a.id()+" that its history forgot")
		}
		if e.number > before.number {
			before = newest{e.number, e.DeployedAt}
		}
		if e.DeployedAt.Before(s.since) {
			t.Exclude("deployed before the window", 1)
			continue
		}
		e.doc["Application"] = map[string]any{"name": a.name, "namespace": a.namespace, "uid": a.uid, "project": a.project,
			"destination": spec["destination"]}
		id := a.id() + "/" + a.uid + "#" + e.ID.String()
		if err := emit(ctx, t, evidence.Subject{ID: id, Name: a.name + " #" + e.ID.String()}, collect.KeepObject(e.doc, shape)); err != nil {
			return err
		}
	}
	return nil
}

// history returns an application's entries by number.
func (a listed) history() ([]entry, error) {
	status, _ := a.answer["status"].(map[string]any)
	if status["history"] == nil {
		return nil, nil
	}
	items, ok := status["history"].([]any)
	if !ok {
		return nil, errors.New("it is no list")
	}
	list := make([]entry, len(items))
	for i, item := range items {
		raw, err := json.Marshal(item)
		if err == nil {
			err = json.Unmarshal(raw, &list[i])
		}
		if err == nil {
			list[i].number, err = list[i].ID.Int64()
		}
		if err != nil {
			return nil, err
		}
		if list[i].doc, ok = item.(map[string]any); !ok || list[i].DeployedAt.IsZero() {
			return nil, errors.New("an entry does not say when it was deployed")
		}
	}
	slices.SortFunc(list, func(x, y entry) int { return cmp.Compare(x.number, y.number) })
	return list, nil
}
