package github

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
)

// history answers with a page of acme/a's commits, which stand in a line: c1 is the newest. acme/b has none.
func history(first, last int, next string) func([]string, int) (int, string, string) {
	return func(ids []string, _ int) (int, string, string) {
		var commits, nodes []string
		for n := first; n <= last; n++ {
			commits = append(commits, fmt.Sprintf(`{"oid": "c%d", "committedDate": "2026-01-%02dT00:00:00Z", "parents": {"totalCount": 1,
				"nodes": [{"oid": "c%d"}]}, "associatedPullRequests": {"totalCount": 1, "nodes": [{"number": 1}]}}`, n, 20-n, n+1))
		}
		for _, id := range ids {
			branch := "null"
			if id == "R_a" {
				branch = fmt.Sprintf(`{"target": {"oid": "c1", "history": {"pageInfo": {"hasNextPage": %v, "endCursor": %q}, "nodes": [%s]}}}`,
					next != "", next, strings.Join(commits, ","))
			}
			nodes = append(nodes, fmt.Sprintf(`{"id": %q, "nameWithOwner": %q, "defaultBranchRef": {"name": "main"}, "branch": %s}`,
				id, "acme/"+id[2:], branch))
		}
		return 200, "", `{"data": {"nodes": [` + strings.Join(nodes, ",") + `]}}`
	}
}

// TestWalkBrokeOff goes down a branch again when the walk before did not come to its end.
func TestWalkBrokeOff(t *testing.T) {
	var past *collecttest.Memory
	for _, step := range []struct {
		name    string
		graph   []func([]string, int) (int, string, string)
		outcome evidence.Outcome
		kept    int
		asked   int
	}{
		{"the second page is refused", []func([]string, int) (int, string, string){history(1, 3, "n"), refusing(403, "", `{"message": "no"}`)},
			evidence.OutcomeDenied, 2, 2},
		{"what it would have listed is", []func([]string, int) (int, string, string){history(1, 3, "n"), history(4, 5, "")},
			evidence.OutcomeOK, 5, 2},
		{"nothing is new", []func([]string, int) (int, string, string){history(1, 3, "n"), history(4, 5, "")}, evidence.OutcomeOK, 5, 1},
	} {
		github := &answers{graph: step.graph}
		config := collect.Config{RedactionKey: []byte("k"), Transport: github, Limits: collect.Limits{Pace: math.Inf(1)},
			Only: []string{"github.commit"}, Getenv: func(string) string { return "x" },
			Now: func() time.Time { return time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC) },
			Sources: []collect.OpenSource{{Name: "code", Provider: Provider{}, Decode: func(v any) error {
				v.(*Config).Organization, v.(*Config).Since = "acme", "2026-01-01"
				return nil
			}}}}
		batch := collecttest.NewMemory()
		if past != nil {
			batch, config.Past = past.Follow(), past
		}
		config.Batch, past = batch, batch
		if _, err := collect.Run(t.Context(), config); err != nil {
			t.Fatal(err)
		}
		snaps, subjects, err := batch.Snapshots()
		if err != nil || len(snaps) != 1 {
			t.Fatalf("%d snapshots, %v", len(snaps), err)
		}
		if snaps[0].Outcome != step.outcome || len(subjects[0]) != step.kept || len(github.asked) != step.asked {
			t.Errorf("%s: %s with %d commits after %d queries, want %s, %d and %d", step.name, snaps[0].Outcome, len(subjects[0]),
				len(github.asked), step.outcome, step.kept, step.asked)
		}
	}
}
