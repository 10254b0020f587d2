package simcloud

import (
	"fmt"
	"net/http"
)

// githubOrgOps are the operations about the organisation as a whole. What they answer stands in the organisation's file
// under members that begin with a capital letter.
func githubOrgOps() []restOp {
	const org = "/orgs/{org}"
	return []restOp{
		{"orgs.listMembers", "GET", org + "/members", githubMembers},
		{"orgs.listOutsideCollaborators", "GET", org + "/outside_collaborators", githubOutside},
		{"orgs.listInstallations", "GET", org + "/installations", githubOrgList("Installations", "installations", githubInstallation)},
		{"orgs.listWebhooks", "GET", org + "/hooks", githubOrgList("Hooks", "", native)},
		{"actions.getOrgPermissions", "GET", org + "/actions/permissions", githubOrgPart("ActionsPermissions")},
		{"actions.getAllowedActionsForOrg", "GET", org + "/actions/permissions/selected-actions", githubOrgPart("SelectedActions")},
		{"actions.getOrgWorkflowPermissions", "GET", org + "/actions/permissions/workflow", githubOrgPart("WorkflowPermissions")},
		{"actions.getOrgRunnerSettings", "GET", org + "/actions/permissions/self-hosted-runners", githubOrgPart("RunnerSettings")},
		{"actions.listOrgSecrets", "GET", org + "/actions/secrets", githubOrgList("Secrets", "secrets", native)},
		{"oidc.getOrgSubject", "GET", org + "/actions/oidc/customization/sub", githubOrgPart("OIDCSubject")},
		{"teams.list", "GET", org + "/teams", githubTeams},
		{"teams.listMembers", "GET", org + "/teams/{team}/members", githubTeamList("Members", githubUser)},
		{"teams.listRepos", "GET", org + "/teams/{team}/repos", githubTeamRepos},
		{"dependabot.listAlertsForOrg", "GET", org + "/dependabot/alerts", githubAlertsOf("DependabotAlerts", dependabotAlert)},
		{"secretScanning.listAlertsForOrg", "GET", org + "/secret-scanning/alerts", githubAlertsOf("SecretAlerts", secretAlert)},
		{"codeScanning.listAlertsForOrg", "GET", org + "/code-scanning/alerts", githubAlertsOf("CodeAlerts", codeAlert)},
		{"actions.listRunnersForOrg", "GET", org + "/actions/runners", githubOrgList("Runners", "runners", native)},
		{"actions.listRunnerGroupsForOrg", "GET", org + "/actions/runner-groups", githubOrgList("RunnerGroups", "runner_groups", native)},
	}
}

// organization finds the organisation of a call.
func (k *restCall) organization() map[string]any {
	return k.w.object("github", k.vars["org"], "organization")
}

// githubOrgPart answers an object that stands in the organisation's file; without it there is no such setting.
func githubOrgPart(member string) func(*restCall) response {
	return func(k *restCall) response {
		part, ok := k.organization()[member].(map[string]any)
		if !ok {
			return githubError(k, http.StatusNotFound, "Not Found")
		}
		return githubJSON(k, jsonText(part))
	}
}

// githubOrgList answers a list that stands in the organisation's file.
func githubOrgList(member, wrap string, fields func(map[string]any) map[string]any) func(*restCall) response {
	return func(k *restCall) response {
		o := k.organization()
		if o == nil {
			return githubError(k, http.StatusNotFound, "Not Found")
		}
		return githubPage(k, parts(o[member]), wrap, fields)
	}
}

// githubInstallation is an app that is installed, and where.
func githubInstallation(d map[string]any) map[string]any {
	out := native(d)
	if account, ok := out["account"].(map[string]any); ok {
		out["account"] = githubUser(account)
	}
	return out
}

// githubMembers answers who belongs to the organisation, by role or by what they lack.
func githubMembers(k *restCall) response { return githubPeople(k, "Members") }

