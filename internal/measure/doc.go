// Package measure works out numbers about how things are run, and how they moved: coverage, freshness, readiness, times
// to fix, repetition, noise, the score and what moved it.
//
// It never makes up a number: what has no denominator is not measurable and says why, what may belong or not is counted
// apart, and every number comes with its formula, its counts and the first of what it counted. It reads no store and no
// clock.
package measure
