package simcloud

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// gcpDeploy answers a list of Cloud Deploy's: of all locations, or of the pipeline that is asked about what was created by now.
func gcpDeploy(member, kind string) func(k *restCall) response {
	return func(k *restCall) response {
		if !k.known("gcp", k.vars["project"]) {
			return gcpDenied(k)
		}
		all := k.w.list("gcp", k.vars["project"], kind)
		if pipeline := k.vars["pipeline"]; pipeline != "" {
			place := "/locations/" + k.vars["location"] + "/deliveryPipelines/" + pipeline + "/"
			all = all.Where(func(d map[string]any) bool {
				at, err := time.Parse(time.RFC3339, scalar(d["createTime"]))
				return err == nil && !at.After(k.w.now) && strings.Contains(scalar(d["name"]), place)
			})
		}
		return gcpPage(k, all, map[string]any{}, member, "pageSize", 50, 1000)
	}
}

// gcpEntries answers what a project's log holds by now of the entries that a filter takes.
func gcpEntries(k *restCall) response {
	var q struct {
		ResourceNames []string `json:"resourceNames"`
		Filter        string   `json:"filter"`
		PageSize      int      `json:"pageSize"`
		PageToken     string   `json:"pageToken"`
	}
	if json.Unmarshal(k.body, &q) != nil || len(q.ResourceNames) != 1 {
		return gcpError(k, 400, "INVALID_ARGUMENT", "badRequest", "", "simcloud reads the log of one project at a time")
	}
	project, ok := strings.CutPrefix(q.ResourceNames[0], "projects/")
	if !ok || !k.known("gcp", project) {
		return gcpDenied(k)
	}
	takes, ok := gcpFilter(q.Filter)
	if !ok {
		return gcpError(k, 400, "INVALID_ARGUMENT", "badRequest", "", "Unparseable filter: "+q.Filter)
	}
	all := k.w.list("gcp", project, "log-entries").Where(func(d map[string]any) bool {
		at, err := time.Parse(time.RFC3339, scalar(d["timestamp"]))
		return err == nil && !at.After(k.w.now) && at.After(k.w.now.AddDate(0, 0, -400)) && takes(d)
	})
	k.query = url.Values{"pageToken": {q.PageToken}, "pageSize": {strconv.Itoa(q.PageSize)}}
	return gcpPage(k, all, map[string]any{}, "entries", "pageSize", 50, 1000)
}

// gcpFilter reads what simcloud knows of the language of filters: comparisons that are joined by AND, of a field with a
// text, with one of several in brackets, or of a time that is not before another. ok is false for anything else.
func gcpFilter(filter string) (takes func(d map[string]any) bool, ok bool) {
	var all []func(d map[string]any) bool
	for _, clause := range strings.Split(filter, " AND ") {
		if from, ok := strings.CutPrefix(clause, "timestamp>="); ok {
			since, err := time.Parse(time.RFC3339, strings.Trim(from, `"`))
			if err != nil {
				return nil, false
			}
			all = append(all, func(d map[string]any) bool {
				at, err := time.Parse(time.RFC3339, scalar(d["timestamp"]))
				return err == nil && !at.Before(since)
			})
			continue
		}
		path, value, ok := strings.Cut(clause, "=")
		if !ok || strings.ContainsAny(path, "<>:!( ") {
			return nil, false
		}
		var values []string
		for _, v := range strings.Split(strings.Trim(value, "()"), " OR ") {
			text, err := strconv.Unquote(v)
			if err != nil {
				return nil, false
			}
			values = append(values, text)
		}
		all = append(all, func(d map[string]any) bool {
			var at any = d
			for _, key := range strings.Split(path, ".") {
				in, _ := at.(map[string]any)
				at = in[key]
			}
			return slices.Contains(values, scalar(at))
		})
	}
	return func(d map[string]any) bool {
		return !slices.ContainsFunc(all, func(one func(map[string]any) bool) bool { return !one(d) })
	}, true
}
