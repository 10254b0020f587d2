// Package assess judges committed evidence: controls and snapshots in, observations and findings out, as of a time.
//
// Expressions are CEL, compiled and type-checked against the subject types' schemas before anything is judged.
// Evaluation is three-valued: what could not be collected is unknown, never pass and never fail. The same evidence,
// controls and time give the same bytes, on any machine and in any order.
//
// It never reads a clock, a file or the network, and it never changes what it judges.
package assess

// Version names the judging code. It rises whenever the same evidence and controls would give another assessment.
const Version = "exhibit-assess/1"
