package report

import (
	"iter"
	"time"

	"exhibit/internal/evidence"
)

// Input is what a posture is built of. Only Assessment, Controls, Observations and Findings must be given.
type Input struct {
	// Title heads the page. Simulated is true when nothing was seen in the world, and is said wherever the posture is shown.
	Title     string
	Simulated bool
	Tool      string
	// Period is what changes, exposures, gaps and history are told of.
	Period evidence.Window

	Assessment evidence.Assessment
	Controls   []evidence.Control
	Frameworks []evidence.Framework
	// Observations and Findings are the assessment's lists, in any order; each is read once.
	Observations iter.Seq2[evidence.Observation, error]
	Findings     iter.Seq2[evidence.Finding, error]

	// Scopes are what was asked for, and what became of it. Snapshots are the newest of each series.
	Scopes    []evidence.ScopeOutcome
	Snapshots []evidence.Snapshot

	// Acceptances and Attestations are held against the clock at At; zero means the assessment's own time.
	At           time.Time
	Acceptances  []evidence.RiskAcceptance
	Attestations []evidence.Attestation
	Exposures    []evidence.Exposure
	Changes      []evidence.Change
	Gaps         []evidence.Gap
	// History are assessments of the period, oldest first.
	History []evidence.Assessment

	// OwnerOf names who owns a subject, "" when nobody does. When it is nil, the control's owner does.
	OwnerOf func(control, scope, subjectType, subject string) string
}

// Posture is how things stand as of one time, and how they came to. It is what every rendering shows, and is JSON as it is.
type Posture struct {
	Title     string    `json:"title"`
	Simulated bool      `json:"simulated"`
	Tool      string    `json:"tool,omitempty"`
	AsOf      time.Time `json:"as_of"`
	// At is when acceptances and attestations were held against the clock, AsOf or later.
	At        time.Time               `json:"at"`
	Period    evidence.Window         `json:"period"`
	Catalog   evidence.Digest         `json:"catalog"`
	Evaluator string                  `json:"evaluator"`
	View      int64                   `json:"view"`
	Score     Score                   `json:"score"`
	Statuses  map[evidence.Status]int `json:"statuses"` // controls by status
	// Accepted counts the failures that are accepted now by the category of the acceptance: the share of "false-positive"
	// is the checks' noise.
	Accepted map[string]int `json:"accepted"`

	Frameworks   []FrameworkPosture      `json:"frameworks"`
	Controls     []ControlPosture        `json:"controls"`
	Failures     []Failure               `json:"failures"`
	Unknowns     []Unknown               `json:"unknowns"`
	Scopes       []evidence.ScopeOutcome `json:"scopes"`
	Omissions    []Omission              `json:"omissions"`
	Populations  []Population            `json:"populations"`
	Acceptances  []AcceptanceState       `json:"acceptances"`
	Attestations []AttestationState      `json:"attestations"`
	Exposures    []evidence.Exposure     `json:"exposures"`
	Changes      []evidence.Change       `json:"changes"`
	Gaps         []evidence.Gap          `json:"gaps"`
	History      []Point                 `json:"history"`
	Owners       []OwnerPosture          `json:"owners"`
	// Metrics are of the period; empty where none is told of.
	Metrics []evidence.Metric `json:"metrics"`
}

// OwnerPosture is what one owner owns, over all controls. The name "" stands for what nobody owns.
type OwnerPosture struct {
	Owner string `json:"owner"`
	Score Score  `json:"score"`

	places map[spot]bool // where the things are that were looked at
}

// spot is one subject type in one scope.
type spot struct{ typ, scope string }

// ControlPosture is one control over all scopes.
type ControlPosture struct {
	ID        string          `json:"id"`
	Domain    string          `json:"domain"`
	Title     string          `json:"title"`
	Statement string          `json:"statement"`
	Owner     string          `json:"owner"`
	Manual    string          `json:"manual,omitempty"`
	Status    evidence.Status `json:"status"`
	// Accepted is true when every failure behind the status is accepted.
	Accepted bool `json:"accepted,omitempty"`
	// Attested names the statements about it that count now. They make up the status only where nothing is judged.
	Attested []string           `json:"attested,omitempty"`
	Severity evidence.Severity  `json:"severity,omitempty"` // the gravest that fails
	Score    Score              `json:"score"`
	Findings []evidence.Finding `json:"findings"` // by scope
	Checks   []CheckPosture     `json:"checks"`
}

