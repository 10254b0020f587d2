package github

import (
	"context"
	"errors"
	"fmt"
	"path"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// workflowFile is a file's definition as far as its shape is fixed. What stands in it freely is of any shape.
type workflowFile struct {
	Name        string                 `json:"name"`
	On          any                    `json:"on"`
	Permissions any                    `json:"permissions"`
	Env         any                    `json:"env"`
	Jobs        map[string]workflowJob `json:"jobs"`
}

// workflowJob is a job: its own steps, or another workflow that it calls.
type workflowJob struct {
	Uses        string         `json:"uses"`
	Permissions any            `json:"permissions"`
	Environment any            `json:"environment"`
	Env         any            `json:"env"`
	With        map[string]any `json:"with"`
	Secrets     any            `json:"secrets"`
	Steps       []workflowStep `json:"steps"`
}

type workflowStep struct {
	Name string         `json:"name"`
	Uses string         `json:"uses"`
	Run  string         `json:"run"` // its expressions alone, one a line
	With map[string]any `json:"with"`
	Env  any            `json:"env"`
}

// workflow is a workflow file of a default branch. Definition is the file itself, with two things left out: of scripts only
// the expressions in them are kept, and a value whose name sounds like a secret and is no mere expression is withheld.
// Triggers are the events that it runs on, however it lists them. A file that is no YAML, which runs nowhere, has a Problem
// in place of a definition.
func workflow() collect.Collector {
	text, number := &evidence.Shape{Kind: evidence.ShapeString}, &evidence.Shape{Kind: evidence.ShapeInt}
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "github.workflow",
			Title: "Workflow file of a repository",
			Doc: &evidence.Shape{Kind: evidence.ShapeObject, Name: "Workflow", Fields: map[string]*evidence.Shape{
				"name": text, "path": text, "oid": text, "byteSize": number, "Problem": text,
				"Repository": evidence.ShapeOf[branchRepository](),
				"Triggers":   listOf(text),
				"Definition": evidence.ShapeOf[workflowFile](),
			}},
			Ordered: []string{"/Definition/jobs/*/steps"},
		},
		Version:    1,
		Operations: []collect.Operation{listRepositories(), workflowsQuery().operation()},
		Collect:    collect.Typed(collectWorkflows),
	}
}

// workflowsQuery asks for the workflow files of repositories. The expression names the default branch's folder.
func workflowsQuery() query {
	return query{"graphql.workflows", `query workflows($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Repository {
      id
      object(expression: "HEAD:.github/workflows") {
        ... on Tree { entries { name path object { ... on Blob { oid byteSize isBinary isTruncated text } } } }
      }
    }
  }
  ` + rateLimit + `
}`, []string{"Contents: read"}}
}

func collectWorkflows(ctx context.Context, s *session, t *collect.Task) error {
	repos, _, err := s.repositories(ctx, t)
	if err != nil {
		return err
	}
	return s.eachAnswer(ctx, t, workflowsQuery(), repos, 1,
		func(ctx context.Context, r repo, answer map[string]any, faults []fault) error {
			folder, ok := answer["object"].(map[string]any)
			if !ok {
				return nil // there is no such folder
			}
			entries, ok := folder["entries"].([]any)
			if !ok && len(folder) > 0 {
				return fmt.Errorf("read the workflows of %s: the folder has no entries", r.FullName)
			}
			for i, v := range entries {
				entry, ok := v.(map[string]any)
				if !ok {
					return fmt.Errorf("read the workflows of %s: an entry is no object", r.FullName)
				}
				if err := s.workflow(ctx, t, r, entry, under(faults, "object", "entries", i)); err != nil {
					return err
				}
			}
			return nil
		})
}

// workflow emits one file; a folder, or a file that is none of YAML's, is no workflow.
func (s *session) workflow(ctx context.Context, t *collect.Task, r repo, entry map[string]any, faults []fault) error {
	name := text(entry["name"])
	t.Listed(1)
	if ext := path.Ext(name); ext != ".yml" && ext != ".yaml" {
		t.Exclude("no workflow file", 1)
		return nil
	}
	where := text(entry["path"])
	if where == "" {
		return errors.New("read a workflow: it has no path")
	}
	subject := evidence.Subject{ID: r.FullName + "/" + where, Name: r.FullName + " " + name}
	doc := map[string]any{"name": name, "path": where, "Repository": r.brief()}
	blob, _ := entry["object"].(map[string]any)
	for _, key := range []string{"oid", "byteSize"} {
		if v, ok := blob[key]; ok {
			doc[key] = v
		}
	}
	content, whole := blob["text"].(string)
	why := cutShort(workflowsQuery())
	if len(faults) > 0 {
		why = faults[0].missing(workflowsQuery())
	}
	if !whole || blob["isTruncated"] == true {
		for _, key := range []string{"Definition", "Triggers"} {
			miss(&subject, doc, key, why)
		}
		return emit(ctx, t, subject, doc)
	}
	definition, err := parseWorkflow(content)
	if err != nil {
		doc["Problem"] = err.Error()
		return emit(ctx, t, subject, doc)
	}
	doc["Definition"], doc["Triggers"] = definition, triggers(definition["on"])
	return emit(ctx, t, subject, doc)
}
