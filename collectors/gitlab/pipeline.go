package gitlab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const (
	opListPipelines         = "gitlab:Pipelines.ListProjectPipelines"
	opGetPipeline           = "gitlab:Pipelines.GetPipeline"
	opListPipelineVariables = "gitlab:Pipelines.GetPipelineVariables"
)

// pipeline is a pipeline of a branch or a tag: what started it (source), of which commit, how it ended, and Project. Of one
// that somebody outside of the repository can give variables at its start, the document has who that was (user), when it
// ran, and Variables with their keys; their values are redacted. Of others these keys are absent and not missing.
//
// The population is everything started within the source's window, less the pipelines of merge requests that are yet to be
// merged. One that went on since the last collection is listed again, and the newer document takes the older one's place.
func pipeline() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "gitlab.pipeline",
			Title:      "GitLab pipeline",
			Population: true,
			Doc: with(trimmed(evidence.ShapeOf[gitlab.Pipeline](), unkeptOfPipelines()...), map[string]*evidence.Shape{
				"Project":   evidence.ShapeOf[projectBrief](),
				"Variables": listOf(evidence.ShapeOf[gitlab.PipelineVariable]()),
			}),
			Volatile: []string{"/updated_at"},
			Secret:   []string{"/Variables/*/value"},
		},
		Version: 1,
		Events:  &collect.Events{Begin: windowBegin, Settling: settling, When: "created_at"},
		Operations: []collect.Operation{
			{Name: opListPipelines, Permissions: []string{asReporter}, Method: "GET", Path: "/projects/{project}/pipelines"},
			listProjects(),
			{Name: opGetPipeline, Permissions: []string{asReporter},
				Method: "GET", Path: "/projects/{project}/pipelines/{pipeline}"},
			{Name: opListPipelineVariables, Permissions: []string{asMaintainer},
				Method: "GET", Path: "/projects/{project}/pipelines/{pipeline}/variables"},
		},
		Collect: collect.Typed(collectPipelines),
	}
}

// unkeptOfPipelines is how a pipeline is shown, what it measured, and what people typed.
func unkeptOfPipelines() []string {
	return []string{"name", "detailed_status", "coverage", "yaml_errors", "duration", "queued_duration"}
}

// unmerged are the sources of pipelines that test what is yet to be merged.
func unmerged() []string { return []string{"merge_request_event", "external_pull_request_event"} }

// openSources are the sources of pipelines that somebody can give variables at their start: in the form, over the API, with a
// trigger's token, from a chat, and in a schedule, which is neither reviewed nor part of the repository.
func openSources() []string { return []string{"api", "chat", "schedule", "trigger", "web"} }

// addedOfPipelines are the keys that only a pipeline's own answer has.
func addedOfPipelines() []string {
	return []string{"before_sha", "tag", "user", "started_at", "finished_at", "committed_at"}
}

// listedPipeline is what the list of a project says of a pipeline.
type listedPipeline struct {
	ID        int64     `json:"id"`
	Source    string    `json:"source"`
	Ref       string    `json:"ref"`
	CreatedAt time.Time `json:"created_at"`
	raw       json.RawMessage
}

// collectPipelines lists those that changed last first, as deployments are.
func collectPipelines(ctx context.Context, s *session, t *collect.Task) error {
	since := t.Since().UTC().Format(time.RFC3339)
	t.Params(opListPipelines, map[string]string{"updated_after": since})
	query := url.Values{"updated_after": {since}, "order_by": {"updated_at"}, "sort": {"desc"}}
	return s.eachProject(ctx, t, func(ctx context.Context, p listed) error {
		return s.pages(ctx, t, ask{op: opListPipelines, path: p.path() + "/pipelines", query: query},
			func(items []json.RawMessage) (bool, error) {
				t.Listed(len(items))
				var recent []listedPipeline
				for _, raw := range items {
					l := listedPipeline{raw: raw}
					if err := json.Unmarshal(raw, &l); err != nil {
						return false, fmt.Errorf("read the pipelines of %s: %w", p.FullPath, err)
					}
					switch {
					case l.ID == 0:
						return false, errors.New("read the pipelines of " + p.FullPath + ": one has no id")
					case l.CreatedAt.Before(s.since):
						t.Exclude("started before the window", 1)
					case slices.Contains(unmerged(), l.Source):
						t.Exclude("tests what is yet to be merged", 1)
					default:
						recent = append(recent, l)
					}
				}
				return true, collect.Each(ctx, recent, func(ctx context.Context, l listedPipeline) error {
					return s.pipeline(ctx, t, p, l)
				})
			})
	})
}

func (s *session) pipeline(ctx context.Context, t *collect.Task, p listed, l listedPipeline) error {
	id := strconv.FormatInt(l.ID, 10)
	doc, err := trim(l.raw, unkeptOfPipelines()...)
	if err != nil {
		return fmt.Errorf("read the pipelines of %s: %w", p.FullPath, err)
	}
	d := &draft{doc: doc}
	d.ID, d.Name = p.FullPath+"/pipelines/"+id, p.FullPath+" "+l.Source+" "+l.Ref
	d.doc["Project"] = p.brief()
	if !slices.Contains(openSources(), l.Source) {
		return d.emit(ctx, t)
	}
	path := p.path() + "/pipelines/" + id
	own, err := s.object(ctx, t, ask{op: opGetPipeline, path: path})
	for _, key := range addedOfPipelines() {
		if err := t.Miss(&d.Subject, key, err); err != nil {
			return err
		}
		if answer, ok := own[key]; ok {
			d.doc[key] = answer
		}
	}
	shortenUser(d.doc["user"])
	if err := s.list(ctx, t, d, "Variables", ask{op: opListPipelineVariables, path: path + "/variables"}); err != nil {
		return err
	}
	return d.emit(ctx, t)
}