// CheckPosture is one check over all scopes.
type CheckPosture struct {
	ID          string            `json:"id"`
	Title       string            `json:"title"`
	Type        string            `json:"type"`
	Severity    evidence.Severity `json:"severity"`
	Remediation string            `json:"remediation,omitempty"`
	Status      evidence.Status   `json:"status"`
	Score       Score             `json:"score"`
}

// Failure is one failing observation, gravest first, with the acceptance in effect, if any.
type Failure struct {
	evidence.Observation
	Title       string            `json:"title"` // of the check
	Severity    evidence.Severity `json:"severity"`
	Owner       string            `json:"owner"`
	Remediation string            `json:"remediation,omitempty"`
	// Since is when it was first seen failing, zero when no exposure tells; NeverGood says that it was never seen otherwise.
	Since     time.Time `json:"since,omitzero"`
	NeverGood bool      `json:"never_good,omitempty"`
	// Accepted names the acceptance in effect, Until the end of its effect, UntilDay the last day that it covers.
	Accepted string    `json:"accepted,omitempty"`
	Until    time.Time `json:"until,omitzero"`
	UntilDay string    `json:"until_day,omitempty"`
}

// Label is how the failure is shown: "fail", or "fail (accepted until 2026-03-31)".
func (f Failure) Label() string {
	if f.Accepted == "" {
		return string(f.Observation.Verdict)
	}
	return string(f.Observation.Verdict) + " (accepted until " + f.UntilDay + ")"
}

// began is the day since which it fails, as far as is known: "2026-03-31", "before 2026-01-01".
func (f Failure) began() string {
	if f.NeverGood {
		return "before " + day(f.Since)
	}
	return day(f.Since)
}

// Unknown is what one check could not tell in one scope, for one reason.
type Unknown struct {
	Control string             `json:"control"`
	Check   string             `json:"check"`
	Scope   string             `json:"scope"`
	Reason  string             `json:"reason"`
	Missing []evidence.Missing `json:"missing,omitempty"`
	Owner   string             `json:"owner,omitempty"`
	Count   int                `json:"count"`
	Example string             `json:"example,omitempty"` // one subject
}

// Omission is what a snapshot could not see, with what that costs.
type Omission struct {
	Series     string           `json:"series"`
	Scope      string           `json:"scope"`
	Type       string           `json:"type"`
	Operation  string           `json:"operation"`
	Outcome    evidence.Outcome `json:"outcome"`
	Permission string           `json:"permission,omitempty"`
	Error      string           `json:"error,omitempty"`
	At         time.Time        `json:"at"`
	Controls   []string         `json:"controls,omitempty"` // that read this subject type
}

// Population is a type of events with the span in which they are known in every scope that collects it.
type Population struct {
	Type   string `json:"type"`
	Scopes int    `json:"scopes"`
	Events int    `json:"events"` // in view
	// From and To bound what every scope covers, but for the gaps; zero when a scope covers nothing.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	Gaps int       `json:"gaps"` // of all scopes; Omissions name them
}

// Point is one assessment in the pictures over time.
type Point struct {
	AsOf time.Time `json:"as_of"`
	// Totals are observations by verdict, Statuses findings by status.
	Totals   map[evidence.Verdict]int `json:"totals"`
	Statuses map[evidence.Status]int  `json:"statuses"`
	// Rules is true when another catalog or evaluator judged than at the point before: a step there may be the checks' doing.
	Rules bool `json:"rules,omitempty"`
}

// FrameworkPosture is a framework's requirements in its own order.
type FrameworkPosture struct {
	Key          string                  `json:"key"`
	Title        string                  `json:"title"`
	Statuses     map[evidence.Status]int `json:"statuses"`
	Requirements []RequirementPosture    `json:"requirements"`
}

// RequirementPosture is one requirement with what meets it here.
type RequirementPosture struct {
	ID       string          `json:"id"`
	Title    string          `json:"title"`
	Status   evidence.Status `json:"status"`
	Accepted bool            `json:"accepted,omitempty"`
	Strength string          `json:"strength,omitempty"` // "full", "partial", "supporting"
	Score    Score           `json:"score"`
	Parts    []Part          `json:"parts,omitempty"`
	// Attested names the statements about it, or about what it rests on, that make up the status.
	Attested []string `json:"attested,omitempty"`
	Manual   string   `json:"manual,omitempty"`
	None     string   `json:"none,omitempty"`
}

// Part is one control, or one check of a control, that a requirement rests on.
type Part struct {
	Control string          `json:"control"`
	Check   string          `json:"check,omitempty"`
	Title   string          `json:"title"`
	Status  evidence.Status `json:"status"`
	Score   Score           `json:"score"`
}
