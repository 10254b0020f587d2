package gcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// CallDoc is what is kept of an entry of the audit log: who called what on which resource, when, from where, and how it
// ended. Of the request stands what names the thing and says yes or no: the rest of it is what people wrote.
type CallDoc struct {
	InsertID         string    `json:"insertId"`
	LogName          string    `json:"logName"`
	Timestamp        time.Time `json:"timestamp"`
	ReceiveTimestamp time.Time `json:"receiveTimestamp"`
	Severity         string    `json:"severity,omitempty"`
	// Operation tells the entries of one long-running call: one when it starts and one when it ends.
	Operation *CallOperation `json:"operation,omitempty"`
	Payload   CallPayload    `json:"protoPayload"`
}

// CallOperation is the long-running operation of a call.
type CallOperation struct {
	ID       string `json:"id"`
	Producer string `json:"producer,omitempty"`
	First    bool   `json:"first,omitempty"`
	Last     bool   `json:"last,omitempty"`
}

// CallPayload is the audit record.
type CallPayload struct {
	ServiceName  string `json:"serviceName"`
	MethodName   string `json:"methodName"`
	ResourceName string `json:"resourceName"`
	Status       struct {
		Code int64 `json:"code"`
	} `json:"status"`
	AuthenticationInfo CallIdentity `json:"authenticationInfo"`
	RequestMetadata    struct {
		CallerIP        string `json:"callerIp,omitempty"`
		CallerUserAgent string `json:"callerSuppliedUserAgent,omitempty"`
	} `json:"requestMetadata"`
	// Request is not there where the log does not have it, as when a long-running call ends.
	Request *CallRequest `json:"request,omitempty"`
}

// CallIdentity is who called. Delegation are those who used a service account, the first of them first.
type CallIdentity struct {
	PrincipalEmail   string           `json:"principalEmail,omitempty"`
	PrincipalSubject string           `json:"principalSubject,omitempty"`
	Delegation       []CallDelegation `json:"serviceAccountDelegationInfo,omitempty"`
}

// CallDelegation is one who used a service account to call.
type CallDelegation struct {
	PrincipalSubject    string `json:"principalSubject,omitempty"`
	FirstPartyPrincipal struct {
		PrincipalEmail string `json:"principalEmail,omitempty"`
	} `json:"firstPartyPrincipal"`
}

// CallRequest is what was asked for. Google leaves out what is false.
type CallRequest struct {
	Name        string   `json:"name,omitempty"`
	Parent      string   `json:"parent,omitempty"`
	ReleaseID   string   `json:"releaseId,omitempty"`
	RolloutID   string   `json:"rolloutId,omitempty"`
	TargetID    string   `json:"targetId,omitempty"`
	PhaseID     string   `json:"phaseId,omitempty"`
	Approved    bool     `json:"approved,omitempty"`
	OverridesOf []string `json:"overrideDeployPolicy,omitempty"`
}

// clouddeployMethods are the calls that make a release or a rollout, approve it, or move it on or back.
var clouddeployMethods = [...]string{"AdvanceRollout", "ApproveRollout", "CancelRollout", "CreateRelease", "CreateRollout",
	"RollbackTarget"}

const (
	clouddeployService = "clouddeploy.googleapis.com"
	clouddeployMethod  = "google.cloud.deploy.v1.CloudDeploy."
)

// clouddeployCall is the population of calls by which releases and rollouts came about, those that failed among them. They
// stand in the Admin Activity log, which nobody can switch off and which Google keeps for 400 days.
func clouddeployCall() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "gcp.logging.clouddeploy-call",
			Title:      "Call to make, approve or move a rollout",
			Doc:        evidence.ShapeOf[CallDoc](),
			Population: true,
		},
		Version: 1,
		Events: &collect.Events{
			View: 400 * 24 * time.Hour, Retention: 400 * 24 * time.Hour, Settling: 15 * time.Minute, When: "timestamp",
		},
		Operations: []collect.Operation{{
			Name: "logging.entries.list", Permissions: []string{"logging.logEntries.list"},
			Method: "POST", Path: "/v2/entries:list",
		}},
		Collect: collect.Typed(collectClouddeployCalls),
	}
}

// entriesPage is one page of the log. A page may be empty and yet not the last.
type entriesPage struct {
	Entries []json.RawMessage `json:"entries"`
	Next    string            `json:"nextPageToken"`
}

// entriesQuestion is the body of a question to the log.
type entriesQuestion struct {
	ResourceNames []string `json:"resourceNames"`
	Filter        string   `json:"filter"`
	OrderBy       string   `json:"orderBy"`
	PageSize      int      `json:"pageSize"`
	PageToken     string   `json:"pageToken,omitempty"`
}

func collectClouddeployCalls(ctx context.Context, s *session, t *collect.Task) error {
	const op = "logging.entries.list"
	var methods []string
	for _, m := range clouddeployMethods {
		methods = append(methods, `"`+clouddeployMethod+m+`"`)
	}
	q := entriesQuestion{ResourceNames: []string{"projects/" + s.project}, OrderBy: "timestamp asc", PageSize: 1000,
		Filter: `logName="projects/` + s.project + `/logs/cloudaudit.googleapis.com%2Factivity"` +
			` AND protoPayload.serviceName="` + clouddeployService + `"` +
			` AND protoPayload.methodName=(` + strings.Join(methods, " OR ") + `)` +
			` AND timestamp>="` + t.Since().UTC().Format(time.RFC3339) + `"`}
	t.Params(op, map[string]string{"filter": q.Filter})
	for {
		body, err := json.Marshal(q)
		if err != nil {
			return fmt.Errorf("encode a question to the log of %s: %w", s.project, err)
		}
		var page entriesPage
		err = t.Call(ctx, op, func(ctx context.Context) error {
			page = entriesPage{}
			err := never(s.do(ctx, http.MethodPost, s.url("logging", "/v2/entries:list", nil), body, &page))
			if err == nil && page.Next != "" && page.Next == q.PageToken {
				err = errors.New("read the answer: a page names itself as the next")
			}
			return err
		})
		if err != nil {
			return err
		}
		t.Listed(len(page.Entries))
		for _, raw := range page.Entries {
			if err := s.clouddeployCall(ctx, t, raw); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		q.PageToken = page.Next
	}
}

// clouddeployCall emits an entry. Google holds two entries for the same that agree in log, time and insertId.
func (s *session) clouddeployCall(ctx context.Context, t *collect.Task, raw json.RawMessage) error {
	var doc CallDoc
	if err := json.Unmarshal(raw, &doc); err != nil {
		return fmt.Errorf("read an entry of the log of %s: %w", s.project, err)
	}
	p := doc.Payload
	if doc.InsertID == "" || doc.LogName == "" || doc.Timestamp.IsZero() || p.ServiceName != clouddeployService ||
		!strings.HasPrefix(p.MethodName, clouddeployMethod) {
		return errors.New("read an entry of the log of " + s.project + ": it is none that was asked for")
	}
	kept, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("encode entry %s: %w", doc.InsertID, err)
	}
	who := p.AuthenticationInfo.PrincipalEmail
	if who == "" {
		who = p.AuthenticationInfo.PrincipalSubject
	}
	return t.Emit(ctx, evidence.Subject{
		ID:   "//logging.googleapis.com/" + doc.LogName + "/" + doc.Timestamp.UTC().Format(time.RFC3339Nano) + "/" + doc.InsertID,
		Name: strings.TrimPrefix(p.MethodName, clouddeployMethod) + " by " + who, Doc: kept,
	})
}
