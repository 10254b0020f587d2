package daemon

import (
	"fmt"
	"time"

	"exhibit/internal/assess"
	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// AccessReview lists who can do what, by the evidence that the newest assessment by t rests on. A source limits it; empty
// is all.
func (a *App) AccessReview(v *store.View, t time.Time, source string) (evidence.AccessReview, error) {
	newest, err := AssessmentAt(v, t)
	if err != nil {
		return evidence.AccessReview{}, err
	}
	scopes, err := a.scopesOf(v, newest.Assessment)
	if err != nil {
		return evidence.AccessReview{}, err
	}
	review, err := a.Catalog.Evaluator().AccessReview(assessView{v, newest.View}, assess.AccessInput{
		AsOf: newest.AsOf, Source: source, Scopes: scopes,
	})
	review.Simulated = a.Store.Genesis().Simulated
	return review, err
}

// Record commits a review as an entry of its own, unless it is committed already.
func (a *App) Record(review evidence.AccessReview) error {
	err := a.write(func() error { return a.commitOnce(evidence.KindAccessReview, review) })
	if err != nil {
		return fmt.Errorf("commit the access review: %w", err)
	}
	return nil
}
