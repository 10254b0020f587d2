package evidence

import "time"

// Unit says what a metric's value is.
type Unit string

const (
	// UnitPart is a part of a whole: Numerator of Denominator.
	UnitPart Unit = "part"
	// UnitTime is a time: the median and the 90th percentile of Numerator times, of Denominator that there were.
	UnitTime Unit = "time"
	// UnitCount is a number of things: Numerator, of Denominator that were looked at.
	UnitCount Unit = "count"
)

// Metric is one number about how things are run, with all that it is made of, so that it can be worked out again by
// hand.
type Metric struct {
	// Name stays the same over versions: "time-to-fix". Of is the part that it is about, a severity or a framework; empty
	// for all.
	Name  string `json:"name"`
	Of    string `json:"of,omitempty"`
	Title string `json:"title"`
	// Formula says in words what is counted of what.
	Formula string `json:"formula"`
	Unit    Unit   `json:"unit"`
	// Period is what it is told of; of what is so at one moment, the period's end.
	Period Window `json:"period"`
	// Numerator is a part of Denominator. Unknown counts what may belong to it or not: it is in neither.
	Numerator   int `json:"numerator"`
	Denominator int `json:"denominator"`
	Unknown     int `json:"unknown,omitempty"`
	// Because says why there is no value; empty when there is one.
	Because string `json:"not_measurable_because,omitempty"`
	// Before is the same part at the period's begin, where both ends are compared.
	Before *Part `json:"before,omitempty"`
	// Median and P90 are set for times, when there is one.
	Median *Spread `json:"median,omitempty"`
	P90    *Spread `json:"p90,omitempty"`
	// Excluded counts what is in neither, with the reason.
	Excluded []Excluded `json:"excluded,omitempty"`
	// Counted names the first of the numerator, Others the first of the rest of the denominator.
	Counted []string `json:"counted,omitempty"`
	Others  []string `json:"others,omitempty"`
	// Movements say what moved a score between both ends, by cause.
	Movements []Movement `json:"movements,omitempty"`
	// Ranking is in order of how many subjects are concerned.
	Ranking []Rank `json:"ranking,omitempty"`
}

// Measurable reports whether there is a value.
func (m Metric) Measurable() bool { return m.Because == "" }

// Part is a part of a whole.
type Part struct {
	Numerator   int `json:"numerator"`
	Denominator int `json:"denominator"`
}

// Spread bounds a time that is known by looking now and then. Open is set when nothing bounds it above; Most is then
// zero.
type Spread struct {
	Least Duration `json:"least"`
	Most  Duration `json:"most"`
	Open  bool     `json:"open,omitempty"`
}

// Tally counts observations by verdict; a difference of two counts below zero, too.
type Tally struct {
	Pass          int `json:"pass"`
	Fail          int `json:"fail"` // accepted ones among them
	Unknown       int `json:"unknown"`
	NotApplicable int `json:"not_applicable"`
}

// Add counts n observations of a verdict. None at all is the empty verdict; one of a later version counts as unknown.
func (t *Tally) Add(v Verdict, n int) {
	switch v {
	case "":
	case Pass:
		t.Pass += n
	case Fail:
		t.Fail += n
	case NotApplicable:
		t.NotApplicable += n
	default:
		t.Unknown += n
	}
}

// Plus returns the sum of both.
func (t Tally) Plus(o Tally) Tally {
	return Tally{t.Pass + o.Pass, t.Fail + o.Fail, t.Unknown + o.Unknown, t.NotApplicable + o.NotApplicable}
}

// Minus returns what t has more than o.
func (t Tally) Minus(o Tally) Tally {
	return Tally{t.Pass - o.Pass, t.Fail - o.Fail, t.Unknown - o.Unknown, t.NotApplicable - o.NotApplicable}
}

// Score is the part that passes of what was judged.
func (t Tally) Score() Part { return Part{t.Pass, t.Pass + t.Fail} }

// Movement is what one cause did to a tally.
type Movement struct {
	Cause Cause `json:"cause"`
	Tally
}

// Rank is a check that failed anew in several subjects of one owner.
type Rank struct {
	Check    string   `json:"check"`
	Severity Severity `json:"severity,omitempty"`
	Owner    string   `json:"owner"` // empty when nobody owns them
	Subjects int      `json:"subjects"`
	Failures int      `json:"failures"`
}

// Trend is how the verdicts of a group moved over time.
type Trend struct {
	// Kind is "all", "control", "framework" or "owner"; Name which one, empty for all and for what nobody owns.
	Kind   string       `json:"kind"`
	Name   string       `json:"name"`
	Points []TrendPoint `json:"points"` // oldest first
}

// TrendPoint is a group as one assessment saw it.
type TrendPoint struct {
	AsOf time.Time `json:"as_of"`
	Tally
	// Movements say what moved it since the point before, by cause; together they are the whole difference.
	Movements []Movement `json:"movements,omitempty"`
}
