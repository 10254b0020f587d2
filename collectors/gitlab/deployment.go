package gitlab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const (
	opListDeployments = "gitlab:Deployments.ListProjectDeployments"
	opGetDeployment   = "gitlab:Deployments.GetProjectDeployment"
)

// deploymentApproval is one answer to a request to let a deployment run.
type deploymentApproval struct {
	User      gitlab.BasicUser `json:"user"`
	Status    string           `json:"status"` // "approved" or "rejected"
	CreatedAt time.Time        `json:"created_at"`
}

// approvalSummary says which rules of the protected environment asked for approvals, and which they got.
type approvalSummary struct {
	Rules []summaryRule `json:"rules"`
}

type summaryRule struct {
	UserID             int64                `json:"user_id"`
	GroupID            int64                `json:"group_id"`
	AccessLevel        int64                `json:"access_level"`
	RequiredApprovals  int64                `json:"required_approvals"`
	Status             string               `json:"status"`
	DeploymentApproval []deploymentApproval `json:"deployment_approvals"`
}

// deployment is one deployment: who started it (user), which commit (sha) went to which environment, the job that did
// it (deployable), and Project. approvals, approval_summary and pending_approval_count are in the document where the
// plan offers approvals of deployments, and absent otherwise. The population is everything deployed within the
// source's window. What people wrote on approvals is not kept.
func deployment() collect.Collector {
	doc := trimmed(evidence.ShapeOf[gitlab.Deployment]())
	delete(doc.At("/deployable").Fields, "commit")
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "gitlab.deployment",
			Title:      "GitLab deployment",
			Population: true,
			Doc: with(doc, map[string]*evidence.Shape{
				"Project":                evidence.ShapeOf[projectBrief](),
				"approvals":              listOf(evidence.ShapeOf[deploymentApproval]()),
				"approval_summary":       evidence.ShapeOf[approvalSummary](),
				"pending_approval_count": {Kind: evidence.ShapeInt},
			}),
			Volatile: []string{"/updated_at"},
		},
		Version: 1,
		Events:  &collect.Events{Begin: windowBegin, Settling: settling, When: "created_at"},
		Operations: []collect.Operation{
			{Name: opListDeployments, Permissions: []string{asReporter}, Method: "GET", Path: "/projects/{project}/deployments"},
			listProjects(),
			{Name: opGetDeployment, Permissions: []string{asReporter},
				Method: "GET", Path: "/projects/{project}/deployments/{deployment}"},
		},
		Collect: collect.Typed(collectDeployments),
	}
}

// listedDeployment is what the list of a project says of a deployment.
type listedDeployment struct {
	ID          int64     `json:"id"`
	CreatedAt   time.Time `json:"created_at"`
	Environment struct {
		Name string `json:"name"`
	} `json:"environment"`
	raw json.RawMessage
}

// collectDeployments lists those that changed last first: one that changes while they are read is listed twice or
// comes with the next collection, and none is passed over.
func collectDeployments(ctx context.Context, s *session, t *collect.Task) error {
	since := t.Since().UTC().Format(time.RFC3339)
	t.Params(opListDeployments, map[string]string{"updated_after": since})
	query := url.Values{"updated_after": {since}, "order_by": {"updated_at"}, "sort": {"desc"}}
	return s.eachProject(ctx, t, func(ctx context.Context, p listed) error {
		return s.pages(ctx, t, ask{op: opListDeployments, path: p.path() + "/deployments", query: query},
			func(items []json.RawMessage) (bool, error) {
				t.Listed(len(items))
				var recent []listedDeployment
				for _, raw := range items {
					d := listedDeployment{raw: raw}
					if err := json.Unmarshal(raw, &d); err != nil {
						return false, fmt.Errorf("read the deployments of %s: %w", p.FullPath, err)
					}
					if d.ID == 0 {
						return false, errors.New("read the deployments of " + p.FullPath + ": one has no id")
					}
					if d.CreatedAt.Before(s.since) {
						t.Exclude("deployed before the window", 1)
						continue
					}
					recent = append(recent, d)
				}
				return true, collect.Each(ctx, recent, func(ctx context.Context, d listedDeployment) error {
					return s.deployment(ctx, t, p, d)
				})
			})
	})
}

// detailed are the keys that only a deployment's own answer has.
func detailed() []string { return []string{"approval_summary", "approvals", "pending_approval_count"} }

func (s *session) deployment(ctx context.Context, t *collect.Task, p listed, l listedDeployment) error {
	id := strconv.FormatInt(l.ID, 10)
	doc, err := trim(l.raw)
	if err != nil {
		return err
	}
	d := &draft{doc: doc}
	d.ID, d.Name = p.FullPath+"/deployments/"+id, p.FullPath+" to "+l.Environment.Name
	if p.paid {
		own, err := s.object(ctx, t, ask{op: opGetDeployment, path: p.path() + "/deployments/" + id})
		for _, key := range detailed() {
			if err := t.Miss(&d.Subject, key, err); err != nil {
				return err
			}
			if answer, ok := own[key]; ok {
				d.doc[key] = answer
			}
		}
	}
	wordless(d.doc)
	d.doc["Project"] = p.brief()
	return d.emit(ctx, t)
}

// wordless takes out what people wrote: comments on approvals, what users say of themselves, and the job's commit,
// whose id is the deployment's.
func wordless(doc map[string]any) {
	shortenUser(doc["user"])
	if job, ok := doc["deployable"].(map[string]any); ok {
		delete(job, "commit")
		shortenUser(job["user"])
	}
	uncomment(doc["approvals"])
	summary, _ := doc["approval_summary"].(map[string]any)
	rules, _ := summary["rules"].([]any)
	for _, r := range rules {
		if rule, ok := r.(map[string]any); ok {
			uncomment(rule["deployment_approvals"])
		}
	}
}

// shortenUser keeps of a user what tells accounts apart.
func shortenUser(of any) {
	user, _ := of.(map[string]any)
	maps.DeleteFunc(user, func(key string, _ any) bool {
		return key != "id" && key != "username" && key != "name" && key != "state" && key != "web_url"
	})
}

func uncomment(approvals any) {
	list, _ := approvals.([]any)
	for _, a := range list {
		if approval, ok := a.(map[string]any); ok {
			delete(approval, "comment")
		}
	}
}
