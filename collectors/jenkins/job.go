package jenkins

import (
	"context"
	"net/http"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const opGetConfig = "jenkins:job.config.xml"

// job is a job, a folder, a multibranch project or an organisation, with its configuration reduced to what decides what it
// runs, when, and for whom: see jobConfig.
func job() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "jenkins.job",
			Title:    "Jenkins job",
			Doc:      evidence.ShapeOf[jobDoc](),
			Secret:   []string{"/Config/definition/script"},
			Volatile: []string{"/nextBuildNumber", "/lastBuild"},
			Ordered:  []string{"/Config/builders"},
		},
		Version: 1,
		Operations: append(listJobs(), collect.Operation{Name: opGetConfig, Permissions: []string{jobExtendedRead},
			Method: "GET", Path: "(/job/{name})+/config.xml", Absent: []string{codeNotFound}}),
		Collect: collect.Typed(collectJobs),
	}
}

func collectJobs(ctx context.Context, s *session, t *collect.Task) error {
	found, err := s.jobs(ctx, t)
	if err != nil {
		return err
	}
	t.Listed(len(found.list) + found.skipped)
	if found.skipped > 0 {
		t.Exclude(notAsked, found.skipped)
	}
	shape := evidence.ShapeOf[jobDoc]()
	return collect.Each(ctx, found.list, func(ctx context.Context, j listed) error {
		subject := evidence.Subject{ID: j.FullName, Name: j.FullName}
		doc := collect.KeepObject(j.answer, shape)
		doc["fullName"], doc["Folder"] = j.FullName, j.folder()
		delete(doc, "Config")
		var config jobConfig
		err := t.Call(ctx, opGetConfig, func(ctx context.Context) error {
			body, _, err := s.ask(ctx, http.MethodGet, jobPath(j.FullName)+"/config.xml")
			if err == nil {
				config, err = readJobConfig(body)
			}
			return err
		})
		if collect.IsAbsent(err, codeNotFound) {
			t.Exclude("deleted since it was listed", 1)
			return nil
		}
		if err == nil {
			doc["Config"] = config
		}
		if err := t.Miss(&subject, "Config", err); err != nil {
			return err
		}
		return emit(ctx, t, subject, doc)
	})
}
