package bundle

import (
	"bufio"

	"exhibit/internal/bundle/format"
	"exhibit/internal/evidence"
)

// eachSeries hands over series with their lists, in the same order each time.
type eachSeries func(fn func(series string, lists []evidence.ListRef, how func(key string) mode) error) error

// pair writes a file of lists and the file of their objects. seen may be nil.
func (b *builder) pair(
	lists, aboutLists, objects, aboutObjects string, each eachSeries, seen func([]byte) error,
) error {
	if seen == nil {
		seen = func([]byte) error { return nil }
	}
	err := b.out.file(lists, aboutLists, func(w *bufio.Writer) error {
		return each(func(series string, refs []evidence.ListRef, how func(string) mode) error {
			return b.listLines(w, series, refs, how)
		})
	})
	if err != nil {
		return err
	}
	return b.out.file(objects, aboutObjects, func(w *bufio.Writer) error {
		return each(func(_ string, refs []evidence.ListRef, how func(string) mode) error {
			return b.listObjects(w, refs, how, seen)
		})
	})
}

// observations writes the observations of the chosen assessments.
func (b *builder) observations() error {
	return b.judgements(format.ObservationsSeries, format.ObservationsList, format.Observations,
		"the observations of each assessment in the bundle; those outside the framework as hashes",
		"one check on one subject, with the deciding facts and the digests of the evidence, one a line",
		func(a assessment) evidence.ListRef { return a.Observations }, b.scope.observation)
}

// findings writes the findings of the chosen assessments.
func (b *builder) findings() error {
	return b.judgements(format.FindingsSeries, format.FindingsList, format.Findings,
		"the findings of each assessment in the bundle; those outside the framework by name only",
		"one control in one scope, with its observations counted, one a line",
		func(a assessment) evidence.ListRef { return a.Findings }, b.scope.finding)
}

func (b *builder) judgements(series, lists, objects, aboutLists, aboutObjects string,
	of func(assessment) evidence.ListRef, how func(string) mode,
) error {
	refs := make([]evidence.ListRef, len(b.assessments))
	for i, a := range b.assessments {
		refs[i] = of(a)
	}
	return b.pair(lists, aboutLists, objects, aboutObjects,
		func(fn func(string, []evidence.ListRef, func(string) mode) error) error { return fn(series, refs, how) }, nil)
}
