package argocd

import (
	"context"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const (
	opGetSettings  = "argocd:SettingsService.Get"
	opListAccounts = "argocd:AccountService.ListAccounts"
)

// settings is how people come to the server: the single sign-on that is configured, without its secrets, and
//
//   - Accounts, its own accounts, whether they may sign in, and when their tokens were made and end;
//   - Can, what the token that asks may do, by right ("applications, sync, */*": "no").
//
// The API tells neither policy.csv nor policy.default. Whatever the default role grants to everybody the token that asks
// may do as well: what it may not do, the default role does not grant.
func settings() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "argocd.settings",
			Title: "Argo CD settings",
			Doc:   evidence.ShapeOf[settingsDoc](),
		},
		Version: 1,
		Operations: []collect.Operation{
			{Name: opGetSettings, Permissions: []string{"any signed-in account"}, Method: "GET", Path: "/api/v1/settings"},
			{Name: opListAccounts, Permissions: []string{mayGetAccounts}, Method: "GET", Path: "/api/v1/account"},
			canI(mayGetAccounts),
		},
		Collect: collect.Typed(collectSettings),
	}
}

// settingsDoc is what is kept of the settings.
type settingsDoc struct {
	URL        string `json:"url"`
	OIDCConfig *struct {
		Name                     string   `json:"name"`
		Issuer                   string   `json:"issuer"`
		Scopes                   []string `json:"scopes"`
		EnablePKCEAuthentication bool     `json:"enablePKCEAuthentication"`
	} `json:"oidcConfig"`
	DexConfig *struct {
		Connectors []struct {
			Name string `json:"name"`
			Type string `json:"type"`
		} `json:"connectors"`
	} `json:"dexConfig"`
	UserLoginsDisabled        bool              `json:"userLoginsDisabled"`
	ExecEnabled               bool              `json:"execEnabled"`
	AppsInAnyNamespaceEnabled bool              `json:"appsInAnyNamespaceEnabled"`
	ImpersonationEnabled      bool              `json:"impersonationEnabled"`
	StatusBadgeEnabled        bool              `json:"statusBadgeEnabled"`
	TrackingMethod            string            `json:"trackingMethod"`
	ControllerNamespace       string            `json:"controllerNamespace"`
	Accounts                  []accountDoc      `json:"Accounts"`
	Can                       map[string]string `json:"Can"`
}

// accountDoc is one of the server's own accounts.
type accountDoc struct {
	Name         string   `json:"name"`
	Enabled      bool     `json:"enabled"`
	Capabilities []string `json:"capabilities"`
	Tokens       []struct {
		ID        string `json:"id"`
		IssuedAt  int64  `json:"issuedAt"`
		ExpiresAt int64  `json:"expiresAt"`
	} `json:"tokens"`
}

// rights are what nobody may do who should only look.
func rights() []string {
	return []string{"applications, sync, */*", "applications, create, */*", "applications, update, */*",
		"applications, delete, */*", "applications, override, */*", "exec, create, */*", "projects, update, *",
		"repositories, update, *", "clusters, update, *", "accounts, update, *"}
}

func collectSettings(ctx context.Context, s *session, t *collect.Task) error {
	var answer map[string]any
	err := t.Call(ctx, opGetSettings, func(ctx context.Context) error {
		return s.get(ctx, "/api/v1/settings", nil, &answer)
	})
	if err != nil {
		return err
	}
	t.Listed(1)
	shape := evidence.ShapeOf[settingsDoc]()
	subject := evidence.Subject{ID: "settings", Name: t.Scope().Account}
	doc := collect.KeepObject(answer, shape)
	delete(doc, "Accounts")
	delete(doc, "Can")
	err = s.all(ctx, t, mayGetAccounts) // those that it may not see are left out of the list
	if err == nil {
		var items []map[string]any
		if items, err = s.list(ctx, t, opListAccounts, "/api/v1/account"); err == nil {
			list := make([]any, len(items))
			for i, item := range items {
				list[i] = collect.Keep(item, shape.Fields["Accounts"].Elem)
			}
			doc["Accounts"] = list
		}
	}
	if err := t.Miss(&subject, "Accounts", err); err != nil {
		return err
	}
	can := map[string]string{}
	for _, right := range rights() {
		if can[right], err = s.may(ctx, t, right, nil); err != nil {
			break
		}
	}
	if err == nil {
		doc["Can"] = can
	}
	if err := t.Miss(&subject, "Can", err); err != nil {
		return err
	}
	return emit(ctx, t, subject, doc)
}
