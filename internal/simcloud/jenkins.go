package simcloud

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// routeJenkins writes the folders of a path, each a segment pair of its own, as one segment, and what is asked for into the
// path, so that operations can be told by it.
func (c *Cloud) routeJenkins(r *request) call {
	var folders []string
	rest := strings.Split(r.URL.EscapedPath(), "/")[1:]
	for len(rest) > 1 && rest[0] == "job" {
		name, err := url.PathUnescape(rest[1])
		if err != nil {
			break
		}
		folders, rest = append(folders, name), rest[2:]
	}
	path := "/" + strings.Join(rest, "/")
	tree, _, _ := strings.Cut(r.URL.Query().Get("tree"), "[")
	if len(folders) > 0 {
		path = "/job/" + url.PathEscape(strings.Join(folders, "/")) + path
	}
	if tree == "jobs" || tree == "allBuilds" || tree == "actions" {
		path += "/" + tree
	}
	r.URL.RawPath = path
	r.URL.Path, _ = url.PathUnescape(path) // it was escaped here
	return c.jenkins.route(c, r)
}

func jenkinsAPI() restAPI {
	const run = "/job/{job}/{number}"
	ops := []restOp{
		{"jenkins:whoAmI", "GET", "/whoAmI/api/json", func(k *restCall) response {
			return jenkinsJSON(k, map[string]any{"_class": "hudson.security.WhoAmI", "anonymous": false, "name": "exhibit"})
		}},
		{"jenkins:controller", "GET", "/api/json", func(k *restCall) response {
			return jenkinsJSON(k, without(native(k.jenkins()), "Export"))
		}},
		{"jenkins:pluginManager", "GET", "/pluginManager/api/json", jenkinsPart("Plugins", "plugins")},
		{"jenkins:computer", "GET", "/computer/api/json", jenkinsPart("Computers", "computer")},
		{"jenkins:configuration-as-code.export", "POST", "/configuration-as-code/export", func(k *restCall) response {
			return jenkinsAnswer(k, http.StatusOK, "application/x-yaml; charset=utf-8", []byte(scalar(k.jenkins()["Export"])))
		}},
		{"jenkins:jobs", "GET", "/api/json/jobs", jenkinsJobs},
		{"jenkins:folder.jobs", "GET", "/job/{job}/api/json/jobs", jenkinsJobs},
		{"jenkins:job.config.xml", "GET", "/job/{job}/config.xml", jenkinsConfig},
		{"jenkins:job.allBuilds", "GET", "/job/{job}/api/json/allBuilds", jenkinsBuilds},
		{"jenkins:run.causes", "GET", run + "/api/json/actions", jenkinsRun(func(k *restCall, d map[string]any) response {
			return jenkinsJSON(k, only(d, "actions"))
		})},
		{"jenkins:run.wfapi.describe", "GET", run + "/wfapi/describe", jenkinsRun(func(k *restCall, d map[string]any) response {
			return jenkinsJSON(k, map[string]any{"id": k.vars["number"], "status": "SUCCESS", "stages": d["Stages"]})
		})},
		{"jenkins:node.wfapi.describe", "GET", run + "/execution/node/{node}/wfapi/describe", jenkinsRun(jenkinsStage)},
	}
	return restAPI{provider: "jenkins", fail: jenkinsFail, ops: ops,
		unknown: func(k *restCall) response { return jenkinsPage(k, http.StatusNotFound) },
		refuse:  func(k *restCall) response { return jenkinsPage(k, http.StatusUnauthorized) },
	}
}

// controllerName is the one controller of the estate, "" when it has none.
func (k *restCall) controllerName() string {
	for _, name := range k.w.accounts["jenkins"] {
		return name
	}
	return ""
}

func (k *restCall) jenkins() map[string]any {
	return k.w.object("jenkins", k.controllerName(), "controller")
}

func jenkinsAnswer(k *restCall, status int, contentType string, body []byte) response {
	r := k.json(status, body)
	r.header = append(r.header, "X-Jenkins", "2.516.3", "Content-Type", contentType) // the last of two wins
	return r
}

func jenkinsJSON(k *restCall, v map[string]any) response {
	return jenkinsAnswer(k, http.StatusOK, "application/json;charset=utf-8", jsonText(v))
}

// jenkinsPage says an error as Jenkins does.
func jenkinsPage(k *restCall, status int) response {
	return jenkinsAnswer(k, status, "text/html;charset=utf-8",
		fmt.Appendf(nil, "<html><head><title>Error %d %s</title></head></html>\n", status, http.StatusText(status)))
}

func jenkinsFail(k *restCall, kind FaultKind) response {
	switch kind {
	case Throttled:
		return jenkinsPage(k, http.StatusTooManyRequests)
	case Unavailable:
		return jenkinsPage(k, http.StatusServiceUnavailable)
	case Expired:
		return jenkinsPage(k, http.StatusUnauthorized)
	}
	return jenkinsPage(k, http.StatusForbidden)
}

