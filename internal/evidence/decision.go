package evidence

import "time"

// The outcomes of a gate, and what may become of a failure.
const (
	GatePass     = "pass" // an outcome only
	GateWarn     = "warn"
	GateBlock    = "block"
	GateTicket   = "ticket"   // of a failure only: it stops nothing
	GateIgnore   = "ignore"   // of a failure only
	GateAccepted = "accepted" // of a failure only: an acceptance lets it pass
)

// Decision is what a gate decided for a pipeline, and why. It is evidence whether the pipeline heeded it or not.
type Decision struct {
	// At is when it was decided; AsOf and Assessment the as-of time and the entry of the assessment that it rests on.
	At         time.Time `json:"at"`
	AsOf       time.Time `json:"as_of"`
	Assessment int64     `json:"assessment"`
	Simulated  bool      `json:"simulated,omitempty"`
	// Policy is the digest of the policy's canonical JSON.
	Policy Digest `json:"policy"`
	// Filter is what the gate was asked about; empty for everything.
	Filter GateFilter `json:"filter"`
	// Outcome is GatePass, GateWarn or GateBlock, whether it was overridden or not.
	Outcome string `json:"outcome"`
	// Override says who let the pipeline pass all the same, and why.
	Override *Override `json:"override,omitempty"`
	Pipeline *Pipeline `json:"pipeline,omitempty"`
	// Judged counts the observations that were known; Counts the failing and unknown ones by what became of them.
	Judged int            `json:"judged"`
	Counts map[string]int `json:"counts"`
	// Reasons are the gravest first, and bounded; More counts those left out.
	Reasons []GateReason `json:"reasons"`
	More    int          `json:"more,omitempty"`
	// Open are the failures that a rule wants a ticket for and that none was asked for yet; Close those whose ticket is
	// not needed any more. Both are keys of observations, in order.
	Open  []string `json:"open,omitempty"`
	Close []string `json:"close,omitempty"`
}

// Passes reports whether the pipeline may go on.
func (d Decision) Passes() bool { return d.Outcome != GateBlock || d.Override != nil }

// GateFilter limits a gate. Several values of one kind are alternatives; * stands for any letters.
type GateFilter struct {
	Scopes     []string `json:"scopes,omitempty"`
	Controls   []string `json:"controls,omitempty"`
	Frameworks []string `json:"frameworks,omitempty"`
	Owners     []string `json:"owners,omitempty"`
	// MaxAge is how old evidence may be, where controls grant more; zero leaves it to the controls.
	MaxAge Duration `json:"max_age,omitempty"`
}

// Override is somebody's word that a pipeline passes although its gate blocks.
type Override struct {
	By     string `json:"by"`
	Reason string `json:"reason"`
}

// Pipeline is what asked.
type Pipeline struct {
	System     string `json:"system"` // "github", "gitlab"
	Repository string `json:"repository,omitempty"`
	Commit     string `json:"commit,omitempty"`
	Ref        string `json:"ref,omitempty"`
	Run        string `json:"run,omitempty"` // address of the run
	Actor      string `json:"actor,omitempty"`
}

// GateReason is one failure, or what could not be known, with what a rule makes of it.
type GateReason struct {
	// Action is what became of it: GateBlock, GateWarn, GateTicket, GateIgnore or GateAccepted.
	Action string `json:"action"`
	// Rule names the rule that decided; Why says what of it, where the rule alone does not tell.
	Rule string `json:"rule"`
	Why  string `json:"why,omitempty"`
	// Verdict is Fail or Unknown; Count how many unknown subjects have the same reason, Subject being one of them.
	Verdict  Verdict  `json:"verdict"`
	Severity Severity `json:"severity,omitempty"`
	Control  string   `json:"control,omitempty"`
	Check    string   `json:"check,omitempty"`
	Title    string   `json:"title,omitempty"` // of the check
	Scope    string   `json:"scope,omitempty"`
	Type     string   `json:"type,omitempty"`
	Subject  string   `json:"subject,omitempty"`
	Name     string   `json:"name,omitempty"`
	Count    int      `json:"count,omitempty"`
	Owner    string   `json:"owner,omitempty"`
	// Since is when it was first seen failing, NeverGood that nobody saw it otherwise; FixBy when it is to be fixed by.
	Since     time.Time `json:"since,omitzero"`
	NeverGood bool      `json:"never_good,omitempty"`
	FixBy     time.Time `json:"fix_by,omitzero"`
	Fix       string    `json:"fix,omitempty"`
	// Accepted names the acceptance in effect, Until its end.
	Accepted string    `json:"accepted,omitempty"`
	Until    time.Time `json:"until,omitzero"`
}

// Key is that of the observation that the reason is about.
func (r GateReason) Key() string {
	return Observation{Scope: r.Scope, Check: r.Check, Subject: r.Subject}.Key()
}
