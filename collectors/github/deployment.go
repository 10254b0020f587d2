package github

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-github/v88/github"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// approval is one answer to a request to let a workflow run deploy to protected environments.
type approval struct {
	State        string               `json:"state"` // "approved" or "rejected"
	User         github.User          `json:"user"`
	Environments []github.Environment `json:"environments"`
}

// deploymentDoc is the node of the GraphQL API under the names of the REST API. States are written in capitals: SUCCESS.
type deploymentDoc struct {
	ID                  int64     `json:"id"`
	SHA                 string    `json:"sha"`
	Ref                 string    `json:"ref"` // absent where the branch or the tag is gone
	Task                string    `json:"task"`
	State               string    `json:"state"`
	Environment         string    `json:"environment"`
	OriginalEnvironment string    `json:"original_environment"`
	CreatedAt           time.Time `json:"created_at"`
	UpdatedAt           time.Time `json:"updated_at"`
	Creator             actor     `json:"creator"`
	Statuses            []deploymentStatus
	Repository          branchRepository
}

type deploymentStatus struct {
	State          string    `json:"state"`
	CreatedAt      time.Time `json:"created_at"`
	Creator        actor     `json:"creator"`
	Environment    string    `json:"environment"`
	EnvironmentURL string    `json:"environment_url"`
	LogURL         string    `json:"log_url"`
}

// deployment is one deployment with all its states and, when a workflow run made it, the run and who approved it. The
// population is everything deployed within the source's window; one that had not come to an end is asked for again. The
// description and the payload are not asked for: they are free text.
func deployment() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "github.deployment",
			Title:      "Deployment",
			Population: true,
			Doc: with(evidence.ShapeOf[deploymentDoc](), map[string]*evidence.Shape{
				"Run": trimmed(evidence.ShapeOf[github.WorkflowRun](),
					"repository", "head_repository", "head_commit", "pull_requests"),
				"Approvals": listOf(trimmed(evidence.ShapeOf[approval]())),
			}),
			Volatile: []string{"/updated_at", "/Run/updated_at"},
		},
		Version: 2,
		Events:  &collect.Events{Begin: sinceConfigured, Settling: settling, When: "created_at"},
		Operations: []collect.Operation{
			listRepositories(), deploymentsQuery().operation(),
			{
				Name: "actions.getWorkflowRun", Permissions: []string{"Actions: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/actions/runs/{run}",
			},
			{
				Name: "actions.getReviewsForRun", Permissions: []string{"Actions: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/actions/runs/{run}/approvals",
			},
		},
		Collect: collect.Typed(collectDeployments),
	}
}

// deploymentsQuery lists the deployments of repositories with all their states.
func deploymentsQuery() query {
	return query{"graphql.deployments", `query deployments($ids: [ID!]!, $first: Int!, $after: String) {
  nodes(ids: $ids) {
    ... on Repository {
      id
      deployments(first: $first, after: $after, orderBy: {field: CREATED_AT, direction: DESC}) {
        pageInfo { hasNextPage endCursor }
        nodes {
          id: databaseId sha: commitOid ref { name } task state environment original_environment: originalEnvironment
          created_at: createdAt updated_at: updatedAt creator { ...actor }
          Statuses: statuses(first: 100) {
            totalCount
            nodes {
              state created_at: createdAt creator { ...actor } environment environment_url: environmentUrl log_url: logUrl
            }
          }
        }
      }
    }
  }
  ` + rateLimit + `
}` + actorFields, []string{"Deployments: read"}}
}

// deployed is a deployment on its way to a subject.
type deployed struct {
	subject evidence.Subject
	at      time.Time
	doc     map[string]any
	run     string // the path of the run that made it; empty is none
}

func collectDeployments(ctx context.Context, s *session, t *collect.Task) error {
	open, err := openDeployments(t)
	if err != nil {
		return err
	}
	q := deploymentsQuery()
	t.Params(q.name, map[string]string{"since": t.Since().UTC().Format(time.RFC3339)})
	return s.lists(ctx, t, list{query: q, path: []string{"deployments"}, size: paged}, func(ctx context.Context, p page) (bool, error) {
		t.Listed(len(p.nodes))
		floor, more := t.Since(), true
		for _, at := range open[p.repo.FullName] {
			if at.Before(floor) {
				floor = at
			}
		}
		var fresh []*deployed
		for i, node := range p.nodes {
			d, err := readDeployment(p, i, node)
			if err != nil {
				return false, err
			}
			_, waited := open[p.repo.FullName][d.subject.ID]
			if more = !d.at.Before(floor); !more {
				t.Exclude("listed by an earlier collection, or before the window", len(p.nodes)-i)
				break
			}
			if !waited && d.at.Before(t.Since()) {
				t.Exclude("had come to an end before", 1)
				continue
			}
			fresh = append(fresh, d)
		}
		return more, s.deployments(ctx, t, fresh)
	})
}