func jenkinsPart(member, list string) func(*restCall) response {
	return func(k *restCall) response {
		return jenkinsJSON(k, map[string]any{list: k.jenkins()[member]})
	}
}

// jenkinsJobs lists what is at the top, or in a folder.
func jenkinsJobs(k *restCall) response {
	prefix := ""
	if k.vars["job"] != "" {
		prefix = k.vars["job"] + "/"
	}
	within := func(prefix string, show func(map[string]any) map[string]any) []any {
		list := []any{}
		all := k.w.list("jenkins", k.controllerName(), "jobs")
		for i := range all.Len() {
			d := all.At(i).doc
			if name, ok := strings.CutPrefix(scalar(d["fullName"]), prefix); ok && !strings.Contains(name, "/") {
				list = append(list, show(d))
			}
		}
		return list
	}
	return jenkinsJSON(k, map[string]any{"jobs": within(prefix, func(d map[string]any) map[string]any {
		out, full := native(d), scalar(d["fullName"])
		if d["Folder"] == true {
			out["jobs"] = within(full+"/", func(d map[string]any) map[string]any { return only(d, "name") })
			return out
		}
		last := 0
		for _, b := range k.builds(full) {
			last = max(last, b.number)
		}
		out["nextBuildNumber"] = last + 1
		if out["lastBuild"] = nil; last > 0 {
			out["lastBuild"] = map[string]any{"number": last}
		}
		return out
	})})
}

func jenkinsConfig(k *restCall) response {
	it, ok := k.w.list("jenkins", k.controllerName(), "jobs").Find(k.vars["job"])
	if !ok {
		return jenkinsPage(k, http.StatusNotFound)
	}
	return jenkinsAnswer(k, http.StatusOK, "application/xml", []byte(scalar(it.doc["Config"])))
}

// jenkinsBuild is a build of the estate, where its time stands as a time.
type jenkinsBuild struct {
	number int
	at     time.Time
	doc    map[string]any
}

// builds are a job's builds up to the simulated day, the newest first.
func (k *restCall) builds(job string) []jenkinsBuild {
	var list []jenkinsBuild
	all := k.w.list("jenkins", k.controllerName(), "builds")
	for i := range all.Len() {
		d := all.At(i).doc
		at, err := time.Parse(time.RFC3339, scalar(d["At"]))
		if n, ok := d["number"].(json.Number); ok && err == nil && d["Job"] == job && !at.After(k.w.now) {
			number, _ := n.Int64() // an estate's numbers are small
			list = append([]jenkinsBuild{{int(number), at, d}}, list...)
		}
	}
	return list
}

// jenkinsBuilds answers the range of builds that the tree ends with.
func jenkinsBuilds(k *restCall) response {
	tree := k.query.Get("tree")
	var from, to int
	if _, err := fmt.Sscanf(tree[strings.LastIndexByte(tree, '{')+1:], "%d,%d}", &from, &to); err != nil {
		to = 100
	}
	list := []any{}
	for i, b := range k.builds(k.vars["job"]) {
		if i < from || i >= to {
			continue
		}
		out := native(b.doc)
		out["timestamp"], out["building"] = b.at.UnixMilli(), false
		out["id"] = strconv.Itoa(b.number)
		list = append(list, out)
	}
	return jenkinsJSON(k, map[string]any{"allBuilds": list})
}

// jenkinsRun answers for one build.
func jenkinsRun(answer func(*restCall, map[string]any) response) func(*restCall) response {
	return func(k *restCall) response {
		for _, b := range k.builds(k.vars["job"]) {
			if strconv.Itoa(b.number) == k.vars["number"] {
				return answer(k, b.doc)
			}
		}
		return jenkinsPage(k, http.StatusNotFound)
	}
}

// jenkinsStage answers the steps of a stage, which began some seconds after its build.
func jenkinsStage(k *restCall, d map[string]any) response {
	stages, _ := d["Stages"].([]any)
	at, err := time.Parse(time.RFC3339, scalar(d["At"]))
	for _, s := range stages {
		stage, _ := s.(map[string]any)
		if err != nil || stage["id"] != k.vars["node"] {
			continue
		}
		step := map[string]any{"id": k.vars["node"] + "1", "name": "Wait for interactive input", "status": "SUCCESS",
			"startTimeMillis":     at.Add(30 * time.Second).UnixMilli(),
			"pauseDurationMillis": stage["pauseDurationMillis"], "durationMillis": stage["pauseDurationMillis"]}
		return jenkinsJSON(k, map[string]any{"id": stage["id"], "stageFlowNodes": []any{step}})
	}
	return jenkinsPage(k, http.StatusNotFound)
}
