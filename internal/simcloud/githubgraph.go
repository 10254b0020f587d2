package simcloud

import (
	"bytes"
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// githubGraph finds the operation of a request to the GraphQL API, "graphql.NAME" by the name that the query gives itself.
func (c *Cloud) githubGraph(r *request) call {
	k := &restCall{request: r, c: c, query: r.URL.Query()}
	if !authorized(r, Token("github")) {
		return call{answer: func() response { return githubError(k, http.StatusUnauthorized, "Bad credentials") }}
	}
	var asked struct {
		Query     string
		Variables map[string]any
	}
	d := json.NewDecoder(bytes.NewReader(r.body))
	d.UseNumber()
	if r.Method != http.MethodPost || d.Decode(&asked) != nil {
		return call{answer: func() response { return githubError(k, http.StatusBadRequest, "Problems parsing JSON") }}
	}
	query, err := parser.ParseQuery(&ast.Source{Input: asked.Query})
	if err != nil || len(query.Operations) != 1 || query.Operations[0].Operation != ast.Query {
		return call{answer: func() response { return k.graphFault("", nil, "a query and nothing else is answered here") }}
	}
	op := query.Operations[0]
	g := &graphQuery{query: query, variables: asked.Variables, pageSize: c.options.PageSize}
	return call{op: "graphql." + op.Name,
		answer: func() response { return k.graph(g, op.SelectionSet) },
		fail:   k.graphFail,
	}
}

// graph answers a query. Things that are not there are null, and an error says so of each.
func (k *restCall) graph(g *graphQuery, set ast.SelectionSet) response {
	data, faults := map[string]any{}, []any{}
	for _, s := range set {
		f, ok := s.(*ast.Field)
		if !ok {
			continue
		}
		switch f.Name {
		case "rateLimit":
			data[f.Alias] = g.value(f, map[string]any{"cost": 1, "remaining": 4999, "limit": 5000,
				"resetAt": k.w.now.UTC().Format("2006-01-02T15:04:05Z")})
		case "nodes":
			ids := words(g.argument(f, "ids"))
			found := make([]any, len(ids))
			for i, id := range ids {
				if doc := k.graphNode(id); doc != nil {
					found[i] = g.object(f.SelectionSet, doc)
					continue
				}
				faults = append(faults, graphError("NOT_FOUND", []any{f.Alias, i}, "Could not resolve to a node with the global id of '"+id+"'"))
			}
			data[f.Alias] = found
		default:
			data[f.Alias] = nil
		}
	}
	answer := map[string]any{"data": data}
	if len(faults) > 0 {
		answer["errors"] = faults
	}
	return k.graphJSON(answer)
}

func (k *restCall) graphJSON(answer map[string]any) response {
	r := githubJSON(k, jsonText(answer))
	r.header = append(r.header, "X-RateLimit-Resource", "graphql") // the last of two wins
	return r
}

func graphError(kind string, path []any, message string) map[string]any {
	e := map[string]any{"message": message}
	if kind != "" {
		e["type"] = kind
	}
	if path != nil {
		e["path"] = path
	}
	return e
}

func (k *restCall) graphFault(kind string, path []any, message string) response {
	return k.graphJSON(map[string]any{"data": nil, "errors": []any{graphError(kind, path, message)}})
}

// graphFail is how the GraphQL API says what went wrong: most of it in an answer that says 200.
func (k *restCall) graphFail(kind FaultKind) response {
	switch kind {
	case Denied, Disabled:
		return k.graphFault("FORBIDDEN", []any{"nodes", 0}, "Resource not accessible by personal access token")
	case Throttled:
		r := k.graphFault("RATE_LIMITED", nil, "API rate limit exceeded for user ID 4100001.")
		r.header = append(r.header, "X-RateLimit-Remaining", "0")
		return r
	}
	return githubFail(k, kind)
}

// graphNode finds a repository or a pull request by the id that GraphQL knows it by.
func (k *restCall) graphNode(id string) map[string]any {
	for _, org := range k.w.accounts["github"] {
		repos := k.w.list("github", org, "repositories")
		for i := range repos.Len() {
			repo := repos.At(i).doc
			name := scalar(repo["name"])
			if repo["node_id"] == id {
				return k.graphRepository(org, name, repo)
			}
			pulls := k.w.list("github", org, name, "pulls")
			for j := range pulls.Len() {
				if pull := pulls.At(j).doc; pull["id"] == id {
					return pull
				}
			}
		}
	}
	return nil
}

// graphRepository shows a repository as GraphQL does. One without commits has no branch.
func (k *restCall) graphRepository(org, name string, repo map[string]any) map[string]any {
	commits := documents(k.w.list("github", org, name, "commits"))
	doc := map[string]any{
		"__typename": "Repository", "id": repo["node_id"], "databaseId": repo["id"], "nameWithOwner": repo["full_name"], "url": repo["html_url"],
		"isArchived": repo["archived"] == true, "isFork": repo["fork"] == true, "visibility": strings.ToUpper(scalar(repo["visibility"])),
		"isEmpty": len(commits) == 0, "defaultBranchRef": nil,
		"pullRequests": documents(k.w.list("github", org, name, "pulls")),
		"deployments":  graphDeployments(k.w.list("github", org, name, "deployments")),
		"releases":     documents(k.w.list("github", org, name, "releases")),
	}
	files := filesAt{"HEAD:.github/workflows": graphWorkflows(repo)}
	doc["object"] = files
	doc["codeowners"], doc["isSecurityPolicyEnabled"] = repo["Codeowners"], repo["SecurityPolicy"] == true
	if file, ok := repo["CodeownersFile"].(map[string]any); ok {
		files["HEAD:"+scalar(file["path"])] = graphBlob(scalar(file["text"]))
	}
	if len(commits) > 0 {
		// The branch stands where the last commit of the file is.
		head := commits[len(commits)-1].(map[string]any)
		doc["defaultBranchRef"] = map[string]any{"name": repo["default_branch"], "target": map[string]any{
			"__typename": "Commit", "oid": head["oid"], "history": commits}}
	}
	return doc
}

// graphWorkflows shows the folder with a repository's workflow files, whose names and texts stand in its document. Expressions
// are written $[[ ]] there, because doubled braces are an estate's own.
func graphWorkflows(repo map[string]any) any {
	files, ok := repo["Workflows"].(map[string]any)
	if !ok {
		return nil
	}
	var entries []any
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text := strings.NewReplacer("$[[", "${{", "]]", "}}").Replace(scalar(files[name]))
		entries = append(entries, map[string]any{
			"name": name, "path": ".github/workflows/" + name,
			"object": graphBlob(text),
		})
	}
	return map[string]any{"__typename": "Tree", "entries": entries}
}

