package github

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/google/go-github/v88/github"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// hookTarget is where a hook sends to, without what an address may carry to identify the sender.
type hookTarget struct {
	Scheme string `json:"scheme"`
	Host   string `json:"host"`
}

// hook is a webhook of the organisation or of a repository. Its secret is known to be set or not, and its address is kept
// as a digest, because many an address is a password; Target says where it leads.
func hook() collect.Collector {
	doc := trimmed(evidence.ShapeOf[github.Hook]())
	doc.Fields["config"].Fields["url"] = &evidence.Shape{Kind: evidence.ShapeString}
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "github.hook",
			Title: "Webhook",
			Doc: with(doc, map[string]*evidence.Shape{
				"Target":     evidence.ShapeOf[hookTarget](),
				"Repository": evidence.ShapeOf[branchRepository](),
			}),
			Secret:   []string{"/config/secret", "/config/url"},
			Volatile: []string{"/updated_at", "/last_response"},
		},
		Version: 1,
		Operations: []collect.Operation{
			{
				Name: "orgs.listWebhooks", Permissions: []string{"Organization webhooks: read"},
				Method: "GET", Path: "/orgs/{org}/hooks",
			},
			listRepositories(),
			{
				Name: "repos.listWebhooks", Permissions: []string{"Webhooks: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/hooks",
			},
		},
		Collect: collect.Typed(collectHooks),
	}
}

func collectHooks(ctx context.Context, s *session, t *collect.Task) error {
	if err := s.hooks(ctx, t, "orgs.listWebhooks", s.org(), s.organization, nil); err != nil {
		return err
	}
	return s.eachRepository(ctx, t, func(ctx context.Context, r repo) error {
		return s.hooks(ctx, t, "repos.listWebhooks", r.path(), r.FullName, r.brief())
	})
}

// hooks emits the hooks of the organisation or the repository at path.
func (s *session) hooks(ctx context.Context, t *collect.Task, op, path, owner string, repository any) error {
	return s.pages(ctx, t, op, path+"/hooks", nil, func(items []json.RawMessage) (bool, error) {
		t.Listed(len(items))
		for _, raw := range items {
			doc, err := hookOf(raw)
			if err != nil {
				return false, fmt.Errorf("read the hooks of %s: %w", owner, err)
			}
			subject := evidence.Subject{ID: owner + "/hooks/" + number(doc["id"]), Name: owner + " hook"}
			if target, ok := doc["Target"].(hookTarget); ok {
				subject.Name = owner + " to " + target.Host
			}
			if repository != nil {
				doc["Repository"] = repository
			}
			if err := emit(ctx, t, subject, doc); err != nil {
				return false, err
			}
		}
		return true, nil
	})
}

// configKeys are the members of a hook's config that are kept. Hooks of old hold a service's password or token beside them.
func configKeys() []string { return []string{"content_type", "insecure_ssl", "secret", "url"} }

// hookOf is a hook's document. An address that cannot be read has no target.
func hookOf(raw json.RawMessage) (map[string]any, error) {
	doc, err := trim(raw)
	if err != nil {
		return nil, err
	}
	var own struct {
		Config struct {
			URL string `json:"url"`
		} `json:"config"`
	}
	if err := json.Unmarshal(raw, &own); err != nil {
		return nil, err
	}
	config, ok := doc["config"].(map[string]any)
	maps.DeleteFunc(config, func(key string, _ any) bool { return !slices.Contains(configKeys(), key) })
	if !ok || own.Config.URL == "" {
		return doc, nil
	}
	config["url"] = own.Config.URL // trim takes it for a link
	if u, err := url.Parse(own.Config.URL); err == nil && u.Host != "" {
		doc["Target"] = hookTarget{Scheme: u.Scheme, Host: u.Host}
	}
	return doc, nil
}
