package simcloud

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func (c *Cloud) routeGitHub(r *request) call {
	if r.URL.Path == "/graphql" || r.URL.Path == "/api/graphql" {
		return c.githubGraph(r)
	}
	// Enterprise Server keeps its API under a folder.
	r.URL.Path, r.URL.RawPath = strings.TrimPrefix(r.URL.Path, "/api/v3"), strings.TrimPrefix(r.URL.RawPath, "/api/v3")
	return c.github.route(c, r)
}

func githubAPI() restAPI {
	const repo = "/repos/{org}/{repo}"
	ops := []restOp{
		{"users.getAuthenticated", "GET", "/user", func(k *restCall) response {
			return githubJSON(k, jsonText(map[string]any{"login": "larkspur-exhibit", "id": 4100001, "type": "User",
				"site_admin": false}))
		}},
		{"orgs.get", "GET", "/orgs/{org}", githubOrg},
		{"repos.listForOrg", "GET", "/orgs/{org}/repos", githubRepos},
		{"orgs.getRulesets", "GET", "/orgs/{org}/rulesets", githubRulesets},
		{"orgs.getRuleset", "GET", "/orgs/{org}/rulesets/{ruleset}", githubRuleset},
		{"repos.get", "GET", repo, githubRepo},
		{"repos.checkVulnerabilityAlerts", "GET", repo + "/vulnerability-alerts", githubAlerts},
		{"repos.listBranches", "GET", repo + "/branches", githubList("branches", nil)},
		{"repos.getBranch", "GET", repo + "/branches/{branch}", githubBranch},
		{"repos.getBranchProtection", "GET", repo + "/branches/{branch}/protection", githubProtection},
		{"repos.getBranchRules", "GET", repo + "/rules/branches/{branch}", githubRules},
		{"repos.getRepoRulesets", "GET", repo + "/rulesets", githubRulesets},
		{"repos.getRepoRuleset", "GET", repo + "/rulesets/{ruleset}", githubRuleset},
		{"repos.listDeployments", "GET", repo + "/deployments", githubList("deployments", deploymentFilter)},
		{"repos.listDeploymentStatuses", "GET", repo + "/deployments/{deployment}/statuses",
			githubPart("deployments", "deployment", "Statuses")},
		{"repos.getAllEnvironments", "GET", repo + "/environments", githubEnvironments},
		{"repos.getEnvironment", "GET", repo + "/environments/{environment}", githubEnvironment},
	}
	ops = slices.Concat(githubEventOps(), githubRunOps(), ops, githubOrgOps(), githubRepoOps(), githubReleaseOps())
	return restAPI{provider: "github", account: "org", fail: githubFail, ops: ops,
		unknown: func(k *restCall) response { return githubError(k, 404, "Not Found") },
		refuse:  func(k *restCall) response { return githubError(k, 401, "Bad credentials") },
	}
}

// githubJSON answers with the headers that every answer of the API has.
func githubJSON(k *restCall, body []byte) response { return githubAnswer(k, http.StatusOK, body) }

func githubAnswer(k *restCall, status int, body []byte) response {
	r := k.json(status, body)
	r.header = append(r.header, "X-GitHub-Request-Id", k.c.requestID(), "X-GitHub-Media-Type", "github.v3; format=json",
		"X-RateLimit-Limit", "5000", "X-RateLimit-Remaining", "4999", "X-RateLimit-Used", "1",
		"X-RateLimit-Resource", "core", "X-RateLimit-Reset", strconv.FormatInt(k.w.now.Unix(), 10))
	return r
}

func githubError(k *restCall, status int, message string) response {
	return githubAnswer(k, status, jsonText(map[string]any{"message": message, "status": strconv.Itoa(status),
		"documentation_url": "https://docs.github.com/rest"}))
}

func githubFail(k *restCall, kind FaultKind) response {
	switch kind {
	case Throttled:
		r := githubError(k, 403, "API rate limit exceeded for user ID 4100001.")
		r.header = append(r.header, "X-RateLimit-Remaining", "0") // the last of two wins
		return r
	case Unavailable:
		return githubError(k, 503, "Service unavailable")
	case Expired:
		return githubError(k, 401, "Bad credentials")
	case Disabled:
		return githubError(k, 403, "Upgrade to GitHub Pro or make this repository public to enable this feature.")
	}
	return githubError(k, 403, "Resource not accessible by personal access token")
}

