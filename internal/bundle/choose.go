package bundle

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"exhibit/internal/bundle/format"
	"exhibit/internal/evidence"
)

// unchanged is why an assessment's lists are left out.
const unchanged = "every verdict is as in the assessment before"

// chooseAssessments keeps the first and the newest assessment of the period and those at which a verdict changed. It
// returns the others with the reason.
func (b *builder) chooseAssessments(all []assessment) (map[int64]string, error) {
	left := map[int64]string{}
	for i, a := range all {
		keep := i == 0 || i == len(all)-1
		if !keep {
			var err error
			if keep, err = b.verdictsChanged(b.assessments[len(b.assessments)-1], a); err != nil {
				return nil, fmt.Errorf("compare the assessments up to entry %d: %w", a.index, err)
			}
		}
		if keep {
			b.assessments = append(b.assessments, a)
			continue
		}
		left[a.index] = unchanged
		b.omissions.add(format.Omission{What: "assessment", Name: "observations and findings", Reason: unchanged}, a.AsOf)
	}
	return left, nil
}

var errChanged = errors.New("a verdict changed")

// verdictsChanged compares what the framework needs of two assessments. Other totals count as a change, so that a
// verifier can tell from the totals that no assessment was left out wrongly.
func (b *builder) verdictsChanged(before, after assessment) (bool, error) {
	if !maps.Equal(before.Totals, after.Totals) || !maps.Equal(before.Statuses, after.Statuses) ||
		before.Catalog != after.Catalog || before.Evaluator != after.Evaluator {
		return true, nil
	}
	err := b.diff(before.Observations, after.Observations, func(key string, x, y evidence.Digest) error {
		if b.scope.observation(key) != show {
			return b.ctx.Err()
		}
		if x.IsZero() || y.IsZero() {
			return errChanged
		}
		vx, err := b.verdict(x)
		if err != nil {
			return err
		}
		vy, err := b.verdict(y)
		if err != nil {
			return err
		}
		if vx != vy {
			return errChanged
		}
		return b.ctx.Err()
	})
	if errors.Is(err, errChanged) {
		return true, nil
	}
	return false, err
}

func (b *builder) verdict(d evidence.Digest) (evidence.Verdict, error) {
	object, err := b.view.Object(d)
	if err != nil {
		return "", err
	}
	var o struct {
		Verdict evidence.Verdict `json:"verdict"`
	}
	if err := json.Unmarshal(object, &o); err != nil {
		return "", fmt.Errorf("observation %s: %w", d.Short(), err)
	}
	return o.Verdict, nil
}
