package jenkins

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const opListBuilds = "jenkins:job.allBuilds"

// build is a build of a job, as Jenkins tells of it, and
//
//   - Job, its job's full name;
//   - StartedAt, its timestamp as a time;
//   - Inputs, when people answered its input steps: the paused steps with the time at which each began and how long it was
//     paused, oldest first. It is asked for where somebody approved one (actions with the class …ApproverAction, whose userId
//     is who did, oldest first); Jenkins does not say which approval belongs to which step;
//   - Upstream, where somebody approved: the builds that it was started by, nearest first, with their causes.
//
// Of its actions those are kept that say why and by whom it was started, who approved, with which parameters, and which
// revisions were checked out. Values of parameters are kept where the source names them.
//
// The population is everything that started within the source's window. A build that was not at its end is listed again.
// Jenkins numbers the builds of a job without a hole, and forgets builds: numbers that were thrown away before they were seen
// are a gap of the coverage, between the times of their neighbours. A build that was seen stays in evidence, whatever becomes
// of it or its job there. A job that is deleted takes along the builds since the last collection: that it is gone is a change
// of jenkins.job.
func build() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "jenkins.build",
			Title:      "Jenkins build",
			Population: true,
			Doc:        evidence.ShapeOf[buildDoc](),
			Ordered:    []string{"/actions", "/Inputs", "/Upstream"},
		},
		Version: 1,
		Events:  &collect.Events{Begin: windowBegin, Settling: settling, When: "StartedAt"},
		Operations: append(listJobs(),
			collect.Operation{Name: opListBuilds, Permissions: []string{jobRead}, Method: "GET",
				Path: "(/job/{name})+/api/json", Absent: []string{codeNotFound}},
			collect.Operation{Name: opDescribeRun, Permissions: []string{jobRead},
				Method: "GET", Path: "(/job/{name})+/{number}/wfapi/describe"},
			collect.Operation{Name: opDescribeStage, Permissions: []string{jobRead},
				Method: "GET", Path: "(/job/{name})+/{number}/execution/node/{node}/wfapi/describe"},
			collect.Operation{Name: opGetCauses, Permissions: []string{jobRead},
				Method: "GET", Path: "(/job/{name})+/{number}/api/json"},
		),
		Collect: collect.Typed(collectBuilds),
	}
}

// buildDoc is what is kept of a build.
type buildDoc struct {
	Class      string      `json:"_class"`
	ID         string      `json:"id"`
	Number     int64       `json:"number"`
	URL        string      `json:"url"`
	Result     *string     `json:"result"`
	Building   bool        `json:"building"`
	InProgress bool        `json:"inProgress"`
	KeepLog    bool        `json:"keepLog"`
	Timestamp  int64       `json:"timestamp"`
	Duration   int64       `json:"duration"`
	QueueID    int64       `json:"queueId"`
	BuiltOn    string      `json:"builtOn"`
	Actions    []actionDoc `json:"actions"`
	ChangeSet  *changeSet  `json:"changeSet"`
	ChangeSets []changeSet `json:"changeSets"`
	Job        string      `json:"Job"`
	StartedAt  string      `json:"StartedAt"`
	Inputs     []inputDoc  `json:"Inputs"`
	Upstream   []upstream  `json:"Upstream"`
}

// actionDoc is what a plugin attached to a build. Which members there are depends on its class.
type actionDoc struct {
	Class             string     `json:"_class"`
	UserID            string     `json:"userId"` // of an approver
	Causes            []causeDoc `json:"causes"`
	Parameters        []paramDoc `json:"parameters"`
	LastBuiltRevision *revision  `json:"lastBuiltRevision"`
	RemoteURLs        []string   `json:"remoteUrls"`
	SCMName           string     `json:"scmName"`
}

type causeDoc struct {
	Class           string `json:"_class"`
	UserID          string `json:"userId"`
	UpstreamProject string `json:"upstreamProject"`
	UpstreamBuild   int64  `json:"upstreamBuild"`
}

type paramDoc struct {
	Class string `json:"_class"`
	Name  string `json:"name"`
	Value any    `json:"value"`
}

type revision struct {
	SHA1   string `json:"SHA1"`
	Branch []struct {
		SHA1 string `json:"SHA1"`
		Name string `json:"name"`
	} `json:"branch"`
}

type changeSet struct {
	Kind  string `json:"kind"`
	Items []struct {
		CommitID string `json:"commitId"`
	} `json:"items"`
}

