package daemon

import (
	"encoding/json"

	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// Delivered is what the newest reports of a source say, merged: one result for each rule and resource.
type Delivered struct {
	Results map[string]int `json:"results"` // by result
	// Unmapped counts the results whose rules are mapped to no control.
	Unmapped int `json:"unmapped"`
	// NewFailing counts the failures that the reports before did not have; New are the first of them.
	NewFailing int             `json:"new_failing"`
	New        []DeliveredFail `json:"new"`

	failing []DeliveredFail // in order of id
}

// DeliveredFail is one rule that fails on one resource.
type DeliveredFail struct {
	ID       string `json:"id"`
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Resource string `json:"resource"`
	Message  string `json:"message,omitempty"`
}

// keptNew is how many new failures are named.
const keptNew = 20

// DeliveredOf reads the newest policy results of every tool of a source.
func DeliveredOf(v *store.View, source string) (Delivered, error) {
	out := Delivered{Results: map[string]int{}, New: []DeliveredFail{}}
	snaps, err := v.Snapshots(v.Size(), "policy.result")
	if err != nil {
		return out, err
	}
	for _, s := range snaps {
		if s.Source != source {
			continue
		}
		err := v.Objects(s.Subjects, func(id string, _ evidence.Digest, object []byte) error {
			var subject struct {
				Doc struct {
					DeliveredFail
					Result  string   `json:"result"`
					Control []string `json:"control"`
				} `json:"doc"`
			}
			if err := json.Unmarshal(object, &subject); err != nil {
				return err
			}
			out.Results[subject.Doc.Result]++
			if len(subject.Doc.Control) == 0 {
				out.Unmapped++
			}
			if subject.Doc.Result == "fail" {
				subject.Doc.ID = id
				out.failing = append(out.failing, subject.Doc.DeliveredFail)
			}
			return nil
		})
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// Since tells the failures that were none before.
func (d *Delivered) Since(before Delivered) {
	known := map[string]bool{}
	for _, f := range before.failing {
		known[f.ID] = true
	}
	for _, f := range d.failing {
		if known[f.ID] {
			continue
		}
		if d.NewFailing++; len(d.New) < keptNew {
			d.New = append(d.New, f)
		}
	}
}