// openDeployments are the deployments of earlier collections that had not come to an end or are not whole, by repository and
// id, with when they were made.
func openDeployments(t *collect.Task) (map[string]map[string]time.Time, error) {
	open := map[string]map[string]time.Time{}
	err := t.Earlier(func(s evidence.Subject) error {
		doc, err := trim(s.Doc)
		if err != nil {
			return err
		}
		at, err := timeOf(doc, "created_at")
		if err != nil {
			return err
		}
		repository, _, _ := strings.Cut(s.ID, "/deployments/")
		if len(s.Missing) == 0 && ended(doc) {
			return nil
		}
		if open[repository] == nil {
			open[repository] = map[string]time.Time{}
		}
		open[repository][s.ID] = at
		return nil
	})
	return open, err
}

// ended reports whether a deployment was in a state that is an end.
func ended(doc map[string]any) bool {
	statuses, _ := doc["Statuses"].([]any)
	return slices.ContainsFunc(statuses, func(v any) bool {
		status, _ := v.(map[string]any)
		return slices.Contains([]any{"SUCCESS", "FAILURE", "ERROR", "INACTIVE"}, status["state"])
	})
}

// readDeployment takes one node of a page.
func readDeployment(p page, i int, node map[string]any) (*deployed, error) {
	id := number(node["id"])
	if id == "" {
		return nil, fmt.Errorf("read the deployments of %s: one has no id", p.repo.FullName)
	}
	environment, _ := node["environment"].(string)
	d := &deployed{doc: node, subject: evidence.Subject{
		ID: p.repo.FullName + "/deployments/" + id, Name: p.repo.FullName + " to " + environment}}
	var err error
	if d.at, err = timeOf(node, "created_at"); err != nil {
		return nil, fmt.Errorf("read %s: %w", d.subject.ID, err)
	}
	q := deploymentsQuery()
	lose(&d.subject, node, q, p.faults[i])
	statuses, err := plain(node, "Statuses", nil)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", d.subject.ID, err)
	}
	if !statuses.whole() {
		miss(&d.subject, node, "Statuses", cutShort(q))
	}
	if ref, ok := node["ref"].(map[string]any); ok {
		node["ref"] = ref["name"]
	} else {
		delete(node, "ref")
	}
	node["Repository"] = p.repo.brief()
	if why, lost := d.subject.Missing["Statuses"]; lost { // without the states nothing leads to the run
		miss(&d.subject, node, "Run", why)
		miss(&d.subject, node, "Approvals", why)
	} else if run := runOf(p.repo, statuses.nodes); run != "" {
		d.run = p.repo.path() + "/actions/runs/" + run
	}
	return d, nil
}

// deployments emits the deployments of a page. What a run that made several of them says is asked once.
func (s *session) deployments(ctx context.Context, t *collect.Task, list []*deployed) error {
	byRun := map[string][]*deployed{}
	for _, d := range list {
		byRun[d.run] = append(byRun[d.run], d)
	}
	return collect.Each(ctx, slices.Sorted(maps.Keys(byRun)), func(ctx context.Context, run string) error {
		made, parts := evidence.Subject{}, map[string]any{}
		if run != "" {
			if err := s.run(ctx, t, &made, parts, run); err != nil {
				return err
			}
		}
		for _, d := range byRun[run] {
			maps.Copy(d.doc, parts)
			for key, why := range made.Missing {
				miss(&d.subject, d.doc, key, why)
			}
			if err := emit(ctx, t, d.subject, d.doc); err != nil {
				return err
			}
		}
		return nil
	})
}

// run adds the workflow run at path and the answers to its requests to deploy.
func (s *session) run(ctx context.Context, t *collect.Task, subject *evidence.Subject, doc map[string]any, path string) error {
	var run map[string]any
	ok, err := t.Part(ctx, subject, "Run", "actions.getWorkflowRun", func(ctx context.Context) error {
		raw, err := s.object(ctx, path)
		if err == nil {
			run, err = trim(raw, "repository", "head_repository", "head_commit", "pull_requests")
		}
		return err
	})
	if err != nil {
		return err
	}
	if ok {
		doc["Run"] = run
	}
	approvals, err := s.all(ctx, t, "actions.getReviewsForRun", path+"/approvals", "comment")
	if err != nil {
		return t.Miss(subject, "Approvals", err)
	}
	doc["Approvals"] = approvals
	return nil
}

// runOf returns the id of the repository's workflow run that a state of the deployment leads to, or "". Whoever may write
// states chooses where they lead: a check that rests on the run compares its commit with the deployment's.
func runOf(r repo, statuses []map[string]any) string {
	for _, status := range statuses {
		text, _ := status["log_url"].(string)
		u, err := url.Parse(text)
		if err != nil {
			continue
		}
		prefix := "/" + r.FullName + "/actions/runs/"
		if len(u.Path) < len(prefix) || !strings.EqualFold(u.Path[:len(prefix)], prefix) {
			continue
		}
		id, _, _ := strings.Cut(u.Path[len(prefix):], "/")
		if _, err := strconv.ParseUint(id, 10, 63); err == nil {
			return id
		}
	}
	return ""
}
