package gitlab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const (
	opListGroupAudit   = "gitlab:AuditEvents.ListGroupAuditEvents"
	opListProjectAudit = "gitlab:AuditEvents.ListProjectAuditEvents"
)

// auditEvent is what somebody changed in a group or a project, from GitLab's own record of it. Addresses of people
// and machines are not kept. Paid plans have it; without one the snapshot says that it is not enabled. To a token
// that does not own the group GitLab would show its own doings and say nothing of the others, so that it counts as
// denied.
func auditEvent() collect.Collector {
	doc := trimmed(evidence.ShapeOf[gitlab.AuditEvent]())
	for _, key := range []string{"from", "to", "change"} { // text as a rule, and now and then a switch or an object
		doc.At("/details").Fields[key] = &evidence.Shape{Kind: evidence.ShapeAny}
	}
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "gitlab.audit-event",
			Title:      "GitLab audit event",
			Population: true,
			Doc:        doc,
		},
		Version: 1,
		Events:  &collect.Events{Begin: windowBegin, Settling: settling, When: "created_at"},
		Operations: []collect.Operation{
			{Name: opListGroupAudit, Permissions: []string{asOwner}, Method: "GET", Path: "/groups/{group}/audit_events"},
			listGroups(),
			listProjects(),
			{Name: opListProjectAudit, Permissions: []string{asOwner}, Method: "GET", Path: "/projects/{project}/audit_events"},
		},
		Collect: collect.Typed(collectAuditEvents),
	}
}

// errOwnOnly is why nothing is asked for a token that would be shown a part and not told so.
var errOwnOnly = errors.New("who does not own the group is shown its own doings only")

func collectAuditEvents(ctx context.Context, s *session, t *collect.Task) error {
	projects, err := s.projects(ctx, t)
	if err != nil {
		return err
	}
	groups, err := s.groups(ctx, t)
	if err != nil {
		return err
	}
	if !s.owner {
		return t.Call(ctx, opListGroupAudit, func(context.Context) error { return errOwnOnly })
	}
	since := t.Since().UTC().Format(time.RFC3339)
	query := url.Values{"created_after": {since}, "pagination": {"keyset"}, "order_by": {"id"}, "sort": {"desc"}}
	list := func(ctx context.Context, op, path string) error {
		t.Params(op, map[string]string{"created_after": since})
		return s.pages(ctx, t, ask{op: op, path: path + "/audit_events", query: query, means: offered(projects.paid)},
			func(items []json.RawMessage) (bool, error) {
				t.Listed(len(items))
				for _, raw := range items {
					if err := s.auditEvent(ctx, t, raw); err != nil {
						return false, err
					}
				}
				return true, nil
			})
	}
	for _, path := range groups {
		if err := list(ctx, opListGroupAudit, groupPath(path)); err != nil {
			return err
		}
	}
	return s.eachProject(ctx, t, func(ctx context.Context, p listed) error {
		return list(ctx, opListProjectAudit, p.path())
	})
}

func (s *session) auditEvent(ctx context.Context, t *collect.Task, raw json.RawMessage) error {
	doc, err := trim(raw)
	if err != nil {
		return fmt.Errorf("read an audit event: %w", err)
	}
	id, ok := doc["id"].(json.Number)
	if !ok {
		return errors.New("read an audit event: it has no id")
	}
	details, _ := doc["details"].(map[string]any)
	if change, _ := details["change"].(string); strings.Contains(strings.ToLower(change), "email") {
		delete(details, "from") // the addresses themselves
		delete(details, "to")
	}
	d := &draft{Subject: evidence.Subject{ID: "audit_events/" + id.String()}, doc: doc}
	return d.emit(ctx, t)
}