// What is asked of builds.
const (
	causesTree = "causes[userId,upstreamProject,upstreamBuild]"
	buildTree  = "id,number,url,result,building,inProgress,keepLog,timestamp,duration,queueId,builtOn," +
		"actions[userId," + causesTree + ",parameters[name,value],lastBuiltRevision[SHA1,branch[SHA1,name]],remoteUrls,scmName]," +
		"changeSet[kind,items[commitId]],changeSets[kind,items[commitId]]"
	perPage = 100
)

// seen is what earlier collections know of a job's builds. All below max were seen or had been thrown away: it started before
// the mark, up to which a collection came to its end. One that broke off may have left out any below last.
type seen struct {
	max  int64     // the highest number of one that started before the mark
	at   time.Time // when that one started
	last int64     // the highest number
	open int64     // the lowest number of one that was not at its end, 0 when there is none
}

// run is a build of the list.
type run struct {
	Number    int64       `json:"number"`
	Timestamp int64       `json:"timestamp"`
	Actions   []actionDoc `json:"actions"`
	answer    map[string]any
}

func (r run) at() time.Time { return time.UnixMilli(r.Timestamp).UTC() }

// past is what earlier collections know.
type past struct {
	jobs  map[string]seen
	ids   map[string]int64 // the timestamps of builds by id, for a job that was made anew counts again
	shape *evidence.Shape  // of what is collected now
}

func collectBuilds(ctx context.Context, s *session, t *collect.Task) error {
	found, err := s.jobs(ctx, t)
	if err != nil {
		return err
	}
	before := past{map[string]seen{}, map[string]int64{}, evidence.ShapeOf[buildDoc]()}
	err = t.Earlier(func(earlier evidence.Subject) error {
		var doc buildDoc
		if err := json.Unmarshal(earlier.Doc, &doc); err != nil {
			return fmt.Errorf("read the earlier %s: %w", earlier.ID, err)
		}
		before.ids[earlier.ID] = doc.Timestamp
		k := before.jobs[doc.Job]
		if at := time.UnixMilli(doc.Timestamp).UTC(); doc.Number > k.max && at.Before(t.Since()) {
			k.max, k.at = doc.Number, at
		}
		k.last = max(k.last, doc.Number)
		if doc.Building && (k.open == 0 || doc.Number < k.open) {
			k.open = doc.Number
		}
		before.jobs[doc.Job] = k
		return nil
	})
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var first error // of a job whose builds cannot be read, which does not keep the others from being collected
	err = collect.Each(ctx, found.list, func(ctx context.Context, j listed) error {
		if j.folder() || j.NextBuildNumber < 2 {
			return nil // it never built anything
		}
		err := s.builds(ctx, t, j, before)
		var failed *collect.Error
		if errors.As(err, &failed) {
			mu.Lock()
			defer mu.Unlock()
			first = cmp.Or(first, err)
			return nil
		}
		return err
	})
	return cmp.Or(err, first)
}

// builds hands on the builds of a job that are not known to their end.
func (s *session) builds(ctx context.Context, t *collect.Task, j listed, before past) error {
	known := before.jobs[j.FullName]
	if j.NextBuildNumber <= known.last {
		known = seen{} // made anew: its builds are others
	}
	if j.NextBuildNumber-1 == known.max && known.open == 0 {
		return nil
	}
	lowest := known.max + 1
	if known.open > 0 {
		lowest = min(lowest, known.open)
	}
	list, older, err := s.list(ctx, t, j, known.max > 0, lowest)
	if collect.IsAbsent(err, codeNotFound) {
		return nil // it was deleted since it was listed
	}
	if err != nil {
		return err
	}
	s.holes(t, j, list, older, known, before.ids)
	t.Listed(len(list))
	return collect.Each(ctx, list, func(ctx context.Context, r run) error { return s.build(ctx, t, j, r, before) })
}

// list returns a job's builds from the newest down to a number, or, where none are known, down to the begin of the window.
// older is the newest build from before the window, nil when the list ends before it comes to one.
func (s *session) list(ctx context.Context, t *collect.Task, j listed, known bool, lowest int64) ([]run, *run, error) {
	var list []run
	for from := 0; ; from += perPage {
		page, err := s.page(ctx, t, j, from)
		if err != nil {
			return nil, nil, err
		}
		for _, r := range page {
			switch {
			case known && r.Number < lowest:
				return list, nil, nil
			case !known && r.at().Before(s.since):
				return list, &r, nil
			case len(list) > 0 && r.Number >= list[len(list)-1].Number:
				continue // one that began meanwhile moved it to the next page
			}
			list = append(list, r)
		}
		if len(page) < perPage {
			return list, nil, nil
		}
	}
}

