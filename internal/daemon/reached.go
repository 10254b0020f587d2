package daemon

import (
	"fmt"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// Reached is what a source was asked for against what of it answered.
type Reached struct {
	Source   string       `json:"source"`
	Accounts ReachedCount `json:"accounts"`
	Regions  ReachedCount `json:"regions"`
	// Unlisted is set when not even the list of accounts is known.
	Unlisted bool `json:"unlisted,omitempty"`
	// Unnamed counts accounts whose regions could not be named, and so are not among the regions asked for.
	Unnamed int `json:"unnamed,omitempty"`
}

// ReachedCount counts accounts or regions.
type ReachedCount struct {
	Asked int `json:"asked"`
	// Reached are those in which some collector had an answer, Whole those in which every call had one.
	Reached int `json:"reached"`
	Whole   int `json:"whole"`
	// Excluded are those that the configuration leaves out. They are not among those asked for.
	Excluded int `json:"excluded,omitempty"`
}

func (c *ReachedCount) add(o evidence.ScopeOutcome) {
	if o.Outcome == evidence.OutcomeExcluded {
		c.Excluded++
		return
	}
	c.Asked++
	seen := false
	for outcome, n := range o.Snapshots {
		seen = seen || n > 0 && outcome.Seen() && outcome != evidence.OutcomeNotEnabled
	}
	if seen {
		c.Reached++
		if o.Outcome.Seen() {
			c.Whole++
		}
	}
}

// Reach counts, for each source, the scopes that a run was asked for and those that it reached.
func Reach(run evidence.Run) []Reached {
	out := []Reached{}
	for _, o := range run.Scopes {
		i := slices.IndexFunc(out, func(r Reached) bool { return r.Source == o.Source })
		if i < 0 {
			i = len(out)
			out = append(out, Reached{Source: o.Source})
		}
		switch r := &out[i]; {
		case o.Scope.Account == "":
			r.Unlisted = true
		case o.Scope.Region == "*":
			r.Unnamed++
		case o.Scope.Region != "":
			r.Regions.add(o)
		default:
			r.Accounts.add(o)
		}
	}
	return out
}

// String is "prod: 20 of 21 accounts, 119 of 120 regions reached; 1 account excluded".
func (r Reached) String() string {
	if r.Unlisted {
		return r.Source + ": its accounts could not be listed"
	}
	text := fmt.Sprintf("%s: %d of %s", r.Source, r.Accounts.Reached, counted(r.Accounts.Asked, "account"))
	if r.Regions.Asked > 0 {
		text += fmt.Sprintf(", %d of %s", r.Regions.Reached, counted(r.Regions.Asked, "region"))
	}
	text += " reached"
	var more []string
	if r.Unnamed > 0 {
		more = append(more, "the regions of "+counted(r.Unnamed, "account")+" could not be named")
	}
	if r.Accounts.Excluded > 0 {
		more = append(more, counted(r.Accounts.Excluded, "account")+" excluded")
	}
	return strings.Join(append([]string{text}, more...), "; ")
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
