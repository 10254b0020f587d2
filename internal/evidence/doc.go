// Package evidence is the vocabulary of exhibit: the types that every stage reads and writes, the one canonical
// encoding they are hashed in, and the one digest.
//
// Everything that is committed is a value of this package in its canonical encoding; two values are the same evidence
// exactly when their canonical bytes are the same.
//
// It never does I/O, never reads a clock, and does not know where evidence is kept or how it is proved.
package evidence
