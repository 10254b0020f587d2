package jenkins

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const (
	opListJobs       = "jenkins:jobs"
	opListFolderJobs = "jenkins:folder.jobs"
)

// What operations need, in the words of the permissions matrix.
const (
	overallRead     = "Overall/Read"
	systemRead      = "Overall/SystemRead"
	jobRead         = "Job/Read"
	jobExtendedRead = "Job/ExtendedRead"
)

// listJobs are the calls behind all that belongs to jobs: what stands at the top, and what is in a folder.
func listJobs() []collect.Operation {
	return []collect.Operation{
		{Name: opListJobs, Permissions: []string{overallRead, jobRead}, Method: "GET", Path: "/api/json"},
		{Name: opListFolderJobs, Permissions: []string{jobRead}, Method: "GET", Path: "(/job/{name})+/api/json",
			Absent: []string{codeNotFound}},
	}
}

// jobDoc is what the list says of a job.
type jobDoc struct {
	Class           string     `json:"_class"`
	Name            string     `json:"name"`
	FullName        string     `json:"fullName"`
	URL             string     `json:"url"`
	Buildable       bool       `json:"buildable"`
	Disabled        bool       `json:"disabled"`
	NextBuildNumber int64      `json:"nextBuildNumber"`
	LastBuild       *buildLink `json:"lastBuild"`
	// Folder says that it holds jobs: a folder, a multibranch project, an organisation.
	Folder bool       `json:"Folder"`
	Config *jobConfig `json:"Config"`
}

type buildLink struct {
	Number int64 `json:"number"`
}

// jobTree is what is asked of every job. jobs tells what holds others.
const jobTree = "jobs[name,fullName,url,buildable,disabled,nextBuildNumber,lastBuild[number],jobs[name]]"

// listed is a job of the lists.
type listed struct {
	FullName        string             `json:"fullName"`
	NextBuildNumber int64              `json:"nextBuildNumber"`
	Jobs            *[]json.RawMessage `json:"jobs"`
	answer          map[string]any
}

func (j listed) folder() bool { return j.Jobs != nil }

// population is the jobs of the controller, those that no pattern asks for left out and counted.
type population struct {
	list    []listed
	skipped int
}

// jobs is the list of all jobs, asked for once in a run, folder by folder. Jenkins leaves out what the caller may not read
// and says nothing of it.
func (s *session) jobs(ctx context.Context, t *collect.Task) (population, error) {
	got, err := collect.Once(ctx, t, "jobs", func(ctx context.Context) (population, error) {
		var found population
		open := []string{""} // folders to look into, by full name; the top has none
		for len(open) > 0 {
			folder := open[0]
			open = open[1:]
			list, err := s.within(ctx, t, folder)
			if collect.IsAbsent(err, codeNotFound) {
				continue // it was deleted since it was listed
			}
			if err != nil {
				return found, err
			}
			for _, j := range list {
				if j.folder() {
					open = append(open, j.FullName)
				}
				if !s.wanted(j.FullName) {
					found.skipped++
					continue
				}
				found.list = append(found.list, j)
			}
		}
		return found, nil
	})
	if err == nil {
		t.Relies(opListJobs)
	}
	return got, err
}

// within lists what is in a folder.
func (s *session) within(ctx context.Context, t *collect.Task, folder string) ([]listed, error) {
	op, where := opListJobs, "/api/json"
	if folder != "" {
		op, where = opListFolderJobs, jobPath(folder)+"/api/json"
	}
	var answer struct {
		Jobs []map[string]any `json:"jobs"`
	}
	err := t.Call(ctx, op, func(ctx context.Context) error {
		answer.Jobs = nil
		_, err := s.get(ctx, where, jobTree, &answer)
		if err == nil && answer.Jobs == nil {
			err = errors.New("read the answer: it has no list of jobs")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	list := make([]listed, len(answer.Jobs))
	for i, item := range answer.Jobs {
		if list[i], err = readJob(item, folder); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// readJob reads a job of a folder's list. One that names itself as being elsewhere is an error: it would be asked for there.
func readJob(item map[string]any, folder string) (listed, error) {
	j := listed{answer: item}
	raw, err := json.Marshal(item)
	if err == nil {
		err = json.Unmarshal(raw, &j)
	}
	if err != nil {
		return j, fmt.Errorf("read a job of the list: %w", err)
	}
	name, _ := item["name"].(string)
	if name == "" || name == "." || name == ".." || strings.Contains(name, "/") {
		return j, fmt.Errorf("read a job of the list: %q is no name", name)
	}
	full := name
	if folder != "" {
		full = folder + "/" + name
	}
	if j.FullName = cmp.Or(j.FullName, full); j.FullName != full {
		return j, fmt.Errorf("read a job of the list: %q is not in %q", j.FullName, folder)
	}
	return j, nil
}

// notAsked is why jobs are left out of a list.
const notAsked = "job matches no pattern of the source"

// emit encodes the document and hands the subject on.
func emit(ctx context.Context, t *collect.Task, s evidence.Subject, doc map[string]any) error {
	raw, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("encode %s: %w", s.ID, err)
	}
	s.Doc = raw
	return t.Emit(ctx, s)
}
