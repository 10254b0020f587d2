package simcloud

import (
	"slices"
)

func githubBranch(k *restCall) response {
	it, ok := k.repoList("branches").Find(k.vars["branch"])
	if !ok {
		return githubError(k, 404, "Branch not found")
	}
	return githubJSON(k, jsonText(native(it.doc)))
}

// githubProtection answers the classic setting.
func githubProtection(k *restCall) response {
	it, ok := k.repoList("branches").Find(k.vars["branch"])
	if !ok {
		return githubError(k, 404, "Branch not found")
	}
	p, ok := it.doc["Protection"].(map[string]any)
	if !ok {
		return githubError(k, 404, "Branch not protected")
	}
	return githubJSON(k, jsonText(p))
}

// rulesets returns the rulesets of the repository, then those of the organisation that may bind it.
func (k *restCall) rulesets() []item {
	var out []item
	for _, l := range []items{k.repoList("rulesets"), k.w.list("github", k.vars["org"], "rulesets")} {
		for i := range l.Len() {
			if it := l.At(i); k.vars["repo"] == "" || bindsRepository(it.doc, k.vars["repo"]) {
				out = append(out, it)
			}
		}
	}
	return out
}

func bindsRepository(ruleset map[string]any, repo string) bool {
	conditions, _ := ruleset["conditions"].(map[string]any)
	names, ok := conditions["repository_name"].(map[string]any)
	if !ok {
		return true // a ruleset of the repository itself
	}
	include, _ := names["include"].([]any)
	exclude, _ := names["exclude"].([]any)
	return (slices.Contains(include, any("~ALL")) || slices.Contains(include, any(repo))) &&
		!slices.Contains(exclude, any(repo))
}

// bindsBranch reports whether an active ruleset for branches names the branch.
func bindsBranch(ruleset map[string]any, branch string, isDefault bool) bool {
	if ruleset["enforcement"] != "active" || ruleset["target"] != "branch" {
		return false
	}
	conditions, _ := ruleset["conditions"].(map[string]any)
	refs, _ := conditions["ref_name"].(map[string]any)
	named := func(list any) bool {
		all, _ := list.([]any)
		return slices.ContainsFunc(all, func(v any) bool {
			return v == "~ALL" || v == "~DEFAULT_BRANCH" && isDefault || v == "refs/heads/"+branch
		})
	}
	return named(refs["include"]) && !named(refs["exclude"])
}

// githubRules answers the rules in force on a branch, from all rulesets.
func githubRules(k *restCall) response {
	repo, ok := k.repository()
	if !ok {
		return githubError(k, 404, "Not Found")
	}
	var rules []any
	for _, it := range k.rulesets() {
		if !bindsBranch(it.doc, k.vars["branch"], repo.doc["default_branch"] == k.vars["branch"]) {
			continue
		}
		list, _ := it.doc["rules"].([]any)
		for _, v := range list {
			rule := merge(v, map[string]any{"ruleset_id": it.doc["id"], "ruleset_source": it.doc["source"],
				"ruleset_source_type": it.doc["source_type"]})
			rules = append(rules, rule)
		}
	}
	return githubPage(k, parts(rules), "", native)
}

func githubRulesets(k *restCall) response {
	return githubPage(k, memItems{all: k.rulesets()}, "", func(d map[string]any) map[string]any {
		return without(native(d), "rules", "conditions", "bypass_actors")
	})
}

func githubRuleset(k *restCall) response {
	for _, it := range k.rulesets() {
		if it.key == k.vars["ruleset"] {
			return githubJSON(k, jsonText(native(it.doc)))
		}
	}
	return githubError(k, 404, "Not Found")
}

func githubEnvironments(k *restCall) response {
	return githubPage(k, k.repoList("environments"), "environments", native)
}

func githubEnvironment(k *restCall) response {
	it, ok := k.repoList("environments").Find(k.vars["environment"])
	if !ok {
		return githubError(k, 404, "Not Found")
	}
	return githubJSON(k, jsonText(native(it.doc)))
}
