// Package archtest holds the rules of the house as tests: which room may import which, what may not be called, how the
// source is formatted, that no fixture holds a credential and that generated pages are current.
//
// It parses the source itself and runs no other program, so that its result is never served stale from the test cache.
// It holds no code that ships.
package archtest
