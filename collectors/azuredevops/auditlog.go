package azuredevops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const (
	opListStreams   = "azuredevops:audit.Client.QueryAllStreams"
	opQueryAuditLog = "azuredevops:audit.Client.QueryLog"
)

// auditLog is one subject for the organisation: the streams that carry its audit log to where it is kept longer. Where they
// go to, and the keys for it, is not kept. An organisation that keeps no audit log, because it is not connected to Microsoft
// Entra or has it switched off, has Streams absent and not missing.
func auditLog() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "azuredevops.audit-log",
			Title: "Azure DevOps audit log and its streams",
			Doc: with(evidence.ShapeOf[auditLogDoc](), map[string]*evidence.Shape{
				"Streams": listOf(evidence.ShapeOf[streamDoc]()),
			}),
		},
		Version: 1,
		Operations: []collect.Operation{
			{Name: opListStreams, Permissions: []string{readAuditLog},
				Method: "GET", Path: "/{organization}/_apis/audit/streams", Absent: []string{codeNoAudit}},
		},
		Collect: collect.Typed(func(ctx context.Context, s *session, t *collect.Task) error {
			t.Listed(1)
			d := &draft{Subject: evidence.Subject{ID: s.organization, Name: s.organization},
				doc: map[string]any{"organization": s.organization}}
			err := s.list(ctx, t, d, "Streams", ask{op: opListStreams, path: s.path("audit", "streams"), root: s.audit, preview: true,
				drop: []string{"consumerInputs", "displayName"}, means: auditMeans})
			if err != nil {
				return err
			}
			return d.emit(ctx, t)
		}),
	}
}

// auditLogDoc is what is known without asking.
type auditLogDoc struct {
	Organization string `json:"organization"`
}

// streamDoc is what is kept of a stream.
type streamDoc struct {
	ID           int64  `json:"id"`
	ConsumerType string `json:"consumerType"`
	Status       string `json:"status"`
	StatusReason string `json:"statusReason"`
	CreatedTime  string `json:"createdTime"`
	UpdatedTime  string `json:"updatedTime"`
}

// auditEvent is an entry of the organisation's audit log: who did what when, in which area. The addresses of people and
// machines are not kept, nor is what the entry says in words. Azure DevOps keeps it for ninety days. An organisation that
// keeps no audit log is told from one in which nothing happened: its snapshot says that it is not enabled.
func auditEvent() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "azuredevops.audit-event",
			Title:      "Azure DevOps audit log entry",
			Population: true,
			Doc:        evidence.ShapeOf[auditEventDoc](),
		},
		Version: 1,
		Events:  &collect.Events{Begin: windowBegin, Retention: 90 * 24 * time.Hour, Settling: time.Hour, When: "timestamp"},
		Operations: []collect.Operation{
			{Name: opQueryAuditLog, Permissions: []string{readAuditLog},
				Method: "GET", Path: "/{organization}/_apis/audit/auditlog"},
		},
		Collect: collect.Typed(collectAuditEvents),
	}
}

// auditEventDoc is what is kept of an entry.
type auditEventDoc struct {
	ID            string `json:"id"`
	Timestamp     string `json:"timestamp"`
	ActionID      string `json:"actionId"`
	Area          string `json:"area"`
	Category      string `json:"category"`
	ActorUserID   string `json:"actorUserId"`
	ActorClientID string `json:"actorClientId"`
	ActorName     string `json:"actorDisplayName"`
	Mechanism     string `json:"authenticationMechanism"`
	ProjectID     string `json:"projectId"`
	ProjectName   string `json:"projectName"`
	ScopeType     string `json:"scopeType"`
	ScopeID       string `json:"scopeId"`
	ScopeName     string `json:"scopeDisplayName"`
	CorrelationID string `json:"correlationId"`
	ActivityID    string `json:"activityId"`
}

// unkeptOfAuditEvents are addresses, words and the values that were changed, which may be anything.
func unkeptOfAuditEvents() []string {
	return []string{"ipAddress", "userAgent", "actorUPN", "actorCUID", "actorImageUrl", "details", "data", "categoryDisplayName"}
}

func collectAuditEvents(ctx context.Context, s *session, t *collect.Task) error {
	a := ask{op: opQueryAuditLog, path: s.path("audit", "auditlog"), root: s.audit, preview: true, means: auditMeans,
		query: url.Values{"startTime": {t.Since().UTC().Format(time.RFC3339)}, "endTime": {s.until.UTC().Format(time.RFC3339)},
			"batchSize": {"1000"}, "skipAggregation": {"true"}}}
	t.Params(opQueryAuditLog, map[string]string{"startTime": a.query.Get("startTime"), "endTime": a.query.Get("endTime")})
	page := url.Values{}
	seen := map[string]bool{}
	for {
		var answer auditPage
		err := t.Call(ctx, a.op, func(ctx context.Context) error {
			answer = auditPage{}
			_, err := a.get(ctx, s, page, &answer)
			switch {
			case err != nil:
			case answer.Entries == nil:
				err = errors.New("read the answer: it is no list")
			case answer.HasMore && (answer.Token == "" || seen[answer.Token]):
				err = errors.New("read the answer: it names no page as the next, or one that was read before")
			}
			return err
		})
		if err != nil {
			return err
		}
		t.Listed(len(answer.Entries))
		for _, raw := range answer.Entries {
			if err := emitAuditEvent(ctx, t, raw); err != nil {
				return err
			}
		}
		if !answer.HasMore {
			return nil
		}
		seen[answer.Token] = true
		page.Set("continuationToken", answer.Token)
	}
}

// auditPage is one page of the audit log.
type auditPage struct {
	Entries []json.RawMessage `json:"decoratedAuditLogEntries"`
	Token   string            `json:"continuationToken"`
	HasMore bool              `json:"hasMore"`
}

func emitAuditEvent(ctx context.Context, t *collect.Task, raw json.RawMessage) error {
	var e struct {
		ID       string `json:"id"`
		ActionID string `json:"actionId"`
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return fmt.Errorf("read an entry of the audit log: %w", err)
	}
	if e.ID == "" {
		return errors.New("read an entry of the audit log: it has no id")
	}
	doc, err := trim(raw, unkeptOfAuditEvents()...)
	if err != nil {
		return err
	}
	d := &draft{Subject: evidence.Subject{ID: e.ID, Name: e.ActionID}, doc: doc}
	return d.emit(ctx, t)
}

// auditMeans tells a refusal to an organisation that keeps no audit log from one to a caller who may not read it: by its
// words, because it has no code of its own.
func auditMeans(err error) error {
	var answer *refusal
	if !errors.As(err, &answer) || answer.status < 400 || answer.status >= 500 {
		return err
	}
	message := strings.ToLower(answer.message)
	if !strings.Contains(message, "audit") || strings.Contains(message, "permission") {
		return err
	}
	for _, words := range []string{"not enabled", "disabled", "not supported", "not available", "not backed by", "turned off"} {
		if strings.Contains(message, words) {
			return &noAudit{err}
		}
	}
	return err
}

// noAudit is a refusal to an organisation that keeps no audit log.
type noAudit struct{ err error }

func (n *noAudit) Error() string { return "the organisation keeps no audit log: " + n.err.Error() }

func (n *noAudit) Unwrap() error { return n.err }
