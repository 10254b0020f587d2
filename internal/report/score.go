package report

import (
	"fmt"
	"strconv"

	"exhibit/internal/evidence"
)

// Score counts observations. The verdicts of a later version count as unknown.
type Score struct {
	Pass int `json:"pass"`
	// Fail counts failures that nobody accepted, Accepted those that are accepted now.
	Fail          int `json:"fail"`
	Accepted      int `json:"accepted"`
	Unknown       int `json:"unknown"`
	NotApplicable int `json:"not_applicable"`
}

// Known counts what was judged: the denominator. An accepted failure is judged.
func (s Score) Known() int { return s.Pass + s.Fail + s.Accepted }

// All counts what should have been judged.
func (s Score) All() int { return s.Known() + s.Unknown }

// String is "182 of 190, 5 unknown", never a percentage that hides what was not seen.
func (s Score) String() string {
	if s.All() == 0 {
		return "nothing to judge"
	}
	return fmt.Sprintf("%d of %d, %d unknown", s.Pass, s.Known(), s.Unknown)
}

// Coverage is the part of what should have been judged that was, "97%", rounded down.
func (s Score) Coverage() string { return percent(s.Known(), s.All()) }

// percent rounds down, so that only the whole is 100%; a part that is there is at least "<1%".
func percent(n, of int) string {
	switch {
	case of == 0:
		return "–"
	case n > 0 && n*100 < of:
		return "<1%"
	}
	return strconv.Itoa(n*100/of) + "%"
}

func (s *Score) count(v evidence.Verdict) {
	switch v {
	case evidence.Pass:
		s.Pass++
	case evidence.Fail:
		s.Fail++
	case evidence.NotApplicable:
		s.NotApplicable++
	default:
		s.Unknown++
	}
}

func (s *Score) add(o Score) {
	s.Pass += o.Pass
	s.Fail += o.Fail
	s.Accepted += o.Accepted
	s.Unknown += o.Unknown
	s.NotApplicable += o.NotApplicable
}

// status is what the observations of one check, or of some, say together. None at all is indeterminate: nobody looked.
func (s Score) status() evidence.Status {
	switch {
	case s.Fail+s.Accepted > 0:
		return evidence.NotSatisfied
	case s.Unknown > 0:
		return evidence.Indeterminate
	case s.Pass > 0:
		return evidence.Satisfied
	case s.NotApplicable > 0:
		return evidence.StatusNotNeeded
	}
	return evidence.Indeterminate
}

// The statuses that are not a finding's.
const (
	// Manual is a requirement or control that only a person can examine. It is never a pass.
	Manual evidence.Status = "manual"
	// Unmet is a requirement that nothing here meets, for the reason its mapping gives.
	Unmet evidence.Status = "not-covered"
)

// rank orders statuses by how much they need somebody: the worst of several is theirs together.
func rank(s evidence.Status) int {
	switch s {
	case evidence.NotSatisfied:
		return 6
	case evidence.Satisfied:
		return 2
	case evidence.StatusNotNeeded:
		return 1
	case Manual:
		return 4
	case Unmet:
		return 3
	case "":
		return 0
	}
	return 5 // indeterminate, and whatever a later version says
}

// worse returns the one of two statuses that needs somebody more.
func worse(a, b evidence.Status) evidence.Status {
	if rank(b) > rank(a) {
		return b
	}
	return a
}
