package simcloud

import (
	"slices"
	"strings"
)

// gitlabEvents lists what happened in a project between the times of the query, the newest first. The time of each
// stands in the member by; own are the members that only a thing's own answer has.
func gitlabEvents(kind, by, after, before string, own ...string) func(*restCall, item) response {
	return func(k *restCall, p item) response {
		return k.gitlabEvents(k.projectList(p, kind), by, after, before, own...)
	}
}

func (k *restCall) gitlabEvents(all items, by, after, before string, own ...string) response {
	var out []item
	for i := range all.Len() {
		if it := all.At(i); k.within(scalar(it.doc[by]), after, before) {
			out = append(out, it)
		}
	}
	slices.SortStableFunc(out, func(a, b item) int { return strings.Compare(scalar(b.doc[by]), scalar(a.doc[by])) })
	return gitlabPage(k, memItems{all: out}, func(d map[string]any) map[string]any {
		return without(native(d), own...)
	})
}

// gitlabGroupAudit lists the events of a group itself, not of those beneath it.
func gitlabGroupAudit(k *restCall, g item) response {
	all := k.w.list("gitlab", k.root(), "audit-events").Where(func(d map[string]any) bool {
		return scalar(d["entity_id"]) == scalar(g.doc["id"])
	})
	return k.gitlabEvents(all, "created_at", "created_after", "created_before")
}

func gitlabEnvironments(k *restCall, p item) response {
	states := k.query.Get("states")
	all := k.projectList(p, "environments").Where(func(d map[string]any) bool {
		return states == "" || d["state"] == states
	})
	return gitlabPage(k, all, native)
}

// gitlabProtected lists what protects a project's environments, which stands in them.
func gitlabProtected(k *restCall, p item) response {
	var out []any
	all := k.projectList(p, "environments")
	for i := range all.Len() {
		if v, ok := all.At(i).doc["Protection"]; ok {
			out = append(out, v)
		}
	}
	return gitlabPage(k, parts(out), native)
}

func gitlabGroupRunners(k *restCall, g item) response {
	return k.gitlabRunners("Group", scalar(g.doc["full_path"]))
}

func gitlabProjectRunners(k *restCall, p item) response {
	return k.gitlabRunners("Project", scalar(p.doc["id"]))
}

// gitlabRunners lists the runners whose member names the owner, and of those what a list says.
func (k *restCall) gitlabRunners(member, owner string) response {
	kind := k.query.Get("type")
	all := k.w.list("gitlab", k.root(), "runners").Where(func(d map[string]any) bool {
		return scalar(d[member]) == owner && (kind == "" || d["runner_type"] == kind)
	})
	return gitlabPage(k, all, func(d map[string]any) map[string]any {
		return without(native(d), "tag_list", "run_untagged", "locked", "access_level", "maximum_timeout", "contacted_at",
			"maintenance_note", "projects", "groups")
	})
}

func gitlabRunner(k *restCall) response {
	for _, group := range k.w.accounts["gitlab"] {
		if it, ok := k.w.list("gitlab", group, "runners").Find(k.vars["runner"]); ok {
			return gitlabJSON(k, jsonText(native(it.doc)))
		}
	}
	return gitlabError(k, 404, "404 Not found")
}