func graphBlob(text string) map[string]any {
	return map[string]any{"__typename": "Blob", "oid": fmt.Sprintf("%x", sha1.Sum([]byte(text))), "byteSize": len(text),
		"isBinary": false, "isTruncated": false, "text": text}
}

// graphDeployments shows deployments, which stand in the files as the REST API shows them.
func graphDeployments(all items) []any {
	out := make([]any, all.Len())
	for i := range out {
		d := all.At(i).doc
		statuses := []any{}
		list, _ := d["Statuses"].([]any)
		for _, v := range list {
			s := v.(map[string]any)
			statuses = append(statuses, map[string]any{"__typename": "DeploymentStatus", "state": strings.ToUpper(scalar(s["state"])),
				"createdAt": s["created_at"], "creator": graphActor(s["creator"]), "environment": s["environment"],
				"environmentUrl": s["environment_url"], "logUrl": s["log_url"]})
		}
		out[i] = map[string]any{"__typename": "Deployment", "id": d["node_id"], "databaseId": d["id"], "commitOid": d["sha"],
			"ref": map[string]any{"__typename": "Ref", "name": d["ref"]}, "task": d["task"], "state": "ACTIVE",
			"environment": d["environment"], "originalEnvironment": d["original_environment"], "createdAt": d["created_at"],
			"updatedAt": d["updated_at"], "creator": graphActor(d["creator"]), "statuses": statuses}
	}
	return out
}

// graphActor shows somebody as GraphQL does.
func graphActor(v any) any {
	u, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	return map[string]any{"__typename": u["type"], "login": strings.TrimSuffix(scalar(u["login"]), "[bot]"), "databaseId": u["id"]}
}

func documents(all items) []any {
	out := make([]any, all.Len())
	for i := range out {
		out[i] = all.At(i).document()
	}
	return out
}
