package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// reportDoc is one report: how the tool ran, and what it says altogether.
type reportDoc struct {
	Tool    string          `json:"tool"`
	Version string          `json:"version"`
	Format  string          `json:"format"`
	File    string          `json:"file"`
	Digest  evidence.Digest `json:"digest"` // over the whole file
	Started string          `json:"started,omitempty"`
	Ended   string          `json:"ended,omitempty"`
	// Ran is "yes" when the report says that the tool came to its end, "no" when it says otherwise, else "not-said".
	Ran string `json:"ran"`
	// Errors are the tool's own, the first few.
	Errors []string `json:"errors"`
	Target string   `json:"target,omitempty"`
	// Results counts what is reported, by result.
	Results map[string]int `json:"results"`
	// SaysAll is true when the report says what passed, and not only what failed; else Unsaid says what is left out.
	SaysAll bool   `json:"says_all"`
	Unsaid  string `json:"unsaid,omitempty"`
	// Unmapped are the rules that the source's section maps to no control, sorted, the first few; their number is
	// UnmappedRules.
	Unmapped      []string `json:"unmapped"`
	UnmappedRules int      `json:"unmapped_rules"`
}

// keptUnmapped is how many rules without a control are named.
const keptUnmapped = 20

// policyReports is what was delivered.
func policyReports() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "policy.report",
			Title:    "Report of a policy tool",
			Doc:      evidence.ShapeOf[reportDoc](),
			Volatile: []string{"/version", "/digest", "/started", "/ended", "/results"},
			Ordered:  []string{"/errors"},
		},
		Version: 1,
		Collect: collect.Typed(collectReports),
	}
}

// collectReports emits one subject a report. Two of one tool in one file that have the same name are told apart by number.
func collectReports(ctx context.Context, s *session, t *collect.Task) error {
	t.Listed(len(s.reports))
	seen := map[string]int{}
	for _, r := range s.reports {
		id := escapeBar.Replace(r.tool) + "|" + escapeBar.Replace(r.file)
		if r.name != "" {
			id += "|" + escapeBar.Replace(r.name)
		}
		id = shorten(id, 2*longID)
		if seen[id]++; seen[id] > 1 {
			id += fmt.Sprintf("|%d", seen[id])
		}
		doc, err := json.Marshal(r.reportDoc(s.config))
		if err != nil {
			return fmt.Errorf("encode %s: %w", id, err)
		}
		if err := t.Emit(ctx, evidence.Subject{ID: id, Name: r.tool + " in " + r.file, Doc: doc}); err != nil {
			return err
		}
	}
	return s.lost
}

func (r *Report) reportDoc(c Config) reportDoc {
	doc := reportDoc{Tool: r.tool, Version: r.version, Format: r.format, File: r.file, Digest: r.digest, Started: r.started,
		Ended: r.ended, Ran: r.ran, Errors: append([]string{}, r.errors...), Target: r.target, Results: r.counts(),
		SaysAll: r.gap == "", Unsaid: r.gap, Unmapped: []string{}}
	seen := map[string]bool{}
	for _, one := range r.results {
		if !seen[one.rule] {
			seen[one.rule] = true
			if len(c.controlsOf(one.rule)) == 0 {
				doc.Unmapped = append(doc.Unmapped, one.rule)
			}
		}
	}
	slices.Sort(doc.Unmapped)
	doc.UnmappedRules = len(doc.Unmapped)
	doc.Unmapped = doc.Unmapped[:min(len(doc.Unmapped), keptUnmapped)]
	return doc
}
