package report

import (
	"slices"
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// AttestationState is a person's statement, and whether it counts as of the posture's time.
type AttestationState struct {
	evidence.Attestation
	// State is "valid", "expired", "not begun", "ended" or "void"; Why says what ended it, or why it speaks of nothing.
	State string `json:"state"`
	Why   string `json:"why,omitempty"`
}

// attest tells which statements count. One that speaks of nothing in the catalog is void.
func (b *builder) attest() []AttestationState {
	var out []AttestationState
	for _, a := range b.in.Attestations {
		s := AttestationState{Attestation: a, State: "valid"}
		switch lapse := a.Lapse(b.in.At); {
		case b.void(a) != "":
			s.State, s.Why = "void", b.void(a)
		case lapse == "expired" || lapse == "not begun":
			s.State = lapse
		case lapse != "":
			s.State, s.Why = "ended", lapse
		}
		out = append(out, s)
	}
	return out
}

func (b *builder) void(a evidence.Attestation) string {
	if a.Control != "" {
		if slices.ContainsFunc(b.in.Controls, func(c evidence.Control) bool { return c.ID == a.Control }) {
			return ""
		}
		return "there is no control " + a.Control
	}
	framework, _, _ := strings.Cut(a.Requirement, "/")
	for _, f := range b.in.Frameworks {
		if framework != f.Key() && framework != f.ID {
			continue // not in view, perhaps
		}
		if !slices.ContainsFunc(f.Requirements, func(r evidence.Requirement) bool { return f.Attested(a, r.ID) }) {
			return "there is no requirement " + a.Requirement
		}
	}
	return ""
}

// reasonAttested begins the reason of a finding that rests on a statement.
const reasonAttested = "attested: "

// still turns a finding that rests on a statement back into an indeterminate one where the statement has lapsed since
// it was judged: nothing needs to run for that.
func still(f evidence.Finding, list []evidence.Attestation, at time.Time) evidence.Finding {
	if f.Status != evidence.Satisfied || len(f.Reasons) != 1 || !strings.HasPrefix(f.Reasons[0], reasonAttested) {
		return f
	}
	id := strings.TrimPrefix(f.Reasons[0], reasonAttested)
	why := "not committed"
	for _, a := range list {
		if a.ID == id {
			why = a.Lapse(at)
		}
	}
	if why != "" {
		f.Status, f.Reasons = evidence.Indeterminate, []string{f.Reasons[0] + ": " + why}
	}
	return f
}

// attested names the valid statements about a control.
func (p *ControlPosture) attested(list []AttestationState) {
	for _, a := range list {
		if a.State == "valid" && a.Control == p.ID {
			p.Attested = append(p.Attested, a.ID)
		}
	}
}

// attested names the valid statements about a requirement and about the controls that it rests on. Where nothing else
// meets the requirement, a statement about it does.
func (p *RequirementPosture) attested(f evidence.Framework, list []AttestationState, byID map[string]ControlPosture) {
	for _, a := range list {
		if a.State == "valid" && f.Attested(a.Attestation, p.ID) {
			p.Attested = append(p.Attested, a.ID)
		}
	}
	if len(p.Attested) > 0 && p.Status == Manual && len(p.Parts) == 0 {
		p.Status = evidence.Satisfied
	}
	for _, part := range p.Parts {
		for _, id := range byID[part.Control].Attested {
			if !slices.Contains(p.Attested, id) {
				p.Attested = append(p.Attested, id)
			}
		}
	}
}

// kept says what stands behind a statement: "signed, 2 attachments".
func kept(a evidence.Attestation) string {
	out := "not signed"
	if a.Signature != nil {
		out = "signed"
	}
	if n := len(a.Attachments); n > 0 {
		out += ", " + plural(n, "attachment")
	}
	return out
}
