// Package change is the one model that all delivery systems are judged by: a change with its commits and reviews, a commit
// on a branch, and a deployment with its approvals; and the verdicts over them.
//
// An adapter for each subject type reads what a collector copied from its provider. What was not collected is carried as
// unseen, with the evidence of why, and never as an empty list: a verdict that needs it is unknown. What a provider cannot
// tell (who an account was that is deleted now) is unknown as well.
//
// It is pure: no clock, no I/O, no state. The same subjects give the same verdicts, in any order.
package change