// page returns one page of a job's builds, the newest first.
func (s *session) page(ctx context.Context, t *collect.Task, j listed, from int) ([]run, error) {
	var answer struct {
		AllBuilds []map[string]any `json:"allBuilds"`
	}
	err := t.Call(ctx, opListBuilds, func(ctx context.Context) error {
		answer.AllBuilds = nil
		tree := fmt.Sprintf("allBuilds[%s]{%d,%d}", buildTree, from, from+perPage)
		_, err := s.get(ctx, jobPath(j.FullName)+"/api/json", tree, &answer)
		if err == nil && answer.AllBuilds == nil {
			err = errors.New("read the answer: it has no list of builds")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	page := make([]run, len(answer.AllBuilds))
	for i, item := range answer.AllBuilds {
		raw, err := json.Marshal(item)
		if err == nil {
			err = json.Unmarshal(raw, &page[i])
		}
		if err != nil || page[i].Number < 1 || page[i].Timestamp < 1 {
			return nil, fmt.Errorf("read a build of %s: it has no number or no time (%v)", j.FullName, err)
		}
		page[i].answer = item
	}
	return page, nil
}

// holes notes the spans in which builds were thrown away before they were seen. list has the newest first; ids has those
// that an earlier collection saw.
func (s *session) holes(t *collect.Task, j listed, list []run, older *run, known seen, ids map[string]int64) {
	before, at := known.max, known.at
	switch {
	case older != nil:
		before, at = older.Number, older.at()
	case before == 0:
		at = s.since // and every number since the first is wanted
	}
	step := func(next int64, until time.Time) {
		if next > before+1 {
			t.Gap(at, until, "builds of "+j.FullName+" that were thrown away before they were seen")
		}
		before, at = next, until
	}
	stepTo := func(next int64, until time.Time) {
		for n := before + 1; n < next && n <= known.last; n++ {
			if started := ids[j.FullName+"#"+strconv.FormatInt(n, 10)]; started >= at.UnixMilli() {
				step(n, time.UnixMilli(started).UTC())
			}
		}
		step(next, until)
	}
	for _, r := range slices.Backward(list) {
		if r.Number <= known.max {
			continue // it was seen before, and comes again because it was not at its end
		}
		stepTo(r.Number, r.at())
	}
	stepTo(j.NextBuildNumber, s.now())
}

// build completes one build and hands it on.
func (s *session) build(ctx context.Context, t *collect.Task, j listed, r run, before past) error {
	number := strconv.FormatInt(r.Number, 10)
	id := j.FullName + "#" + number
	if other, ok := before.ids[id]; ok && other != r.Timestamp {
		id += "~" + strconv.FormatInt(r.Timestamp, 10) // the job was made anew, and the build of that number is another
	}
	subject := evidence.Subject{ID: id, Name: j.FullName + " #" + number}
	doc := collect.KeepObject(r.answer, before.shape)
	for _, key := range []string{"Inputs", "Upstream"} {
		delete(doc, key)
	}
	doc["Job"], doc["StartedAt"], doc["actions"] = j.FullName, r.at().Format(time.RFC3339), s.actions(doc["actions"])
	if slices.ContainsFunc(r.Actions, actionDoc.approves) {
		inputs, err := s.inputs(ctx, t, jobPath(j.FullName)+"/"+number)
		if err == nil {
			doc["Inputs"] = inputs
		}
		if err := t.Miss(&subject, "Inputs", err); err != nil {
			return err
		}
		chain, err := s.upstream(ctx, t, r.Actions)
		if err == nil && len(chain) > 0 {
			doc["Upstream"] = chain
		}
		if err := t.Miss(&subject, "Upstream", err); err != nil {
			return err
		}
	}
	return emit(ctx, t, subject, doc)
}

// approves reports whether the action is somebody's approval of an input step.
func (a actionDoc) approves() bool { return strings.HasSuffix(a.Class, ".ApproverAction") }

// actions are those that say something, with the values of parameters that the source does not name left out.
func (s *session) actions(v any) []any {
	list, _ := v.([]any)
	kept := []any{}
	for _, e := range list {
		action, _ := e.(map[string]any)
		says := false
		for key := range action {
			says = says || key != "_class"
		}
		if !says {
			continue
		}
		parameters, _ := action["parameters"].([]any)
		for _, p := range parameters {
			p, _ := p.(map[string]any)
			if name, _ := p["name"].(string); !slices.Contains(s.parameters, name) {
				delete(p, "value")
			}
		}
		kept = append(kept, action)
	}
	return kept
}
