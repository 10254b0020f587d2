package github

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/google/go-github/v88/github"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// alert is what all kinds of open alerts say.
type alert struct {
	Number    int              `json:"number"`
	State     string           `json:"state"`
	CreatedAt github.Timestamp `json:"created_at"`
	HTMLURL   string           `json:"html_url"`
}

// dependabotAlert is a known vulnerability of something that the repository depends on.
type dependabotAlert struct {
	alert
	Dependency       github.Dependency `json:"dependency"`
	SecurityAdvisory struct {
		GHSAID   string `json:"ghsa_id"`
		CVEID    string `json:"cve_id"`
		Severity string `json:"severity"`
	} `json:"security_advisory"`
}

// secretAlert is a secret that was found in the repository: its kind and never itself.
type secretAlert struct {
	alert
	SecretType             string `json:"secret_type"`
	Validity               string `json:"validity"`
	PubliclyLeaked         bool   `json:"publicly_leaked"`
	PushProtectionBypassed bool   `json:"push_protection_bypassed"`
}

// codeAlert is a weakness that a scan found in the code.
type codeAlert struct {
	alert
	Rule struct {
		ID                    string `json:"id"`
		Severity              string `json:"severity"`
		SecuritySeverityLevel string `json:"security_severity_level"`
	} `json:"rule"`
	Tool struct {
		Name string `json:"name"`
	} `json:"tool"`
}

// alertKind is a list of alerts of the whole organisation: one list in place of one for each repository.
type alertKind struct {
	key   string // in a repository's document
	op    string
	path  string
	query url.Values
	keep  []string            // besides what all alerts have
	inner map[string][]string // what is kept of an object
}

func alertKinds() []alertKind {
	open := url.Values{"state": {"open"}}
	return []alertKind{
		{
			key: "DependabotAlerts", op: "dependabot.listAlertsForOrg", path: "/dependabot/alerts", query: open,
			keep:  []string{"dependency"},
			inner: map[string][]string{"security_advisory": {"ghsa_id", "cve_id", "severity"}},
		},
		{
			key: "SecretAlerts", op: "secretScanning.listAlertsForOrg", path: "/secret-scanning/alerts",
			query: url.Values{"state": {"open"}, "hide_secret": {"true"}},
			keep:  []string{"secret_type", "validity", "publicly_leaked", "push_protection_bypassed"},
		},
		{
			key: "CodeAlerts", op: "codeScanning.listAlertsForOrg", path: "/code-scanning/alerts", query: open,
			inner: map[string][]string{"rule": {"id", "severity", "security_severity_level"}, "tool": {"name"}},
		},
	}
}

// alertLists are the calls for the open alerts.
func alertLists() []collect.Operation {
	return []collect.Operation{
		{
			Name: "dependabot.listAlertsForOrg", Permissions: []string{"Dependabot alerts: read"},
			Method: "GET", Path: "/orgs/{org}/dependabot/alerts",
		},
		{
			Name: "secretScanning.listAlertsForOrg", Permissions: []string{"Secret scanning alerts: read"},
			Method: "GET", Path: "/orgs/{org}/secret-scanning/alerts",
			Absent: []string{codeSecretScanningOff},
		},
		{
			Name: "codeScanning.listAlertsForOrg", Permissions: []string{"Code scanning alerts: read"},
			Method: "GET", Path: "/orgs/{org}/code-scanning/alerts",
			Absent: []string{codeScanningOff, codeNoAnalysis},
		},
	}
}

// openAlerts are the open alerts of the organisation by kind and repository, or why a kind could not be listed.
type openAlerts map[string]struct {
	of  map[string][]map[string]any
	err error
}

func (s *session) alerts(ctx context.Context, t *collect.Task) (openAlerts, error) {
	all := openAlerts{}
	for _, kind := range alertKinds() {
		list, err := s.allOf(ctx, t, kind.op, s.org()+kind.path, "", kind.query)
		if err != nil && ctx.Err() != nil {
			return nil, err
		}
		found := all[kind.key]
		found.err, found.of = err, map[string][]map[string]any{}
		for _, doc := range list {
			repository, _ := doc["repository"].(map[string]any)
			name := strings.ToLower(text(repository["full_name"]))
			if name == "" {
				return nil, fmt.Errorf("read the alerts of %s: one names no repository", s.organization)
			}
			found.of[name] = append(found.of[name], kind.reduce(doc))
		}
		all[kind.key] = found
	}
	return all, nil
}

// reduce keeps of an alert what says how grave and how old it is.
func (k alertKind) reduce(doc map[string]any) map[string]any {
	out := pick(doc, append([]string{"number", "state", "created_at", "html_url"}, k.keep...)...)
	for key, keep := range k.inner {
		if m, ok := doc[key].(map[string]any); ok {
			out[key] = pick(m, keep...)
		}
	}
	return out
}

// of adds the repository's open alerts. A kind that the organisation does not have is left out.
func (a openAlerts) of(_ context.Context, t *collect.Task, subject *evidence.Subject, doc map[string]any, r repo) error {
	for key, kind := range a {
		if err := add(t, subject, doc, key, func() (any, error) {
			list := kind.of[strings.ToLower(r.FullName)]
			if list == nil {
				list = []map[string]any{}
			}
			return list, kind.err
		}); err != nil {
			return err
		}
	}
	return nil
}
