package github

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/google/go-github/v88/github"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// vulnerabilityAlerts says whether alerts about known vulnerabilities of dependencies are on. The API answers by status
// code alone.
type vulnerabilityAlerts struct {
	Enabled bool `json:"enabled"`
}

// repository is a repository with its security settings, who was let into it by name, what its workflows may do, and its
// open alerts, and whether it names owners of its code and where to report a weakness. Archived repositories run nothing: of them only who has access is asked. Where the organisation forbids
// workflows' tokens to write, no repository can allow it and none is asked.
func repository() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "github.repository",
			Title: "GitHub repository",
			Doc: with(trimmed(evidence.ShapeOf[github.Repository]()), map[string]*evidence.Shape{
				"forks":               {Kind: evidence.ShapeInt}, // sent, but not in the SDK's type
				"VulnerabilityAlerts": evidence.ShapeOf[vulnerabilityAlerts](),
				"Collaborators":       listOf(evidence.ShapeOf[collaborator]()),
				"DeployKeys":          listOf(evidence.ShapeOf[deployKey]()),
				"ActionsPermissions":  trimmed(evidence.ShapeOf[github.ActionsPermissionsRepository]()),
				"WorkflowPermissions": evidence.ShapeOf[github.DefaultWorkflowPermissionRepository](),
				"ActionsSecrets":      listOf(evidence.ShapeOf[actionsSecret]()),
				"CodeScanning":        evidence.ShapeOf[github.DefaultSetupConfiguration](),
				"LastAnalysis":        evidence.ShapeOf[analysis](),
				"DependabotAlerts":    listOf(evidence.ShapeOf[dependabotAlert]()),
				"SecretAlerts":        listOf(evidence.ShapeOf[secretAlert]()),
				"CodeAlerts":          listOf(evidence.ShapeOf[codeAlert]()),
				"Codeowners":          evidence.ShapeOf[codeowners](),
				codeownersFileKey:     evidence.ShapeOf[codeownersFile](),
				"SecurityPolicy":      {Kind: evidence.ShapeBool},
			}),
			Volatile: []string{
				"/pushed_at", "/updated_at", "/size", "/forks", "/forks_count", "/network_count", "/open_issues",
				"/open_issues_count", "/stargazers_count", "/subscribers_count", "/watchers", "/watchers_count",
				"/permissions", // the caller's own rights
				"/DeployKeys/*/last_used", "/LastAnalysis", "/DependabotAlerts", "/SecretAlerts", "/CodeAlerts",
			},
		},
		Version: 3,
		Operations: append([]collect.Operation{
			listRepositories(),
			{
				Name: "repos.get", Permissions: []string{"Administration: read", "Metadata: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}",
			},
			{
				Name: "repos.checkVulnerabilityAlerts", Permissions: []string{"Administration: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/vulnerability-alerts",
				Absent: []string{codeAlertsOff},
			},
			{
				Name: "repos.listCollaborators", Permissions: []string{"Metadata: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/collaborators",
			},
			{
				Name: "repos.listKeys", Permissions: []string{"Administration: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/keys",
			},
			getOrgWorkflowPermissions(),
			policiesQuery().operation(),
		}, append(repositoryActions(), alertLists()...)...),
		Collect: collect.Typed(collectRepositories),
	}
}

func collectRepositories(ctx context.Context, s *session, t *collect.Task) error {
	repos, skipped, err := s.repositories(ctx, t)
	if err != nil {
		return err
	}
	t.Listed(len(repos) + skipped)
	if skipped > 0 {
		t.Exclude(notAsked, skipped)
	}
	alerts, err := s.alerts(ctx, t)
	if err != nil {
		return err
	}
	policies, err := s.policies(ctx, t, repos)
	if err != nil {
		return err
	}
	return collect.Each(ctx, repos, func(ctx context.Context, r repo) error {
		subject := evidence.Subject{ID: r.FullName, Name: r.Name}
		doc, err := s.repository(ctx, t, &subject, r)
		if err != nil {
			return err
		}
		for _, part := range []func(context.Context, *collect.Task, *evidence.Subject, map[string]any, repo) error{
			s.vulnerabilityAlerts, s.access, s.actions, s.codeScanning, alerts.of, policies.add,
		} {
			if err := part(ctx, t, &subject, doc, r); err != nil {
				return err
			}
		}
		return emit(ctx, t, subject, doc)
	})
}

// vulnerabilityAlerts adds whether alerts about dependencies are on.
func (s *session) vulnerabilityAlerts(ctx context.Context, t *collect.Task, subject *evidence.Subject, doc map[string]any, r repo) error {
	return add(t, subject, doc, "VulnerabilityAlerts", func() (any, error) {
		err := t.Call(ctx, "repos.checkVulnerabilityAlerts", func(ctx context.Context) error {
			_, err := s.get(ctx, r.path()+"/vulnerability-alerts", nil)
			return err
		})
		if collect.IsAbsent(err) {
			return vulnerabilityAlerts{Enabled: false}, nil
		}
		return vulnerabilityAlerts{Enabled: true}, err
	})
}

// repository returns the repository's own answer, which says more than the list. Without it the document holds what the
// list said, and all else is missing.
func (s *session) repository(ctx context.Context, t *collect.Task, subject *evidence.Subject, r repo) (map[string]any, error) {
	const op = "repos.get"
	var doc map[string]any
	err := t.Call(ctx, op, func(ctx context.Context) error {
		raw, err := s.object(ctx, r.path())
		if err == nil {
			doc, err = trim(raw)
		}
		return err
	})
	if err == nil {
		if _, ok := doc["security_and_analysis"]; !ok {
			hide(subject, "security_and_analysis", op, "Administration: read")
		}
		return doc, nil
	}
	listed, encodeErr := json.Marshal(r)
	if encodeErr != nil {
		return nil, fmt.Errorf("encode %s: %w", r.FullName, encodeErr)
	}
	if doc, encodeErr = trim(listed); encodeErr != nil {
		return nil, encodeErr
	}
	for _, key := range s.answered {
		if _, ok := doc[key]; !ok {
			if err := t.Miss(subject, key, err); err != nil {
				return nil, err
			}
		}
	}
	return doc, nil
}

// answeredKeys are the keys of a repository's own answer.
func answeredKeys() []string {
	fields := repository().Schema.Doc.Fields
	maps.DeleteFunc(fields, func(key string, _ *evidence.Shape) bool { return 'A' <= key[0] && key[0] <= 'Z' })
	return slices.Sorted(maps.Keys(fields))
}

// notAsked is why a repository is left out of a list.
const notAsked = "repository matches no pattern of the source"

// hide records that GitHub answered without a key because of who asks.
func hide(s *evidence.Subject, key, op, permission string) {
	if s.Missing == nil {
		s.Missing = map[string]evidence.Missing{}
	}
	s.Missing[key] = evidence.Missing{Operation: op, Outcome: evidence.OutcomeDenied, Permission: permission, Code: "Hidden"}
}

// emit encodes the document and hands the subject on.
func emit(ctx context.Context, t *collect.Task, s evidence.Subject, doc map[string]any) error {
	raw, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("encode %s: %w", s.ID, err)
	}
	s.Doc = raw
	return t.Emit(ctx, s)
}
