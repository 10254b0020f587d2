package gcp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"google.golang.org/api/clouddeploy/v1"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// releaseDoc is a release, and the annotations that tell its commit in clear.
type releaseDoc struct {
	clouddeploy.Release
	Commits map[string]string `json:"Commits"`
}

// clouddeployRelease is the population of releases: what each is made of, and which commit it says that it was built from.
// All are listed each time, as with the rollouts.
func clouddeployRelease() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "gcp.clouddeploy.release",
			Title:      "Cloud Deploy release",
			Doc:        evidence.ShapeOf[releaseDoc](),
			Population: true,
			Secret: []string{
				"/annotations/*", "/deployParameters/*", "/targetSnapshots/*/annotations/*", "/targetSnapshots/*/deployParameters/*",
				"/deliveryPipelineSnapshot/annotations/*", "/customTargetTypeSnapshots/*/annotations/*",
				"/deliveryPipelineSnapshot/serialPipeline/stages/*/deployParameters/*/values/*",
			},
			Volatile: []string{"/etag"},
		},
		Version: 1,
		Events:  &collect.Events{View: 400 * 24 * time.Hour, Settling: 15 * time.Minute, When: "createTime"},
		Operations: []collect.Operation{
			listDeliveryPipelines(),
			{
				Name: "clouddeploy.releases.list", Permissions: []string{"clouddeploy.releases.list"},
				Method: "GET", Path: "/v1/projects/{project}/locations/{location}/deliveryPipelines/{pipeline}/releases",
			},
		},
		Collect: collect.Typed(collectReleases),
	}
}

func collectReleases(ctx context.Context, s *session, t *collect.Task) error {
	pipelines, err := s.deliveryPipelines(ctx, t)
	if err != nil {
		return err
	}
	return collect.Each(ctx, pipelines, func(ctx context.Context, path string) error {
		l := list{op: "clouddeploy.releases.list", service: "clouddeploy", path: path + "/releases",
			query: url.Values{"pageSize": {"1000"}}, items: "releases"}
		return s.pages(ctx, t, l, func(items []json.RawMessage) error {
			for _, raw := range items {
				if err := s.release(ctx, t, raw); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func (s *session) release(ctx context.Context, t *collect.Task, raw json.RawMessage) error {
	_, name, labels, err := item(raw)
	if err != nil {
		return fmt.Errorf("read a release of %s: %w", s.project, err)
	}
	var doc map[string]any
	if err := json.Unmarshal(raw, &doc); err != nil {
		return fmt.Errorf("read release %s: %w", name, err)
	}
	withoutProse(doc)
	if commits := commitsOf(doc["annotations"]); len(commits) > 0 {
		doc["Commits"] = commits
	}
	sub := evidence.Subject{ID: "//clouddeploy.googleapis.com/" + name, Name: name[strings.LastIndex(name, "/")+1:], Tags: labels}
	if sub.Doc, err = json.Marshal(doc); err != nil {
		return fmt.Errorf("encode release %s: %w", name, err)
	}
	return t.Emit(ctx, sub)
}

// withoutProse takes out, at any depth, what people and their own jobs wrote.
func withoutProse(v any) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			withoutProse(one)
		}
	case map[string]any:
		for _, key := range []string{"description", "failureMessage", "metadata"} {
			delete(v, key)
		}
		for _, one := range v {
			withoutProse(one)
		}
	}
}

// commitKeys are the annotations by which pipelines tell the commit of a release: git-sha and commit are those of Google's
// own action for GitHub, commitId that of its documentation.
var commitKeys = [...]string{"commit", "commit-id", "commit-sha", "commitId", "commit_id", "commit_sha", "git-commit", "git-sha",
	"gitCommit", "git_sha", "revision"}

// commitText and commitLink are all that a commit's annotation may be to be kept in clear: its hash, or its page at a
// host, which has nothing in it but the repository and the hash.
var (
	commitText = regexp.MustCompile(`^[0-9a-f]{7,40}$|^[0-9a-f]{64}$`)
	commitLink = regexp.MustCompile(`^https://[a-z0-9.-]+(/[A-Za-z0-9._-]+){2,6}/commit/([0-9a-f]{40}|[0-9a-f]{64})$`)
)

// commitsOf are the annotations of a declared name that are a commit. All others are redacted.
func commitsOf(annotations any) map[string]string {
	all, _ := annotations.(map[string]any)
	out := map[string]string{}
	for _, key := range commitKeys {
		if text, ok := all[key].(string); ok && (commitText.MatchString(text) || commitLink.MatchString(text)) {
			out[key] = text
		}
	}
	return out
}
