package simcloud

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// githubEventOps are the operations that tell what happened. They stand before those of a repository's rulesets, because
// "rule-suites" could be the id of one.
func githubEventOps() []restOp {
	const repo = "/repos/{org}/{repo}"
	return []restOp{
		{"repos.listActivities", "GET", repo + "/activity", githubList("activity", eventFilter("timestamp", "ref", "activity_type"))},
		{"repos.getRepoRuleSuites", "GET", repo + "/rulesets/rule-suites", githubList("rule-suites", suiteFilter)},
		{"repos.getRepoRuleSuite", "GET", repo + "/rulesets/rule-suites/{suite}", githubRuleSuite},
		{"orgs.getAuditLog", "GET", "/orgs/{org}/audit-log", githubAuditLog},
	}
}

// eventFilter keeps the events of the time_period whose members are what the query says, the newest first.
func eventFilter(at string, members ...string) func(*restCall, []item) []item {
	return func(k *restCall, all []item) []item {
		days := map[string]int{"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}[k.query.Get("time_period")]
		out := slices.DeleteFunc(all, func(it item) bool {
			for _, m := range members {
				if want := k.query.Get(m); want != "" && scalar(it.doc[m]) != want {
					return true
				}
			}
			return days > 0 && scalar(it.doc[at]) < k.w.now.AddDate(0, 0, -days).UTC().Format(time.RFC3339)
		})
		slices.SortStableFunc(out, func(a, b item) int { return strings.Compare(scalar(b.doc[at]), scalar(a.doc[at])) })
		return out
	}
}

// suiteFilter applies rule_suite_result; a day is meant where no time_period is given. The list does not tell what each
// rule said.
func suiteFilter(k *restCall, all []item) []item {
	if k.query.Get("time_period") == "" {
		k.query.Set("time_period", "day")
	}
	if result := k.query.Get("rule_suite_result"); result != "" && result != "all" {
		all = slices.DeleteFunc(all, func(it item) bool { return scalar(it.doc["result"]) != result })
	}
	out := eventFilter("pushed_at", "ref")(k, all)
	for i, it := range out {
		out[i].shape = newShape(without(it.doc, "rule_evaluations"))
	}
	return out
}

func githubRuleSuite(k *restCall) response {
	it, ok := k.repoList("rule-suites").Find(k.vars["suite"])
	if !ok {
		return githubError(k, http.StatusNotFound, "Not Found")
	}
	return githubJSON(k, jsonText(it.doc))
}

// githubAuditLog answers the entries that the phrase asks for: action:CATEGORY and created:>=TIME. The time of an entry is
// in milliseconds on the wire.
func githubAuditLog(k *restCall) response {
	if k.organization() == nil {
		return githubError(k, http.StatusNotFound, "Not Found")
	}
	var out []any
	all := k.w.list("github", k.vars["org"], "audit-log")
	for i := range all.Len() {
		doc := all.At(i).doc
		at, err := time.Parse(time.RFC3339, scalar(doc["Time"]))
		if err != nil {
			return githubError(k, http.StatusInternalServerError, "an entry of the estate says no time")
		}
		if !phrased(k.query.Get("phrase"), scalar(doc["action"]), at) {
			continue
		}
		ms := json.Number(jsonText(at.UnixMilli()))
		out = append(out, merge(native(doc), map[string]any{"@timestamp": ms, "created_at": ms}))
	}
	if k.query.Get("order") != "asc" {
		slices.Reverse(out)
	}
	return githubPage(k, parts(out), "", native)
}

// phrased reports whether a search phrase finds an entry.
func phrased(phrase, action string, at time.Time) bool {
	for _, word := range strings.Fields(phrase) {
		if category, ok := strings.CutPrefix(word, "action:"); ok && action != category && !strings.HasPrefix(action, category+".") {
			return false
		}
		if since, ok := strings.CutPrefix(word, "created:>="); ok && at.UTC().Format(time.RFC3339) < since {
			return false
		}
	}
	return true
}