// githubOutside answers who works in repositories of the organisation and does not belong to it.
func githubOutside(k *restCall) response { return githubPeople(k, "OutsideCollaborators") }

func githubPeople(k *restCall, member string) response {
	o := k.organization()
	if o == nil {
		return githubError(k, http.StatusNotFound, "Not Found")
	}
	role := k.query.Get("role")
	some := parts(o[member]).Where(func(d map[string]any) bool {
		return (role == "" || role == "all" || d["Role"] == role) &&
			(k.query.Get("filter") != "2fa_disabled" || d["TwoFactor"] == false)
	})
	return githubPage(k, some, "", githubUser)
}

// githubUser makes of a login and an id what the API says of a person wherever it names one.
func githubUser(d map[string]any) map[string]any {
	u := native(d)
	login := scalar(u["login"])
	base := "https://api.github.com/users/" + login
	for name, v := range map[string]any{
		"node_id": "U_" + scalar(u["id"]), "avatar_url": "https://avatars.githubusercontent.com/u/" + scalar(u["id"]),
		"gravatar_id": "", "url": base, "html_url": "https://github.com/" + login, "type": "User", "site_admin": false,
		"following_url": base + "/following{/other_user}", "gists_url": base + "/gists{/gist_id}",
		"starred_url": base + "/starred{/owner}{/repo}", "organizations_url": base + "/orgs",
		"events_url": base + "/events{/privacy}",
	} {
		if _, ok := u[name]; !ok {
			u[name] = v
		}
	}
	for _, list := range []string{"followers", "subscriptions", "repos", "received_events"} {
		u[list+"_url"] = fmt.Sprintf("%s/%s", base, list)
	}
	return u
}

// githubTeam adds to a team the links that every answer has.
func githubTeam(k *restCall, d map[string]any) map[string]any {
	out := native(d)
	path := "/orgs/" + k.vars["org"] + "/teams/" + scalar(d["slug"])
	for name, v := range map[string]any{
		"node_id": "T_" + scalar(d["id"]), "url": "https://api.github.com" + path, "html_url": "https://github.com" + path,
		"members_url": "https://api.github.com" + path + "/members{/member}", "description": nil, "parent": nil,
		"repositories_url": "https://api.github.com" + path + "/repos", "type": "organization",
	} {
		if _, ok := out[name]; !ok {
			out[name] = v
		}
	}
	return out
}

func githubTeams(k *restCall) response {
	return githubPage(k, k.w.list("github", k.vars["org"], "teams"), "",
		func(d map[string]any) map[string]any { return githubTeam(k, d) })
}

// githubTeamList answers a list that stands in a team's document.
func githubTeamList(member string, fields func(map[string]any) map[string]any) func(*restCall) response {
	return func(k *restCall) response {
		it, ok := k.w.list("github", k.vars["org"], "teams").Find(k.vars["team"])
		if !ok {
			return githubError(k, http.StatusNotFound, "Not Found")
		}
		return githubPage(k, parts(it.doc[member]), "", fields)
	}
}

// githubTeamRepos answers the repositories that a team reaches: its document has their names and its role in each.
func githubTeamRepos(k *restCall) response {
	return githubTeamList("Repositories", func(d map[string]any) map[string]any {
		it, ok := k.w.list("github", k.vars["org"], "repositories").Find(scalar(d["name"]))
		if !ok {
			return d
		}
		out := githubRepository(native(it.doc))
		out["role_name"], out["permissions"] = d["role_name"], githubRights(scalar(d["role_name"]))
		return out
	})(k)
}

// githubRights are the rights that a role has.
func githubRights(role string) map[string]any {
	out := map[string]any{}
	held := true
	for _, step := range [][2]string{{"admin", "admin"}, {"maintain", "maintain"}, {"write", "push"}, {"triage", "triage"}, {"read", "pull"}} {
		out[step[1]] = false
		if step[0] == role {
			held = false
		}
		out[step[1]] = !held
	}
	return out
}
