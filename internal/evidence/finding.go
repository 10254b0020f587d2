package evidence

import (
	"encoding/json"
	"time"
)

// Verdict is the result of one check on one subject.
type Verdict string

const (
	Pass          Verdict = "pass"
	Fail          Verdict = "fail"
	Unknown       Verdict = "unknown"        // evidence was denied, unreachable, stale or incomplete
	NotApplicable Verdict = "not-applicable" // the subject is outside what the check is about
)

// Status is the result of one control in one scope.
type Status string

const (
	Satisfied       Status = "satisfied"
	NotSatisfied    Status = "not-satisfied"
	Indeterminate   Status = "indeterminate"
	StatusNotNeeded Status = "not-applicable"
)

// Observation is one check on one subject. It carries no time, so that the same evidence under the same check gives the
// same bytes for as long as nothing changes.
type Observation struct {
	Control string `json:"control"`
	Check   string `json:"check"`
	Type    string `json:"type"`
	// Subject is the subject's id, or empty when the observation is about the whole population (an empty list, a denied one).
	Subject string  `json:"subject,omitempty"`
	Name    string  `json:"name,omitempty"`
	Scope   string  `json:"scope"` // Scope.ID
	Verdict Verdict `json:"verdict"`
	// Reason says why a verdict is unknown or not-applicable, or how an empty population was judged.
	Reason string `json:"reason,omitempty"`
	// Facts are the deciding values, by the check's own names.
	Facts map[string]json.RawMessage `json:"facts,omitempty"`
	// Evidence are the digests of the objects that were read, the subject's own first.
	Evidence []Digest `json:"evidence,omitempty"`
	// Missing says what could not be collected; set when the verdict is unknown for that reason.
	Missing []Missing `json:"missing,omitempty"`
}

// Key identifies the observation over time: scope, check and subject, none of them a display name.
func (o Observation) Key() string { return o.Scope + "|" + o.Check + "|" + o.Subject }

// Finding is one control in one scope, with the observations counted.
type Finding struct {
	Control string `json:"control"`
	Scope   string `json:"scope"`
	Status  Status `json:"status"`
	// Counts are observations by verdict.
	Counts map[Verdict]int `json:"counts"`
	// Severity is the gravest severity among failing checks; empty when none fails.
	Severity Severity `json:"severity,omitempty"`
	// Reasons are the distinct reasons of unknowns, sorted.
	Reasons []string `json:"reasons,omitempty"`
	// ObservedFrom is the oldest evidence that it rests on; it is what freshness is measured from.
	ObservedFrom time.Time `json:"observed_from,omitzero"`
}

// Key identifies the finding over time.
func (f Finding) Key() string { return f.Control + "|" + f.Scope }

// Assessment is all findings of one catalog over one view as of one time. The same evidence, catalog and time give the
// same bytes on any machine.
type Assessment struct {
	Catalog   Digest    `json:"catalog"`   // of the catalog's canonical JSON
	Evaluator string    `json:"evaluator"` // version of the judging code
	AsOf      time.Time `json:"as_of"`
	// View is the ledger size that was read: entries 0 to View-1.
	View int64 `json:"view"`
	// Settings are the local values of params that were judged by, by control and param.
	Settings     map[string]map[string]json.RawMessage `json:"settings,omitempty"`
	Observations ListRef                               `json:"observations"` // keyed by Observation.Key
	Findings     ListRef                               `json:"findings"`     // keyed by Finding.Key
	Totals       map[Verdict]int                       `json:"totals"`
	Statuses     map[Status]int                        `json:"statuses"`
}
