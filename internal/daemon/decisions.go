package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"exhibit/internal/config"
	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// decisions are what people wrote into the folders that the configuration names.
type decisions struct {
	accepted []evidence.RiskAcceptance
	stated   []config.Statement
}

// readDecisions reads the folders. Its error wraps ErrConfig.
func (a *App) readDecisions() (d decisions, err error) {
	var bad error
	d.accepted, err = a.Config.ReadAcceptances()
	d.stated, bad = a.Config.ReadAttestations()
	if err = errors.Join(err, bad); err != nil {
		err = fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return d, err
}

// takeDecisions commits what is not committed as it stands, and that what is gone from the folders was withdrawn. The
// caller holds a.turn.writing.
func (a *App) takeDecisions(d decisions) error {
	var accepted []evidence.RiskAcceptance
	var stated []evidence.Attestation
	err := a.Store.View(func(v *store.View) (err error) {
		accepted, stated, err = decided(v, everything)
		return err
	})
	if err != nil {
		return fmt.Errorf("read acceptances and attestations: %w", err)
	}
	for _, one := range d.accepted {
		if err := a.takeAcceptance(accepted, one); err != nil {
			return fmt.Errorf("commit acceptance %s: %w", one.ID, err)
		}
	}
	for _, one := range d.stated {
		if err := a.takeStatement(stated, one); err != nil {
			return fmt.Errorf("commit attestation %s: %w", one.ID, err)
		}
	}
	for _, one := range accepted {
		kept := slices.ContainsFunc(d.accepted, func(o evidence.RiskAcceptance) bool { return o.ID == one.ID })
		if !kept && one.Withdrawn.IsZero() {
			one.Withdrawn = a.Now()
			if err := a.commitAlone(evidence.KindAcceptance, one); err != nil {
				return fmt.Errorf("commit that acceptance %s was withdrawn: %w", one.ID, err)
			}
		}
	}
	for _, one := range stated {
		kept := slices.ContainsFunc(d.stated, func(s config.Statement) bool { return s.ID == one.ID })
		if !kept && one.EndedBy != evidence.Withdrawn {
			one.Ended, one.EndedBy = a.Now(), evidence.Withdrawn
			if err := a.commitAlone(evidence.KindAttestation, one); err != nil {
				return fmt.Errorf("commit that attestation %s was withdrawn: %w", one.ID, err)
			}
		}
	}
	return nil
}

// chosenEntries says which entries count: those below a size of the ledger, or recorded by a time.
type chosenEntries func(index int64, e evidence.Entry) bool

func everything(int64, evidence.Entry) bool { return true }

func below(size int64) chosenEntries {
	return func(i int64, _ evidence.Entry) bool { return i < size }
}

func recordedBy(t time.Time) chosenEntries {
	return func(_ int64, e evidence.Entry) bool { return !e.RecordedAt.After(t) }
}

// decided returns the last text of each acceptance and attestation among the chosen entries, in order of their first
// one.
func decided(v *store.View, chosen chosenEntries) ([]evidence.RiskAcceptance, []evidence.Attestation, error) {
	accepted, err := newestOf(v, chosen, evidence.KindAcceptance, func(a evidence.RiskAcceptance) string { return a.ID })
	if err != nil {
		return nil, nil, err
	}
	stated, err := newestOf(v, chosen, evidence.KindAttestation, func(a evidence.Attestation) string { return a.ID })
	return accepted, stated, err
}

// newestOf returns the last body of each id among the chosen entries of a kind.
func newestOf[T any](v *store.View, chosen chosenEntries, kind evidence.Kind, id func(T) string) ([]T, error) {
	var out []T
	at := map[string]int{}
	for _, i := range slices.Backward(slices.Collect(v.EntriesOf(kind))) { // oldest first
		e, _, err := v.Entry(i)
		if err != nil {
			return nil, err
		}
		if !chosen(i, e) {
			continue
		}
		one, err := Body[T](v, i)
		if err != nil {
			return nil, err
		}
		if n, ok := at[id(one)]; ok {
			out[n] = one
			continue
		}
		at[id(one)] = len(out)
		out = append(out, one)
	}
	return out, nil
}

func (a *App) takeAcceptance(known []evidence.RiskAcceptance, one evidence.RiskAcceptance) error {
	changed, err := differs(known, one, func(o evidence.RiskAcceptance) bool { return o.ID == one.ID })
	if !changed || err != nil {
		return err
	}
	return a.commitAlone(evidence.KindAcceptance, one)
}

// takeStatement commits a statement with its attachments. What evidence ended stays ended until its text is another.
func (a *App) takeStatement(known []evidence.Attestation, one config.Statement) error {
	i := slices.IndexFunc(known, func(o evidence.Attestation) bool { return o.ID == one.ID })
	if i >= 0 {
		if same, err := sameStatement(known[i], one.Attestation); same || err != nil {
			return err
		}
	}
	batch, err := a.Store.Begin()
	if err != nil {
		return err
	}
	defer batch.Discard()
	for name, file := range one.Files {
		content, err := config.ReadAttachment(file)
		if err != nil {
			return err
		}
		d, err := batch.Object("attachment", content)
		if err != nil {
			return err
		}
		if d != one.Attachments[name] {
			return fmt.Errorf("attachment %s was changed meanwhile", name)
		}
	}
	_, err = commit(batch, evidence.KindAttestation, one.Attestation, a.Now())
	return err
}

// sameStatement reports whether a committed statement is the one that is written, whatever evidence did to it since.
// One that was withdrawn is not: it is stated anew.
func sameStatement(committed, written evidence.Attestation) (bool, error) {
	if committed.EndedBy != evidence.Withdrawn {
		committed.Ended, committed.EndedBy = time.Time{}, ""
	}
	return equal(committed, written)
}

// equal reports whether two bodies have the same canonical encoding.
func equal(x, y any) (bool, error) {
	one, err := evidence.Encode(x)
	if err != nil {
		return false, err
	}
	other, err := evidence.Encode(y)
	return bytes.Equal(one, other), err
}

// differs reports whether the one of a list that is meant is another, or is not there.
func differs[T any](list []T, one T, is func(T) bool) (bool, error) {
	i := slices.IndexFunc(list, is)
	if i < 0 {
		return true, nil
	}
	same, err := equal(list[i], one)
	return !same, err
}

// commitAlone commits one entry in a batch of its own.
func (a *App) commitAlone(kind evidence.Kind, body any) error {
	batch, err := a.Store.Begin()
	if err != nil {
		return err
	}
	defer batch.Discard()
	_, err = commit(batch, kind, body, a.Now())
	return err
}

// decideAndAssess takes in what people decided, judges, and ends the statements that the judgement contradicts. The
// caller holds a.turn.writing.
func (a *App) decideAndAssess(ctx context.Context, d decisions) (Assessed, error) {
	if err := a.takeDecisions(d); err != nil {
		return Assessed{}, err
	}
	res, err := a.assess(ctx)
	if err != nil {
		return res, err
	}
	return res, a.endContradicted(res.Assessment)
}

// endContradicted ends every statement that counts although a check of the control that it speaks of fails, in its
// scope. It does not count again when the failure is over: somebody has to look again.
func (a *App) endContradicted(res evidence.Assessment) error {
	var ended []evidence.Attestation
	err := a.Store.View(func(v *store.View) error {
		_, stated, err := decided(v, everything)
		if err != nil {
			return err
		}
		stated = slices.DeleteFunc(stated, func(s evidence.Attestation) bool {
			control, _ := a.Catalog.Control(s.Control)
			return len(control.Checks) == 0 || s.Lapse(res.AsOf) != ""
		})
		if len(stated) == 0 {
			return nil
		}
		for f, err := range items[evidence.Finding](v, res.Findings) {
			if err != nil {
				return err
			}
			if f.Status != evidence.NotSatisfied {
				continue
			}
			for i := range stated {
				s := &stated[i]
				if s.Control == f.Control && (s.Scope == "" || s.Scope == f.Scope) && s.EndedBy == "" {
					s.Ended, s.EndedBy = a.Now(), "contradicted: "+f.Control+" fails in "+f.Scope
					ended = append(ended, *s)
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("hold attestations against the assessment: %w", err)
	}
	for _, s := range ended {
		if err := a.commitAlone(evidence.KindAttestation, s); err != nil {
			return fmt.Errorf("commit that attestation %s ended: %w", s.ID, err)
		}
	}
	return nil
}
