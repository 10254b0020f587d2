package github

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/google/go-github/v88/github"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// provenance is the type of the statements that are asked for: where, from what and by what a file was built.
const provenance = "https://slsa.dev/provenance/v1"

// releaseAsset is a file of a release with the release, and with what is attested of where the file was built. The population
// is every file of the releases that github.release has, listed whole each time. Archives of the source that GitHub makes
// of a tag are no files of a release.
//
// What is attested is read and not verified: signatures are counted, and whether a certificate and an entry of a
// transparency log lie beside them is told, but nobody looked whether they are good, or whose they are. It is asked for by the
// file's digest, a call a file; GitHub knows the digests of files that were uploaded since June 2025, and of older ones it
// is not known whether anything is attested.
func releaseAsset() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "github.release-asset",
			Title:      "File of a release",
			Population: true,
			Doc: with(trimmed(evidence.ShapeOf[github.ReleaseAsset]()), map[string]*evidence.Shape{
				"Release":      evidence.ShapeOf[releaseNode](),
				"Repository":   evidence.ShapeOf[graphRepository](),
				"Attestations": listOf(evidence.ShapeOf[attested]()),
			}),
			Volatile: []string{"/download_count", "/Release/isLatest"},
		},
		Version: 1,
		Operations: []collect.Operation{
			listRepositories(), releasesQuery().operation(),
			{
				Name: "repos.listReleaseAssets", Permissions: []string{"Contents: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/releases/{release}/assets",
			},
			{
				// Whoever may see the repository and not its attestations gets 403; 404 is that there are none.
				Name: "repos.listAttestations", Permissions: []string{"Attestations: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/attestations/{digest}",
				Absent: []string{codeNotFound},
			},
		},
		Collect: collect.Typed(collectReleaseAssets),
	}
}

func collectReleaseAssets(ctx context.Context, s *session, t *collect.Task) error {
	t.Params("repos.listAttestations", map[string]string{"predicate_type": provenance})
	return s.releases(ctx, t, func(ctx context.Context, r listedRelease) error {
		const op = "repos.listReleaseAssets"
		if !r.recent {
			return nil
		}
		return s.pages(ctx, t, op, r.repo.path()+"/releases/"+r.id+"/assets", nil, func(items []json.RawMessage) (bool, error) {
			t.Listed(len(items))
			return true, collect.Each(ctx, items, func(ctx context.Context, raw json.RawMessage) error {
				return s.asset(ctx, t, r, raw)
			})
		})
	})
}

// asset emits one file of a release.
func (s *session) asset(ctx context.Context, t *collect.Task, r listedRelease, raw json.RawMessage) error {
	doc, err := trim(raw)
	if err != nil {
		return err
	}
	id := number(doc["id"])
	if id == "" {
		return fmt.Errorf("read the files of %s: one has no id", r.subject.ID)
	}
	name := text(doc["name"])
	subject := evidence.Subject{ID: r.repo.FullName + "/releases/assets/" + id, Name: r.subject.Name + " " + name}
	doc["Release"], doc["Repository"] = r.doc, r.owner
	for _, key := range slices.Sorted(maps.Keys(r.subject.Missing))[:min(len(r.subject.Missing), 1)] {
		miss(&subject, doc, "Release", r.subject.Missing[key]) // what else of the release is not known is not told apart here
	}
	if digest := text(doc["digest"]); digest != "" {
		if err := s.attestations(ctx, t, &subject, doc, r.repo, digest); err != nil {
			return err
		}
	}
	return emit(ctx, t, subject, doc)
}

// attestations adds what is attested of the file with the digest.
func (s *session) attestations(ctx context.Context, t *collect.Task, subject *evidence.Subject, doc map[string]any, r repo,
	digest string) error {
	const op = "repos.listAttestations"
	ref := r.path() + "/attestations/" + url.PathEscape(digest)
	list, elsewhere := []map[string]any{}, false
	err := s.pagesOf(ctx, t, op, ref, "attestations", url.Values{"predicate_type": {provenance}},
		func(items []json.RawMessage) (bool, error) {
			for _, raw := range items {
				a, err := readAttested(raw, digest)
				if err != nil {
					return false, fmt.Errorf("read what is attested of %s: %w", subject.ID, err)
				}
				if a == nil {
					elsewhere = true
					continue
				}
				list = append(list, a)
			}
			return true, nil
		})
	switch {
	case collect.IsAbsent(err):
	case err != nil:
		return t.Miss(subject, "Attestations", err)
	case elsewhere:
		// Behind the address that the answer names in its place, which is not followed.
		miss(subject, doc, "Attestations", evidence.Missing{Operation: op, Outcome: evidence.OutcomeFailed, Code: "NoBundle"})
		return nil
	}
	doc["Attestations"] = list
	return nil
}
