package simcloud

import (
	"net/http"
	"strings"
)

// githubAlertsOf answers the organisation's alerts of a kind. Each names its repository under Repo; what all alerts of the
// kind have in common is added.
func githubAlertsOf(member string, common func(k *restCall, repo string, number string) map[string]any) func(*restCall) response {
	return func(k *restCall) response {
		o := k.organization()
		if o == nil {
			return githubError(k, http.StatusNotFound, "Not Found")
		}
		state := k.query.Get("state")
		all := parts(o[member]).Where(func(d map[string]any) bool { return state == "" || d["state"] == state })
		return githubPage(k, all, "", func(d map[string]any) map[string]any {
			repo := scalar(d["Repo"])
			out := native(d)
			for name, v := range common(k, repo, scalar(d["number"])) {
				if own, ok := out[name]; ok {
					v = merge(v, own)
				}
				out[name] = v
			}
			if it, ok := k.w.list("github", k.vars["org"], "repositories").Find(repo); ok {
				out["repository"] = githubRepository(native(it.doc))
			}
			return out
		})
	}
}

func githubAlertLinks(k *restCall, repo, kind, number string) map[string]any {
	path := k.vars["org"] + "/" + repo
	return map[string]any{
		"url":      "https://api.github.com/repos/" + path + "/" + kind + "/alerts/" + number,
		"html_url": "https://github.com/" + path + "/security/" + kind + "/" + number,
	}
}

func dependabotAlert(k *restCall, repo, number string) map[string]any {
	out := githubAlertLinks(k, repo, "dependabot", number)
	for _, name := range []string{"dismissed_at", "dismissed_by", "dismissed_reason", "dismissed_comment", "fixed_at"} {
		out[name] = nil
	}
	out["security_advisory"] = map[string]any{
		"summary": "a weakness", "description": "a weakness", "vulnerabilities": []any{}, "cwes": []any{}, "identifiers": []any{},
		"references": []any{}, "published_at": "2026-05-01T08:00:00Z", "updated_at": "2026-05-01T08:00:00Z", "withdrawn_at": nil,
		"cvss": map[string]any{"vector_string": nil, "score": 0},
	}
	return out
}

// secretAlert has the secret that was found unless the caller asks to hide it.
func secretAlert(k *restCall, repo, number string) map[string]any {
	out := githubAlertLinks(k, repo, "secret-scanning", number)
	out["resolution"], out["resolved_at"], out["resolved_by"] = nil, nil, nil
	if k.query.Get("hide_secret") != "true" {
		out["secret"] = "simulated-secret"
	}
	return out
}

func codeAlert(k *restCall, repo, number string) map[string]any {
	out := githubAlertLinks(k, repo, "code-scanning", number)
	out["dismissed_by"], out["dismissed_at"], out["dismissed_reason"] = nil, nil, nil
	out["instances_url"] = scalar(out["url"]) + "/instances"
	out["most_recent_instance"] = map[string]any{"ref": "refs/heads/main", "state": "open"}
	return out
}

// githubRepository adds to a repository the links that every answer has.
func githubRepository(d map[string]any) map[string]any {
	base := scalar(d["url"])
	for _, name := range strings.Fields(`contributors deployments downloads events forks hooks languages merges stargazers
		subscribers subscription tags teams`) {
		d[name+"_url"] = base + "/" + name
	}
	for name, rest := range map[string]string{
		"archive": "/{archive_format}{/ref}", "assignees": "/assignees{/user}", "blobs": "/git/blobs{/sha}",
		"branches": "/branches{/branch}", "collaborators": "/collaborators{/collaborator}", "comments": "/comments{/number}",
		"commits": "/commits{/sha}", "compare": "/compare/{base}...{head}", "contents": "/contents/{+path}",
		"git_commits": "/git/commits{/sha}", "git_refs": "/git/refs{/sha}", "git_tags": "/git/tags{/sha}",
		"issue_comment": "/issues/comments{/number}", "issue_events": "/issues/events{/number}", "issues": "/issues{/number}",
		"keys": "/keys{/key_id}", "labels": "/labels{/name}", "milestones": "/milestones{/number}",
		"notifications": "/notifications{?since,all,participating}", "pulls": "/pulls{/number}", "releases": "/releases{/id}",
		"statuses": "/statuses/{sha}", "trees": "/git/trees{/sha}",
	} {
		d[name+"_url"] = base + rest
	}
	if owner, ok := d["owner"].(map[string]any); ok {
		d["owner"] = githubUser(owner)
	}
	return d
}
