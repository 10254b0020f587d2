package evidence

import "encoding/json"

// Severity orders failures.
type Severity string

const (
	Low      Severity = "low"
	Medium   Severity = "medium"
	High     Severity = "high"
	Critical Severity = "critical"
)

// Rank orders severities: 0 for none, 4 for critical.
func (s Severity) Rank() int {
	switch s {
	case Low:
		return 1
	case Medium:
		return 2
	case High:
		return 3
	case Critical:
		return 4
	}
	return 0
}

// Control is a framework-neutral statement with the checks that prove it.
type Control struct {
	ID        string           `json:"id"`     // the file's name
	Domain    string           `json:"domain"` // the folder's name
	Title     string           `json:"title"`
	Statement string           `json:"statement"`
	Owner     string           `json:"owner"`            // a role
	Freshness Duration         `json:"freshness"`        // older evidence makes the finding indeterminate
	Manual    string           `json:"manual,omitempty"` // what a person examines when no API proves it
	Params    map[string]Param `json:"params,omitempty"` // thresholds that the control owns
	Checks    []Check          `json:"checks,omitempty"`
}

// Param is a threshold: Value is what the control demands. A local setting may be stricter, in the direction that Bound
// names; a looser one makes every check that reads it fail.
type Param struct {
	Value json.RawMessage `json:"value"`
	// Bound is "max" when a smaller local value is stricter, "min" when a larger one is.
	Bound string `json:"bound"`
}

// Check is one automated test inside a control.
type Check struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Subject string `json:"subject"` // a subject type
	// Sources are those whose subjects it looks at; none means all. Files of controls cannot say it: it stands for what
	// the configuration maps to a control.
	Sources     []string          `json:"sources,omitempty"`
	Where       string            `json:"where,omitempty"` // CEL; a subject it is false for is not-applicable
	Assert      string            `json:"assert"`          // CEL; true passes
	Facts       map[string]string `json:"facts,omitempty"` // name to CEL
	OnEmpty     Verdict           `json:"on_empty"`        // what an empty population means
	Severity    Severity          `json:"severity"`
	Remediation string            `json:"remediation"`
	Notes       string            `json:"notes,omitempty"` // known false positives and how they are handled
}

// Framework is a standard's requirements with what meets them here. Requirements are mapped, never evaluated.
type Framework struct {
	ID           string        `json:"id"`      // "soc2"
	Version      string        `json:"version"` // "2017-2022"
	Title        string        `json:"title"`
	Requirements []Requirement `json:"requirements"` // in the framework's own order
}

// Key returns "id@version", the file's name.
func (f Framework) Key() string { return f.ID + "@" + f.Version }

// Requirement is a framework's own clause.
type Requirement struct {
	ID    string `json:"id"`
	Title string `json:"title"` // in our own words
	// Controls and Checks meet the requirement; Checks narrows to some tests of a control.
	Controls []string `json:"controls,omitempty"`
	Checks   []string `json:"checks,omitempty"`
	// Strength is "full", "partial" or "supporting".
	Strength string `json:"strength,omitempty"`
	// Manual says what a person examines; None says why nothing here can meet it. One of the three must be given.
	Manual string `json:"manual,omitempty"`
	None   string `json:"none,omitempty"`
}

// EffectiveTypes are the subject types that effective() reads in an expression besides the identity that it is asked
// about: managed policies, those that AWS keeps, groups, and what the organisation lets the account do.
func EffectiveTypes() []string {
	return []string{"aws.iam.policy", "aws.iam.managed-policy", "aws.iam.group", "aws.organizations.account-policies"}
}
