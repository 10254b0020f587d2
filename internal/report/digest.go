package report

import (
	"time"

	"exhibit/internal/evidence"
)

// DigestInput is what a drift report is made of.
type DigestInput struct {
	// Report is the report's name.
	Report string
	// Now is the posture of the assessment that the report tells up to: its changes and gaps are those since Before, its
	// exposures those of all time. Before is the posture that the last report told of; nil when there was none.
	Now, Before *Posture
	// Told are the exposures as they were known at Before.
	Told     []evidence.Exposure
	Controls []evidence.Control
	// OwnerOf names who owns a subject, "" when nobody does. When it is nil, the control's owner does.
	OwnerOf func(control, scope, subjectType, subject string) string
	// Events are the subject types that are events: what was found of one is past when it is no longer in view.
	Events map[string]bool
	FixBy  evidence.FixTimes
	// Preceding returns the deployment that a failure followed, nil when none is known. It may be nil.
	Preceding func(evidence.Exposure) *evidence.Preceding
	// Decisions are those of gates since Before; those that were overridden are told.
	Decisions []evidence.Decision
	// Began is when the first assessment was made: nothing is known of the time before.
	Began time.Time
	// Next is when the next report is due; zero when nobody knows.
	Next time.Time
	// Page is the address of the served report; empty when it is not served to the reader.
	Page string
	// Zone is that of all times; nil means UTC.
	Zone *time.Location
}

// Digest is a drift report: what changed between two assessments for one reader, and what needs him. It holds
// everything; what writes it leaves out what would make it too long to read, and says how much. Nothing that it tells
// as new was told as such by the report that ended where it begins.
type Digest struct {
	Report string `json:"report"`
	// Owner is whose things it is about; All that it is about everybody's.
	Owner string `json:"owner,omitempty"`
	All   bool   `json:"all,omitempty"`
	// Baseline is true of a reader's first report: it says what is open, and calls nothing new.
	Baseline bool `json:"baseline,omitempty"`
	// Threshold is set of a report that tells at once what is new and at least so grave, and nothing else.
	Threshold evidence.Severity `json:"threshold,omitempty"`
	Simulated bool              `json:"simulated,omitempty"`
	Tool      string            `json:"tool,omitempty"`
	// From and To are the as-of times of the assessments that it begins after and ends with; From is zero in a baseline.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to"`
	Next time.Time `json:"next,omitzero"`
	Page string    `json:"page,omitempty"`

	// New fails now and was not told before. Open fails and was told. Fixed ended. Judged differs because a check does,
	// not the thing. None of these holds a failure that is accepted now.
	New    []DigestItem `json:"new"`
	Open   []DigestItem `json:"open"`
	Fixed  []DigestItem `json:"fixed"`
	Judged []DigestItem `json:"judged"`
	// Accepted fails, was told as open and is accepted now.
	Accepted []DigestItem `json:"accepted"`
	// Mappings are requirements that are met otherwise than before; only in a report about everybody's.
	Mappings []evidence.Change `json:"mappings,omitempty"`
	// Unseen is what could not be judged, Gaps where nobody looked. Lost are scopes and lists that can no longer be
	// read, or can again; only in a report about everybody's.
	Unseen []DigestUnseen    `json:"unseen"`
	Gaps   []evidence.Gap    `json:"gaps"`
	Lost   []evidence.Change `json:"lost,omitempty"`
	Ending []DigestEnding    `json:"ending"`
	// Overridden are the gates that blocked and were overridden, the oldest first.
	Overridden []evidence.Decision `json:"overridden,omitempty"`

	Score  Score  `json:"score"`
	Before *Score `json:"before,omitempty"` // nil in a baseline
	// Days are the last 30, the newest last.
	Days []DigestDay `json:"days"`
	// Owners and Oldest are only in a report about everybody's. Oldest is when the oldest evidence was seen that a
	// finding rests on.
	Owners []DigestOwner `json:"owners,omitempty"`
	Oldest time.Time     `json:"oldest,omitzero"`

	calendar calendar
	source   *digestSource
}

// DigestItem is one check on one subject that fails, failed, or is judged otherwise.
type DigestItem struct {
	evidence.Exposure        // of a verdict that is no failure, only what names it
	Title             string `json:"title"` // of the check
	Owner             string `json:"owner,omitempty"`
	Remediation       string `json:"remediation,omitempty"`
	// Due is by when it is to be fixed; zero when its severity has no time. Overdue says that this has passed.
	Due     time.Time `json:"due,omitzero"`
	Overdue bool      `json:"overdue,omitempty"`
	// Before and After are the verdicts of a change, Cause what made it and Why the reason; empty when no change tells.
	Before string         `json:"before,omitempty"`
	After  string         `json:"after,omitempty"`
	Cause  evidence.Cause `json:"cause,omitempty"`
	Why    string         `json:"why,omitempty"`
	// Until is the end of the acceptance of what is accepted now.
	Until time.Time `json:"until,omitzero"`
	// Back says of a failure that was accepted why it no longer is.
	Back string `json:"back,omitempty"`
	// Again is true of what failed before, passed in between and fails again.
	Again bool `json:"again,omitempty"`
	// Preceding is the deployment that came before it began; nil when none did, or it is not known.
	Preceding *evidence.Preceding `json:"preceding,omitempty"`
	// Dark is true of an open failure that cannot be seen now.
	Dark bool `json:"dark,omitempty"`
}

// Key names the check on the subject over time, as evidence.Observation.Key does.
func (i DigestItem) Key() string { return exposureKey(i.Exposure) }

// DigestUnseen is what one check could not tell in one scope, for one reason.
type DigestUnseen struct {
	Unknown
	Title string `json:"title"` // of the check
	New   bool   `json:"new,omitempty"`
}

// DigestEnding is an acceptance or attestation that soon ends, or no longer has effect.
type DigestEnding struct {
	What string    `json:"what"` // "acceptance" or "attestation"
	ID   string    `json:"id"`
	Of   string    `json:"of"` // the title of the check or control
	End  time.Time `json:"end"`
	// Why says why it no longer has effect; empty while it has.
	Why     string   `json:"why,omitempty"`
	Failing int      `json:"failing,omitempty"` // what it speaks of
	Owners  []string `json:"owners"`

	told bool // by an earlier report
}

// DigestDay is how much failed at the end of a day, accepted or not. Known is false of days before the first
// assessment.
type DigestDay struct {
	Day     time.Time                 `json:"day"`
	Known   bool                      `json:"known"`
	Failing map[evidence.Severity]int `json:"failing,omitempty"`
}

// Sum counts all that failed.
func (d DigestDay) Sum() int {
	n := 0
	for _, c := range d.Failing {
		n += c
	}
	return n
}

// DigestOwner is a line of the table of owners; the name "" stands for what nobody owns.
type DigestOwner struct {
	Owner   string `json:"owner"`
	New     int    `json:"new"`
	Open    int    `json:"open"` // New among them
	Overdue int    `json:"overdue"`
	Fixed   int    `json:"fixed"`
	Score   Score  `json:"score"`
}
