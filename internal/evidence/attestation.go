package evidence

import "time"

// Attestation is a person's statement for what no API proves: of a control, or of a requirement that only a person can
// examine. It counts from the start of its period until it expires, or until evidence that was collected contradicts
// it.
type Attestation struct {
	ID string `json:"id"`
	// Control is the control that it speaks of. Without one, Requirement names a requirement: "soc2@2017-2022/CC1.2", or
	// "soc2/CC1.2" for every version.
	Control     string    `json:"control,omitempty"`
	Requirement string    `json:"requirement,omitempty"`
	Scope       string    `json:"scope,omitempty"` // of the control; empty means everywhere
	Author      string    `json:"author"`
	Statement   string    `json:"statement"`
	Period      Window    `json:"period"`
	Expires     time.Time `json:"expires"`
	// Attachments are objects, by the name of the file.
	Attachments map[string]Digest `json:"attachments,omitempty"`
	// Signature is the author's over Message; nil when nobody signed.
	Signature *Signature `json:"signature,omitempty"`
	// Ended is when it ended early, EndedBy what ended it: "withdrawn", or what contradicts it.
	Ended   time.Time `json:"ended,omitzero"`
	EndedBy string    `json:"ended_by,omitempty"`
}

// AttestationNamespace is what a signature over an attestation is made for, as ssh-keygen -n names it.
const AttestationNamespace = "exhibit-attestation"

// Withdrawn is what ends an attestation whose file is gone.
const Withdrawn = "withdrawn"

// Signature is a person's SSH signature, which was held against the keys that the person may sign with when it was
// committed.
type Signature struct {
	Key     string `json:"key"`     // "ssh-ed25519 AAAA…"
	Armored string `json:"armored"` // as ssh-keygen -Y sign writes it
}

// Message returns the bytes that the author signs: the canonical encoding without the signature and what came after.
func (a Attestation) Message() ([]byte, error) {
	a.Signature, a.Ended, a.EndedBy = nil, time.Time{}, ""
	return Encode(a)
}

// Lapse returns why the statement does not count at t, or "" when it does.
func (a Attestation) Lapse(t time.Time) string {
	switch {
	case t.Before(a.Period.From):
		return "not begun"
	case !a.Ended.IsZero() && !t.Before(a.Ended):
		return a.EndedBy
	case !t.Before(a.Expires):
		return "expired"
	}
	return ""
}

// Attested reports whether the attestation speaks of the requirement of the framework.
func (f Framework) Attested(a Attestation, requirement string) bool {
	return a.Requirement == f.Key()+"/"+requirement || a.Requirement == f.ID+"/"+requirement
}
