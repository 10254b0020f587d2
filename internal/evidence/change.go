package evidence

import (
	"encoding/json"
	"time"
)

// Cause says what made a difference between two views.
type Cause string

const (
	CauseSubject    Cause = "subject"    // the thing itself changed
	CauseRule       Cause = "rule"       // the check changed
	CauseMapping    Cause = "mapping"    // the framework's mapping changed
	CauseScope      Cause = "scope"      // more or less was asked for
	CausePermission Cause = "permission" // the collector may now ask, or no longer
	CauseCollector  Cause = "collector"  // another collector version, or a call that failed
)

// Change is one difference between two views of one thing.
type Change struct {
	// What is "subject-added", "subject-removed", "subject-changed", "verdict", "finding", "scope-added", "scope-lost",
	// "coverage", "requirement" (met by other controls than before).
	What    string `json:"what"`
	Cause   Cause  `json:"cause"`
	Scope   string `json:"scope"`
	Type    string `json:"type,omitempty"`
	Subject string `json:"subject,omitempty"`
	Name    string `json:"name,omitempty"`
	Control string `json:"control,omitempty"`
	Check   string `json:"check,omitempty"`
	// Before and After are verdicts or statuses.
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
	// Fields are the differing parts of a document, in order of path.
	Fields []FieldChange `json:"fields,omitempty"`
	// Between bounds when it happened: last seen as before, first seen as after.
	Between  Window   `json:"between"`
	Severity Severity `json:"severity,omitempty"`
	Reason   string   `json:"reason,omitempty"`
	// Preceding is the deployment that came before a failure which began; nil when none did, or it is not known.
	Preceding *Preceding `json:"preceding,omitempty"`
}

// FieldChange is one differing part; absent is nil, null is "null".
type FieldChange struct {
	Path   string          `json:"path"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

// State is an interval in which one check on one subject had one verdict, as far as it was looked at.
type State struct {
	Control string  `json:"control"`
	Check   string  `json:"check"`
	Scope   string  `json:"scope"`
	Type    string  `json:"type"`
	Subject string  `json:"subject,omitempty"`
	Name    string  `json:"name,omitempty"`
	Verdict Verdict `json:"verdict"` // empty when the subject is proven gone
	// First and Last are the end of the first and the beginning of the last look with this verdict (the same time when there
	// was one look); the next state's First is later than Last.
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	// Observation is the object of the interval's first observation; Evidence what it rested on.
	Observation Digest `json:"observation"`
}

// Gap is an interval without evidence for one series, longer than its control's freshness allows.
type Gap struct {
	Series string  `json:"series"` // source|collector|scope
	Window Window  `json:"window"`
	Reason Outcome `json:"reason,omitempty"` // of the run in between, if one was tried
}

// Exposure is an interval of failing with its uncertainty at both ends.
type Exposure struct {
	Control  string   `json:"control"`
	Check    string   `json:"check"`
	Scope    string   `json:"scope"`
	Type     string   `json:"type"`
	Subject  string   `json:"subject,omitempty"`
	Name     string   `json:"name,omitempty"`
	Severity Severity `json:"severity"`
	// LastGood is the last look before it failed (zero when never seen good); FirstBad the first failing look.
	LastGood time.Time `json:"last_good,omitzero"`
	FirstBad time.Time `json:"first_bad"`
	// LastBad is the last failing look; FirstGood the first good one after (zero while it is open).
	LastBad   time.Time `json:"last_bad"`
	FirstGood time.Time `json:"first_good,omitzero"`
	// Ended says how: "passed", "gone", "not-applicable" (the check is no longer about it), "" while open.
	Ended string `json:"ended,omitempty"`
	// Least and Most bound how long it failed within the period asked for.
	Least Duration `json:"least"`
	Most  Duration `json:"most"`
	// Opened and Closed say what an access log tells of the changes that began and ended it; nil when it tells nothing.
	// Where they are, Least and Most rest on them, and ByLooks holds what looking alone tells.
	Opened  *Turn   `json:"opened,omitempty"`
	Closed  *Turn   `json:"closed,omitempty"`
	ByLooks *Bounds `json:"by_looks,omitempty"`
	// Unseen sums the time inside the interval in which nothing was looked at (unknown verdicts, gaps).
	Unseen Duration `json:"unseen,omitempty"`
}

// Narrowed returns the exposure with the times around its beginning and its end as an access log tells them, where one does.
func (e Exposure) Narrowed() Exposure {
	if e.Opened != nil {
		e.LastGood, e.FirstBad = e.Opened.Window.From, e.Opened.Window.To
	}
	if e.Closed != nil {
		e.LastBad, e.FirstGood = e.Closed.Window.From, e.Closed.Window.To
	}
	return e
}

// Bounds are the least and the most that something can have lasted.
type Bounds struct {
	Least Duration `json:"least"`
	Most  Duration `json:"most"`
}

// Turn is the change that began or ended an exposure, as far as an access log narrows it down.
type Turn struct {
	// Window is from the first to the last act that may have made the change: it was one of them, or several together.
	Window Window `json:"window"`
	// Acts are these acts in order of time; More counts those left out before the last.
	Acts []Act `json:"acts"`
	More int   `json:"more,omitempty"`
}

// Act is one change as an access log tells it.
type Act struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`           // the provider's name of the call
	By   string    `json:"by"`             // who called, as people call them
	From string    `json:"from,omitempty"` // the address that the call came from
	ID   string    `json:"id"`             // the event's own id
	// Event is the event's object.
	Event Digest `json:"event"`
}
