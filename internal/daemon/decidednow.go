package daemon

import (
	"slices"

	"exhibit/internal/evidence"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

// Decided is how acceptances and attestations stand now, by what is written in their folders.
type Decided struct {
	*report.Posture
	// Waiting are the ids of files that the ledger does not have as they are: the next assessment takes them in.
	Waiting []string
}

// DecidedNow returns the posture as it would be if what is written in the folders were committed. Its error wraps
// ErrConfig when a file is wrong.
func (a *App) DecidedNow(v *store.View) (Decided, error) {
	written, err := a.readDecisions()
	if err != nil {
		return Decided{}, err
	}
	in, err := a.postureInput(v, a.Now(), evidence.Window{}, nil)
	if err != nil {
		return Decided{}, err
	}
	var d Decided
	accepted := written.accepted
	for _, old := range in.Acceptances {
		if !slices.ContainsFunc(accepted, func(o evidence.RiskAcceptance) bool { return o.ID == old.ID }) {
			if old.Withdrawn.IsZero() {
				old.Withdrawn, d.Waiting = in.At, append(d.Waiting, old.ID)
			}
			accepted = append(accepted, old)
		}
	}
	for _, one := range written.accepted {
		changed, err := differs(in.Acceptances, one, func(o evidence.RiskAcceptance) bool { return o.ID == one.ID })
		if err != nil {
			return d, err
		}
		if changed {
			d.Waiting = append(d.Waiting, one.ID)
		}
	}
	stated, err := a.statedNow(in.Attestations, written, &d)
	if err != nil {
		return d, err
	}
	in.Acceptances, in.Attestations = accepted, stated
	d.Posture, err = a.build(v, in)
	return d, err
}

// statedNow is what DecidedNow does for attestations.
func (a *App) statedNow(committed []evidence.Attestation, written decisions, d *Decided,
) ([]evidence.Attestation, error) {
	var out []evidence.Attestation
	for _, s := range written.stated {
		one := s.Attestation
		if i := slices.IndexFunc(committed, func(o evidence.Attestation) bool { return o.ID == one.ID }); i >= 0 {
			if same, err := sameStatement(committed[i], one); err != nil {
				return nil, err
			} else if same {
				out = append(out, committed[i]) // with what ended it
				continue
			}
		}
		out, d.Waiting = append(out, one), append(d.Waiting, one.ID)
	}
	for _, old := range committed {
		if slices.ContainsFunc(out, func(o evidence.Attestation) bool { return o.ID == old.ID }) {
			continue
		}
		if old.EndedBy != evidence.Withdrawn {
			old.Ended, old.EndedBy, d.Waiting = a.Now(), evidence.Withdrawn, append(d.Waiting, old.ID)
		}
		out = append(out, old)
	}
	return out, nil
}
