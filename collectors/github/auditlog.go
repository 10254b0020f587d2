package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"

	"github.com/google/go-github/v88/github"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// errNoAuditLog is why nothing is asked of an organisation whose plan has no audit log for the API.
var errNoAuditLog = errors.New("the organisation's plan has no audit log that can be asked for")

// auditCategories are the categories of actions that are collected: what changes protection, rights and settings.
func auditCategories() []string {
	return []string{"environment", "hook", "integration_installation", "org", "organization_role", "protected_branch", "repo",
		"repository_ruleset", "role", "team"}
}

// auditLog is an entry of the organisation's audit log: who changed a protection, a ruleset, a right or a setting, and when.
// Only GitHub Enterprise has it over the API. Addresses, places, programs and digests of tokens are left out.
func auditLog() collect.Collector {
	doc := evidence.ShapeOf[github.AuditEntry]()
	maps.DeleteFunc(doc.Fields, func(key string, _ *evidence.Shape) bool { return private(key) })
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "github.audit-log",
			Title:      "Entry of the organisation's audit log",
			Population: true,
			Doc:        with(doc, evidence.ShapeOf[auditFields]().Fields),
		},
		Version: 1,
		Events:  &collect.Events{Begin: sinceConfigured, Retention: 180 * day, Settling: time.Hour, When: "Time"},
		Operations: []collect.Operation{
			{
				Name: "orgs.getAuditLog", Permissions: []string{"Organization administration: read"},
				Method: "GET", Path: "/orgs/{org}/audit-log",
			},
		},
		Collect: collect.Typed(collectAuditLog),
	}
}

// auditFields are the members of entries that the SDK's type lacks or takes for another kind.
type auditFields struct {
	Timestamp             int64  `json:"@timestamp"` // milliseconds
	CreatedAt             int64  `json:"created_at"` // milliseconds
	OperationType         string `json:"operation_type"`
	Repo                  string `json:"repo"`
	RepoID                int64  `json:"repo_id"`
	Branch                string `json:"branch"`
	Before                string `json:"before"`
	After                 string `json:"after"`
	RulesetID             int64  `json:"ruleset_id"`
	RulesetName           string `json:"ruleset_name"`
	RulesetEnforcement    string `json:"ruleset_enforcement"`
	RulesetOldEnforcement string `json:"ruleset_old_enforcement"`
	// Time is @timestamp in RFC 3339.
	Time string
}

// private reports whether a member of an entry is personal or leads to a token.
func private(key string) bool {
	switch key {
	case "hashed_token", "user_agent", "external_identity_nameid", "external_identity_username", "actor_location":
		return true
	}
	return strings.HasSuffix(key, "_ip") || strings.Contains(key, "email")
}

func collectAuditLog(ctx context.Context, s *session, t *collect.Task) error {
	const op = "orgs.getAuditLog"
	since := t.Since().UTC().Format(time.RFC3339)
	t.Params(op, map[string]string{"include": "web", "action": strings.Join(auditCategories(), ", "), "created": ">=" + since})
	if s.lacksAudit {
		t.Relies("orgs.get")
		return t.Call(ctx, op, func(context.Context) error { return errNoAuditLog }) // it would be refused, whatever one may
	}
	return collect.Each(ctx, auditCategories(), func(ctx context.Context, category string) error {
		query := url.Values{"include": {"web"}, "order": {"asc"}, "phrase": {"action:" + category + " created:>=" + since}}
		return s.pages(ctx, t, op, s.org()+"/audit-log", query, func(items []json.RawMessage) (bool, error) {
			t.Listed(len(items))
			for _, raw := range items {
				if err := s.auditEntry(ctx, t, raw); err != nil {
					return false, err
				}
			}
			return true, nil
		})
	})
}

// auditEntry emits one entry.
func (s *session) auditEntry(ctx context.Context, t *collect.Task, raw json.RawMessage) error {
	doc, err := trim(raw)
	if err != nil {
		return err
	}
	maps.DeleteFunc(doc, func(key string, _ any) bool { return private(key) })
	if data, ok := doc["data"].(map[string]any); ok {
		maps.DeleteFunc(data, func(key string, _ any) bool { return private(key) })
	}
	id, _ := doc["_document_id"].(string)
	stamp, _ := doc["@timestamp"].(json.Number)
	ms, err := stamp.Int64()
	if id == "" || err != nil {
		return fmt.Errorf("read an entry of the audit log: it has no id or time: %w", err)
	}
	doc["Time"] = time.UnixMilli(ms).UTC().Format(time.RFC3339Nano)
	action, _ := doc["action"].(string)
	return emit(ctx, t, evidence.Subject{ID: s.organization + "/audit-log/" + id, Name: action}, doc)
}