// githubPage answers one page of an array with its Link header.
func githubPage(k *restCall, all items, wrap string, fields func(map[string]any) map[string]any) response {
	size := k.number("per_page")
	if size <= 0 {
		size = 30
	}
	size = min(size, 100)
	if k.c.options.PageSize > 0 {
		size = min(size, k.c.options.PageSize)
	}
	page := max(k.number("page"), 1)
	from := min((page-1)*size, all.Len())
	w := window{From: from, To: min(from+size, all.Len())}
	var b []byte
	if wrap != "" {
		b = fmt.Appendf(b, `{"total_count":%d,"%s":`, all.Len(), wrap)
	}
	b = k.array(b, all, w, fields)
	if wrap != "" {
		b = append(b, '}')
	}
	r := githubJSON(k, b)
	last := max((all.Len()+size-1)/size, 1)
	var links []string
	link := func(rel string, n int) {
		q := k.URL.Query()
		q.Set("page", strconv.Itoa(n))
		links = append(links, fmt.Sprintf(`<%s%s?%s>; rel="%s"`, k.base(), k.URL.EscapedPath(), q.Encode(), rel))
	}
	if page > 1 {
		link("prev", page-1)
		link("first", 1)
	}
	if page < last {
		link("next", page+1)
		link("last", last)
	}
	if links != nil {
		r.header = append(r.header, "Link", strings.Join(links, ", "))
	}
	return r
}

func githubOrg(k *restCall) response {
	o := k.w.object("github", k.vars["org"], "organization")
	if o == nil {
		return githubError(k, 404, "Not Found")
	}
	return githubJSON(k, jsonText(native(o)))
}

// githubRepos lists the repositories; some members only a repository's own answer has.
func githubRepos(k *restCall) response {
	if k.w.object("github", k.vars["org"], "organization") == nil {
		return githubError(k, 404, "Not Found")
	}
	return githubPage(k, k.w.list("github", k.vars["org"], "repositories"), "", func(d map[string]any) map[string]any {
		return without(githubRepository(native(d)), "security_and_analysis", "network_count", "subscribers_count", "organization")
	})
}

// repository finds the repository of a call.
func (k *restCall) repository() (item, bool) {
	return k.w.list("github", k.vars["org"], "repositories").Find(k.vars["repo"])
}

func githubRepo(k *restCall) response {
	it, ok := k.repository()
	if !ok {
		return githubError(k, 404, "Not Found")
	}
	return githubJSON(k, jsonText(githubRepository(native(it.doc))))
}

func githubAlerts(k *restCall) response {
	it, ok := k.repository()
	switch {
	case !ok:
		return githubError(k, 404, "Not Found")
	case it.doc["VulnerabilityAlerts"] != true:
		return githubError(k, 404, "Vulnerability alerts are disabled.")
	}
	return githubAnswer(k, http.StatusNoContent, nil)
}

// repoList returns a list of a repository.
func (k *restCall) repoList(kind string) items {
	return k.w.list("github", k.vars["org"], k.vars["repo"], kind)
}

// githubList answers a list of a repository. choose filters and orders it by the query, which then is part of the
// renderings' name no more than the page is: it changes which items are shown, not how.
func githubList(kind string, choose func(*restCall, []item) []item) func(*restCall) response {
	return func(k *restCall) response {
		if _, ok := k.repository(); !ok {
			return githubError(k, 404, "Not Found")
		}
		all := k.repoList(kind)
		if choose != nil {
			list := make([]item, all.Len())
			for i := range list {
				list[i] = all.At(i)
			}
			all = memItems{all: choose(k, list)}
		}
		return githubPage(k, all, "", native)
	}
}

// deploymentFilter applies environment and sha; the newest come first.
func deploymentFilter(k *restCall, all []item) []item {
	out := slices.DeleteFunc(all, func(it item) bool {
		env, sha := k.query.Get("environment"), k.query.Get("sha")
		return env != "" && it.doc["environment"] != env || sha != "" && it.doc["sha"] != sha
	})
	slices.SortStableFunc(out, func(a, b item) int {
		return strings.Compare(scalar(b.doc["created_at"]), scalar(a.doc["created_at"]))
	})
	return out
}

// githubPart answers a list inside one item of a repository's list.
func githubPart(kind, name, member string) func(*restCall) response {
	return func(k *restCall) response {
		it, ok := k.repoList(kind).Find(k.vars[name])
		if !ok {
			return githubError(k, 404, "Not Found")
		}
		return githubPage(k, parts(it.doc[member]), "", func(d map[string]any) map[string]any { return d })
	}
}

// parts makes items of an array inside a document.
func parts(v any) items {
	list, _ := v.([]any)
	out := memItems{all: make([]item, len(list))}
	for i, e := range list {
		out.all[i] = item{"", -1, newShape(e.(map[string]any))}
	}
	return out
}
