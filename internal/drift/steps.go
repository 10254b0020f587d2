package drift

import (
	"fmt"

	"exhibit/internal/evidence"
)

// Step is an observation whose verdict differs between two sides. Was and Is are the verdicts as they were committed,
// empty where there was no observation; Change says the same with its cause, and with what is known where nothing was
// observed.
type Step struct {
	Was, Is evidence.Verdict
	Change  evidence.Change
	told    bool
}

// Steps calls fn for every observation whose verdict differs between two assessments, in order of key: also for those
// that Verdicts leaves out because nothing is or was wrong with them. Each has its cause, so that counts by verdict add
// up.
func Steps(v View, before, after Side, fn func(Step) error) error {
	return newJudge(before, after).each(v, fn)
}

// SameRule returns whether a check stands on both sides and decides in the same way on both.
func SameRule(before, after Side) func(check string) bool {
	j := newJudge(before, after)
	return func(check string) bool {
		_, there := j.checksA[check]
		added, removed, changed := j.rule(check)
		return there && !added && !removed && !changed
	}
}

func (j *judge) each(v View, fn func(Step) error) error {
	err := v.Diff(j.before.Assessment.Observations, j.after.Assessment.Observations,
		func(key string, was, is evidence.Digest) error {
			s, err := j.observation(v, key, was, is)
			if err != nil || s.Was == s.Is {
				return err
			}
			return fn(s)
		})
	if err != nil {
		return fmt.Errorf("compare observations: %w", err)
	}
	return nil
}
